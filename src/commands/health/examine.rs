//! Which checks are run with which limits, and running them within a time: what does not answer is a verdict, too.
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use chrono::{DateTime, Utc};

use crate::commands::context::Context;
use crate::commands::stats::store::find;
use crate::failure::{Exit, Explain as _, one_line};
use crate::operations::health::{
    CHECKS, Check, Evidence, History, Limits, Probe, State, Verdict, Wishes, judge, known, survey,
    wants_history, worst,
};
use crate::operations::stats::Span;
use crate::pg::connect::ConnectFailure;
use crate::pg::pool::Lease;
use crate::pg::session::{Facts, Session};

/// What is checked.
#[derive(Debug)]
pub struct Selection {
    pub checks: Vec<&'static Check>,
    pub limits: BTreeMap<String, Limits>,
    pub wishes: Wishes,
}

/// What it came to.
#[derive(Debug)]
pub struct Examined {
    /// Absent when no connection came about.
    pub facts: Option<Facts>,
    pub verdicts: Vec<Verdict>,
    pub took: Duration,
}

impl Examined {
    pub fn state(&self) -> State {
        worst(self.verdicts.iter().map(|verdict| verdict.state))
    }
}

impl Selection {
    /// The checks of a probe under the configuration, with nothing said by flags.
    pub fn of_probe(context: &Context, probe: Probe) -> anyhow::Result<Self> {
        Self::read(context, probe, &[], &[], &[], &[])
    }

    pub fn read(
        context: &Context,
        probe: Probe,
        only: &[String],
        skip: &[String],
        warn: &[String],
        crit: &[String],
    ) -> anyhow::Result<Self> {
        let config = &context.config.health;
        let mut limits = config.limits().exit(Exit::Usage)?;
        for (texts, warning) in [(warn, true), (crit, false)] {
            for text in texts {
                let (check, value) = limit(text)?;
                let own: &mut Limits = limits.entry(check.name.to_owned()).or_default();
                let place = if warning { &mut own.warning } else { &mut own.critical };
                *place = Some(value);
            }
        }
        let named =
            |names: &[String]| names.iter().map(|name| check(name)).collect::<anyhow::Result<Vec<_>>>();
        let (only, skip) = (named(only)?, named(skip)?);
        let is = |list: &[&Check], check: &Check| list.iter().any(|one| one.name == check.name);
        let wanted = |check: &&Check| {
            let asked = if only.is_empty() {
                check.probe <= probe && !config.skip.iter().any(|name| name == check.name)
            } else {
                is(&only, check)
            };
            asked && !is(&skip, check)
        };
        let checks: Vec<&Check> = CHECKS.iter().filter(wanted).collect();
        if checks.is_empty() {
            return Err(anyhow!("no check is left to run").exit(Exit::Usage));
        }
        for check in &CHECKS {
            check.fits(&limits).exit(Exit::Usage)?;
        }
        let wishes = wishes(context, &limits).exit(Exit::Usage)?;
        Ok(Self { checks, limits, wishes })
    }
}

/// What the configuration wants to be true.
fn wishes(context: &Context, limits: &BTreeMap<String, Limits>) -> anyhow::Result<Wishes> {
    const WINDOW: Duration = Duration::from_secs(3600);
    let config = &context.config;
    let partitions = config.partition.iter().map(|one| Ok((one.table.clone(), one.policy()?)));
    Ok(Wishes {
        partitions: partitions.collect::<anyhow::Result<_>>()?,
        matviews: config.matview.iter().map(|one| (one.name.clone(), one.max_age)).collect(),
        schema: config.journal.schema.clone(),
        window: config.health.window.unwrap_or(WINDOW),
        least_calls: check("slow_queries")?.limits_in(limits).at_least.unwrap_or(0.0),
    })
}

fn check(name: &str) -> anyhow::Result<&'static Check> {
    known(name).map_err(|near| {
        let error = anyhow!("no check `{name}`").exit(Exit::Usage);
        match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`pgtend health --list` shows the checks"),
        }
    })
}

/// `connections=70`
fn limit(text: &str) -> anyhow::Result<(&'static Check, f64)> {
    let Some((name, value)) = text.split_once('=') else {
        return Err(anyhow!("`{text}` is no limit").exit(Exit::Usage).hint("give it as connections=70"));
    };
    let check = check(name)?;
    Ok((check, check.unit.parse(value).exit(Exit::Usage)?))
}

/// A session that is there, and how long it took to get it.
#[derive(Debug)]
pub struct Reached {
    pub session: Rc<Lease>,
    pub began: Instant,
    connected_ms: f64,
}

/// Connects.
///
/// # Errors
/// When the settings cannot be read, or a signal came. A server that cannot be reached is no error but verdicts.
pub async fn reach(
    context: &Context,
    selection: &Selection,
    timeout: Duration,
) -> anyhow::Result<Result<Reached, Examined>> {
    context.settings()?;
    let began = Instant::now();
    let connected = tokio::time::timeout(timeout, context.lease(true)).await;
    context.stop.check()?;
    let late = |_| Err(anyhow!("no answer within {}", humantime::format_duration(timeout)));
    Ok(match connected.unwrap_or_else(late) {
        Ok(session) => Ok(Reached { session, began, connected_ms: began.elapsed().as_secs_f64() * 1000.0 }),
        Err(error) => Err(unreached(selection, &error, began)),
    })
}

/// Connects and checks, all within a time.
///
/// # Errors
/// As [`reach`].
pub async fn examine(
    context: &Context,
    selection: &Selection,
    timeout: Duration,
) -> anyhow::Result<Examined> {
    let reached = match reach(context, selection, timeout).await? {
        Ok(reached) => reached,
        Err(examined) => return Ok(examined),
    };
    let left = timeout.saturating_sub(reached.began.elapsed());
    let read = tokio::time::timeout(left, reached.evidence(context, selection)).await;
    // What a signal has cut short is no verdict.
    context.stop.check()?;
    let verdicts = match read {
        Ok(evidence) => judge(&evidence, &selection.checks, &selection.limits),
        Err(_) => {
            let message = format!("no answer within {}", humantime::format_duration(timeout));
            let late = |check: &&Check| check.unreached(State::Unknown, message.clone(), None);
            selection.checks.iter().map(late).collect()
        }
    };
    let facts = Some(reached.session.facts().clone());
    Ok(Examined { facts, verdicts, took: reached.began.elapsed() })
}

impl Reached {
    pub async fn evidence(&self, context: &Context, selection: &Selection) -> Evidence {
        gather(context, &self.session, selection, self.connected_ms).await
    }
}

/// What the checks need, with what the store knows of the last hour.
pub async fn gather(
    context: &Context,
    session: &Session,
    selection: &Selection,
    connected_ms: f64,
) -> Evidence {
    let (now, wishes) = (context.now(session), &selection.wishes);
    let history =
        if wants_history(&selection.checks) { history(context, session, wishes, now).await } else { None };
    survey(session, &selection.checks, wishes, history.as_ref(), (now, connected_ms)).await
}

/// The store, where there is one that this role can use: health does not hang on it.
async fn history(
    context: &Context,
    session: &Session,
    wishes: &Wishes,
    now: DateTime<Utc>,
) -> Option<History> {
    let found = find(context, session, None).await;
    let (store, warning) =
        found.map_err(|error| tracing::debug!("look for the snapshot store: {error:#}")).ok()?;
    if let Some(warning) = warning {
        tracing::debug!("{warning}");
    }
    let from = now - chrono::TimeDelta::from_std(wishes.window).ok()?;
    Some(History { store: store?, span: Span { from, to: now } })
}

/// A server that does not answer is critical. One that answers and refuses this role is not known to be ill.
pub fn unreached(selection: &Selection, error: &anyhow::Error, began: Instant) -> Examined {
    let refused = error.chain().find_map(|cause| cause.downcast_ref::<ConnectFailure>());
    let sqlstate = refused.and_then(|failure| failure.sqlstate.as_deref()).unwrap_or_default();
    let state = match sqlstate {
        // No room, starting up, shutting down: so for everybody.
        "" | "53300" | "57P01" | "57P02" | "57P03" => State::Critical,
        _ => State::Unknown,
    };
    let told = |check: &&'static Check| {
        if check.name == "connect" {
            return check.unreached(state, one_line(error), None);
        }
        check.unreached(State::Unknown, "there is no connection".to_owned(), None)
    };
    let mut verdicts: Vec<Verdict> = selection.checks.iter().map(told).collect();
    if let Some(connect) = CHECKS.first().filter(|_| verdicts.iter().all(|v| v.check != CHECKS[0].name)) {
        verdicts.insert(0, connect.unreached(state, one_line(error), None));
    }
    Examined { facts: None, verdicts, took: began.elapsed() }
}
