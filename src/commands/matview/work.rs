//! One view from claim to release: what to do is decided under the claim, because another run may just have done it.
use std::cell::RefCell;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use chrono::{DateTime, Utc};

use crate::apply::{Outcome, Target};
use crate::commands::context::Context;
use crate::commands::matview::refresh::{RefreshArgs, ViewResult, blocked};
use crate::commands::matview::survey::{Survey, books, find};
use crate::commands::work::{Shared, Tally};
use crate::failure::{Exit, Explain as _, one_line};
use crate::operations::matview::{
    Change, Choice, Closing, Entry, History, Limits, Way, change, choose, mark, plan_care, plan_refresh,
    plan_swap, plan_sweep,
};
use crate::output::{count, exit_of, milliseconds};
use crate::pg::catalog::{
    Matview, Refreshed, Unreported, leftovers, matviews, original, properties, refreshed,
};
use crate::pg::lock::target_holder;
use crate::pg::session::Session;
use crate::plan::{Plan, consent};

/// The major version from which a session reads counters that are no older than its question.
const EXACT: u32 = 15;

/// What all views of a run share.
pub struct Work<'a> {
    context: &'a Context,
    args: &'a RefreshArgs,
    survey: &'a Survey<'a>,
    tally: &'a Tally,
    shared: Shared,
    /// Of what may as well be done later: its waits leave the others their time.
    aside: Shared,
    now: DateTime<Utc>,
    began: Instant,
    /// Sessions that have not told yet what they wrote before the run began.
    unreported: RefCell<Vec<Unreported>>,
    results: RefCell<Vec<ViewResult>>,
    /// Views that failed or were blocked: oid, name, and how the failure ends a run.
    broken: RefCell<Vec<(u32, String, Exit)>>,
    /// Views that another run works on, and those that read them: oid and name.
    busy: RefCell<Vec<(u32, String)>>,
}

/// What one view came to.
enum Done {
    Skipped(&'static str, String),
    Refreshed { way: Way, reason: String, elapsed_ms: f64, held_ms: Option<f64>, after: Option<Refreshed> },
}

/// The plan of a refresh in a way that was chosen.
pub async fn plan(session: &Session, view: &Matview, way: Way, limits: Limits) -> anyhow::Result<Plan> {
    match way {
        Way::Concurrent => plan_refresh(view, true, limits),
        Way::Plain => plan_refresh(view, false, limits),
        Way::Swap => {
            let original = original(session, view.oid).await?;
            plan_swap(view, &original, &properties(session, view.oid).await?, limits)
        }
    }
}

impl<'a> Work<'a> {
    pub fn new(
        context: &'a Context,
        args: &'a RefreshArgs,
        survey: &'a Survey<'a>,
        tally: &'a Tally,
        now: DateTime<Utc>,
    ) -> Self {
        let (results, broken, busy) = (RefCell::default(), RefCell::default(), RefCell::default());
        let (shared, aside) = (Shared::new(context), Shared::new(context));
        // The same for every view.
        let unreported = survey.views.first().map(|view| view.basis.unreported.clone());
        Self {
            context,
            args,
            survey,
            tally,
            shared,
            aside,
            now,
            began: Instant::now(),
            unreported: RefCell::new(unreported.unwrap_or_default()),
            results,
            broken,
            busy,
        }
    }

    pub fn results(&self) -> Vec<ViewResult> {
        self.results.borrow().clone()
    }

    pub async fn one(&self, session: &Session, view: &Matview) {
        let name = view.relation().map_or_else(|_| view.name.clone(), |relation| relation.plain());
        let order = &self.survey.order;
        let by = self.broken.borrow().iter().find(|(oid, ..)| order.reads(view.oid, *oid)).cloned();
        let busy = self.busy.borrow().iter().find(|(oid, _)| order.reads(view.oid, *oid)).cloned();
        let done = match (&by, busy) {
            (Some((_, by, exit)), _) => Err(blocked(&name, by, *exit)),
            (None, Some((_, by))) => {
                Ok(Done::Skipped("busy", format!("it reads {by}, which another run works on")))
            }
            (None, None) => match self.idle(session, view) {
                Some(reason) => Ok(Done::Skipped("skipped", reason)),
                None => self.claimed(session, view).await,
            },
        };
        let mut result = ViewResult {
            view: name.clone(),
            level: order.level(view.oid),
            outcome: "refreshed",
            mode: None,
            reason: None,
            elapsed_ms: None,
            readers_held_ms: None,
            rows_before: view.rows,
            rows_after: None,
            bytes_before: view.bytes,
            bytes_after: None,
            error: None,
        };
        match done {
            Ok(done) => {
                if matches!(done, Done::Skipped("busy", _)) {
                    self.busy.borrow_mut().push((view.oid, name.clone()));
                }
                self.tally.finish(&name, &Outcome::default());
                self.tell(&name, &done, &mut result);
            }
            Err(error) => {
                self.tally.fail(self.context, &name, &error);
                self.broken.borrow_mut().push((view.oid, name, exit_of(&error)));
                result.outcome = if by.is_some() { "blocked" } else { "failed" };
                result.error = Some(one_line(&error));
            }
        }
        self.results.borrow_mut().push(result);
    }

    fn tell(&self, name: &str, done: &Done, result: &mut ViewResult) {
        match done {
            Done::Skipped(outcome, reason) => {
                let line = format!("{name}: skipped: {reason}");
                match *outcome {
                    "busy" => self.context.ui.status(&line),
                    _ if self.args.is_named() => self.context.ui.status(&line),
                    _ => self.context.ui.chat(&line),
                }
                (result.outcome, result.reason) = (outcome, Some(reason.clone()));
            }
            Done::Refreshed { way, reason, elapsed_ms, held_ms, after } => {
                let held = match held_ms {
                    Some(held) => format!("readers held for {}", milliseconds(*held)),
                    None => "no reader held".to_owned(),
                };
                let rows = after.as_ref().and_then(|after| after.rows);
                let rows = rows
                    .map(|rows| format!("{} {}, ", count(rows), if rows == 1.0 { "row" } else { "rows" }))
                    .unwrap_or_default();
                let took = milliseconds(*elapsed_ms);
                self.context.ui.status(&format!("{name}: refreshed ({way}), {rows}{took}, {held}"));
                result.mode = Some(way.word());
                result.reason = Some(reason.clone());
                (result.elapsed_ms, result.readers_held_ms) = (Some(*elapsed_ms), *held_ms);
                result.rows_after = after.as_ref().and_then(|after| after.rows);
                result.bytes_after = after.as_ref().map(|after| after.bytes);
            }
        }
    }

    /// Why there is nothing to do, where that was seen when the run began and holds whatever other runs do meanwhile.
    fn idle(&self, session: &Session, view: &Matview) -> Option<String> {
        let late = session.facts().version.major() < EXACT;
        // What this run has refreshed changes what is read from it; what another one left behind is to be swept.
        let changed = self.results.borrow().iter().any(|result| result.outcome == "refreshed");
        let left = self.survey.history.of(view).is_none_or(|latest| latest.followed);
        if late || changed || left {
            return None;
        }
        match self.args.choice(self.survey, view, session, self.now) {
            Ok(Choice::Skip { reason }) => Some(reason),
            _ => None,
        }
    }

    async fn claimed(&self, session: &Session, view: &Matview) -> anyhow::Result<Done> {
        let mut view = view.clone();
        loop {
            let Some(claim) = Target::try_claim(session, view.oid).await? else {
                let holders = target_holder(session, view.oid).await?;
                let holder = holders.first().map(|holder| format!(": {holder}")).unwrap_or_default();
                return Ok(Done::Skipped("busy", format!("another run works on it{holder}")));
            };
            let ended = self.work(session, &view).await;
            let released = claim.release().await;
            // When the work has failed, its error is the one that tells why.
            let ended = ended?;
            released?;
            match ended {
                ControlFlow::Break(done) => return Ok(done),
                ControlFlow::Continue(moved) => view = moved,
            }
        }
    }

    /// What is done under the claim; or the view to claim instead.
    async fn work(&self, session: &Session, view: &Matview) -> anyhow::Result<ControlFlow<Done, Matview>> {
        self.settle(session).await;
        if let Some(fresh) = self.told(session, view).await? {
            return self.decide(session, &fresh, view).await.map(ControlFlow::Break);
        }
        let moved = self.moved(session, view).await?;
        moved.map(ControlFlow::Continue).with_context(|| format!("{}.{} is gone", view.schema, view.name))
    }

    /// Before [`EXACT`] the counters that a session is shown may be half a second old, and miss what a session wrote
    /// that is gone by now. They are those of the run's beginning once that is over, which happens once in a run.
    async fn settle(&self, session: &Session) {
        const OLD: Duration = Duration::from_millis(550);
        if session.facts().version.major() < EXACT {
            tokio::time::sleep(OLD.saturating_sub(self.began.elapsed())).await;
        }
    }

    /// The view as it is now. Sessions need only have told what they wrote before the run began.
    async fn look(&self, session: &Session, oid: u32) -> anyhow::Result<Option<Matview>> {
        let asked = self.unreported.borrow().first().map(|one| one.asked);
        let Some(mut view) = matviews(session, Some(&[oid]), asked).await?.pop() else { return Ok(None) };
        let mut silent = self.unreported.borrow_mut();
        let still = |known: &[Unreported], one: &Unreported| known.iter().any(|other| other.pid == one.pid);
        silent.retain(|one| still(&view.basis.unreported, one));
        view.basis.unreported.retain(|one| still(&silent, one));
        drop(silent);
        Ok(Some(view))
    }

    /// The same, when sessions have told what they wrote, where a refresh would take longer than that.
    async fn told(&self, session: &Session, known: &Matview) -> anyhow::Result<Option<Matview>> {
        const TOLD: Duration = Duration::from_secs(12);
        const TICK: Duration = Duration::from_millis(500);
        let latest = self.survey.history.of(known);
        let took = latest.and_then(|latest| latest.durations_ms.last().copied()).unwrap_or_default();
        let wish = self.args.wish.wish(self.survey.config(known), self.args.is_named());
        let mut waited = false;
        loop {
            let Some(view) = self.look(session, known.oid).await? else { return Ok(None) };
            let silent = match change(&view, latest) {
                Change::Unreported(why) if !wish.force => why,
                _ => return Ok(Some(view)),
            };
            if took < TOLD.as_secs_f64() * 1000.0 || self.began.elapsed() > TOLD {
                return Ok(Some(view));
            }
            if !waited {
                self.context.ui.chat(&format!("{}: waiting, because {silent}", known.relation()?.plain()));
                waited = true;
            }
            self.context.stop.sleep(TICK).await?;
        }
    }

    /// The view that has the name now: another run's swap gives it another oid.
    async fn moved(&self, session: &Session, view: &Matview) -> anyhow::Result<Option<Matview>> {
        let name = view.relation()?.to_string();
        match find(session, &[], &[name]).await?.pop() {
            Some(Ok(oid)) => self.look(session, oid).await,
            _ => Ok(None),
        }
    }

    /// `known`: as it was before the claim.
    async fn decide(&self, session: &Session, view: &Matview, known: &Matview) -> anyhow::Result<Done> {
        let (context, schema) = (self.context, books(self.context)?);
        let again = if view.xmin == known.xmin && view.oid == known.oid {
            None
        } else {
            Some(History::read(session, &schema).await?)
        };
        self.sweep(session, view, view.oid).await;
        let latest = again.as_ref().unwrap_or(&self.survey.history).of(view);
        let wish = self.args.wish.wish(self.survey.config(known), self.args.is_named());
        let change = change(view, latest);
        let (way, reason) = match choose(view, &change, latest, &wish, self.now, session.facts().version)? {
            Choice::Skip { reason } => return Ok(Done::Skipped("skipped", reason)),
            Choice::Refresh { way, reason } => (way, reason),
        };
        let journal = self.shared.journal(context, session).await?;
        let limits = self.args.limits(context, self.survey, known);
        let plan = plan(session, view, way, limits).await?;
        let entry = match journal {
            Some(_) => Entry::open(session, &schema, view, way).await?,
            None => None,
        };
        let began = Instant::now();
        let applied = self.apply(&self.shared, session, plan).await;
        let elapsed_ms = began.elapsed().as_secs_f64() * 1000.0;
        let held_ms = applied.as_ref().ok().and_then(|outcome| held(way, outcome));
        let after = if applied.is_ok() { self.care(session, view, way).await? } else { None };
        if let Some(entry) = entry {
            let error = applied.as_ref().err().map(one_line);
            close(session, entry, elapsed_ms, held_ms, after.as_ref(), error).await;
        }
        applied.map_err(explain)?;
        if let (Way::Swap, Some(after)) = (way, &after) {
            self.sweep(session, view, after.oid).await;
        }
        Ok(Done::Refreshed { way, reason, elapsed_ms, held_ms, after })
    }

    async fn apply(&self, shared: &Shared, session: &Session, plan: Plan) -> anyhow::Result<Outcome> {
        let mut outcome = Outcome::default();
        for consented in consent(vec![plan], |_| Ok(false))? {
            outcome.steps.extend(shared.apply(self.context, session, &consented).await?.steps);
        }
        Ok(outcome)
    }

    /// Takes away what swaps have left; `oid` is the view's by now. It is none the worse when that has to wait.
    async fn sweep(&self, session: &Session, view: &Matview, oid: u32) {
        let swept = async {
            let relation = view.relation()?;
            let left = leftovers(session, &mark(&relation), oid).await?;
            let plan = plan_sweep(view, &left)?;
            if plan.is_empty() { Ok(()) } else { self.apply(&self.aside, session, plan).await.map(drop) }
        };
        let swept: anyhow::Result<()> = swept.await;
        if let Err(error) = swept {
            let why = one_line(&error);
            self.context.ui.warning(&format!("a copy stays until the next refresh: {why}"));
        }
    }

    /// What the new rows need. Autovacuum would do it too, later.
    async fn care(&self, session: &Session, view: &Matview, way: Way) -> anyhow::Result<Option<Refreshed>> {
        let Some(after) = refreshed(session, view).await? else { return Ok(None) };
        let Some(plan) = plan_care(view, way, &after)? else { return Ok(Some(after)) };
        if let Err(error) = self.apply(&self.aside, session, plan).await {
            tracing::debug!("left to autovacuum: {error:#}");
        }
        let analyzed = refreshed(session, view).await?;
        Ok(analyzed.or(Some(after)))
    }
}

/// Writes how it ended into the log. A log that cannot be written is no failure of the refresh.
async fn close(
    session: &Session,
    entry: Entry,
    duration_ms: f64,
    readers_held_ms: Option<f64>,
    after: Option<&Refreshed>,
    error: Option<String>,
) {
    let closing = Closing {
        duration_ms,
        rows: after.and_then(|after| after.rows).map(|rows| rows as i64),
        bytes: after.map(|after| after.bytes),
        readers_held_ms,
        view_xmin: after.map(|after| after.xmin.clone()),
        definition: after.and_then(|after| after.definition.clone()),
        error,
    };
    // A stop cancels again and again what the session does; this is what it has to say last.
    session.shield(true);
    let closed = entry.close(session, &closing).await;
    session.shield(false);
    if let Err(error) = closed {
        tracing::debug!("the log's entry stays open: {error:#}");
    }
}

/// For how long the view was locked against readers.
fn held(way: Way, outcome: &Outcome) -> Option<f64> {
    match way {
        Way::Concurrent => None,
        Way::Plain => outcome.steps.first().and_then(|step| step.attempt_ms),
        Way::Swap => {
            let longest = |step: &crate::apply::StepReport| Some(step.lock_wait_ms? + step.lock_held_ms?);
            outcome.steps.iter().filter_map(longest).max_by(f64::total_cmp)
        }
    }
}

/// A way out of the frequent failures.
fn explain(error: anyhow::Error) -> anyhow::Error {
    let text = one_line(&error);
    if text.contains("(SQLSTATE 21000") || text.contains("(SQLSTATE 23505") {
        return error.hint(
            "the query gives rows that a unique index of the view forbids; mend the query or the index",
        );
    }
    if text.contains("while its copy was made") || text.contains("would not have the same grants") {
        return error.hint("run the same command again");
    }
    if text.contains("due to statement timeout") {
        return error.hint("give it more time with --timeout");
    }
    error
}
