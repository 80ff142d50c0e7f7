//! Which checks are run with which limits, and running them within a time: what does not answer is a verdict, too.
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::anyhow;

use crate::commands::context::Context;
use crate::failure::{Exit, Explain as _, one_line};
use crate::operations::health::{
    CHECKS, Check, Limits, Probe, State, Verdict, Wishes, judge, known, survey, worst,
};
use crate::pg::connect::ConnectFailure;
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
        let partitions = context.config.partition.iter().map(|one| Ok((one.table.clone(), one.policy()?)));
        let wishes = Wishes { partitions: partitions.collect::<anyhow::Result<_>>().exit(Exit::Usage)? };
        Ok(Self { checks, limits, wishes })
    }
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

/// Connects and checks.
///
/// # Errors
/// When the settings cannot be read. A server that cannot be reached is no error but a verdict.
pub async fn examine(
    context: &Context,
    selection: &Selection,
    timeout: Duration,
) -> anyhow::Result<Examined> {
    context.settings()?;
    let began = Instant::now();
    let connected = tokio::time::timeout(timeout, context.connect_to_read()).await;
    context.stop.check()?;
    let session = match connected {
        Ok(Ok(session)) => session,
        Ok(Err(error)) => return Ok(unreached(selection, &error, began)),
        Err(_) => {
            let error = anyhow!("no answer within {}", humantime::format_duration(timeout));
            return Ok(unreached(selection, &error, began));
        }
    };
    let left = timeout.saturating_sub(began.elapsed());
    let connected_ms = began.elapsed().as_secs_f64() * 1000.0;
    let verdicts = verdicts(context, selection, &session, connected_ms);
    let verdicts = tokio::time::timeout(left, verdicts).await.unwrap_or_else(|_| {
        let message = format!("no answer within {}", humantime::format_duration(timeout));
        selection.checks.iter().map(|check| check.unreached(State::Unknown, message.clone(), None)).collect()
    });
    // What a signal has cut short is no verdict.
    context.stop.check()?;
    Ok(Examined { facts: Some(session.facts().clone()), verdicts, took: began.elapsed() })
}

/// Checks over a session that is there.
pub async fn verdicts(
    context: &Context,
    selection: &Selection,
    session: &Session,
    connected_ms: f64,
) -> Vec<Verdict> {
    let now = context.now(session);
    let evidence = survey(session, &selection.checks, &selection.wishes, now, connected_ms).await;
    judge(&evidence, &selection.checks, &selection.limits)
}

/// A server that does not answer is critical. One that answers and refuses this role is not known to be ill.
fn unreached(selection: &Selection, error: &anyhow::Error, began: Instant) -> Examined {
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
