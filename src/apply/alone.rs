//! A step that is one statement with transactions of its own, such as `DETACH PARTITION ... CONCURRENTLY`. It cannot
//! be timed out or blindly repeated: a half-done attempt is recognised in the catalog and brought to its end.
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail, ensure};

use crate::apply::Event;
use crate::apply::patience::OLD_TRANSACTION;
use crate::apply::runner::Runner;
use crate::apply::transaction::{Timing, milliseconds};
use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::pg::lock::{index_progress, old_transactions, wait_of};
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;
use crate::plan::{Recover, Standing, Step};

const WATCH: Duration = Duration::from_millis(50);
const REPORT_WAIT: Duration = Duration::from_secs(5);
const LOOK_AT_PROGRESS: Duration = Duration::from_millis(250);

/// What an earlier attempt has left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Untouched,
    Half,
    Done,
}

impl Runner<'_> {
    pub(super) async fn alone(
        &self,
        target: &str,
        step: &Step,
        prepare: &[Sql],
        statement: &Sql,
        guard: Option<&Sql>,
    ) -> anyhow::Result<Timing> {
        if let Some(recover) = &step.recover
            && let Some(timing) = self.recover(target, step, recover).await?
        {
            return Ok(timing);
        }
        let began = Instant::now();
        if let Some(relation) = &step.after_transactions_on {
            self.wait_for_old_transactions(target, relation).await?;
        }
        let wait_ms = step.after_transactions_on.as_ref().map(|_| milliseconds(began));
        let worker = Session::open(self.settings, self.purpose)
            .await
            .context("open a connection for the statement")?;
        // A single transaction need not wait for its lock for longer than any other; one of several must not be
        // interrupted by a timeout half-way.
        let lock_ms = self.patience.lock_timeout_ms(self.session.facts().deadlock_timeout_ms);
        let timeout =
            ddl!("apply/lock_timeout.sql", lock_ms = if step.recover.is_none() { lock_ms } else { 0 });
        for sql in [&timeout].into_iter().chain(prepare) {
            worker.execute(sql).await.map_err(ServerError::explained)?;
        }
        if let Some(guard) = guard {
            self.session.execute(guard).await.map_err(ServerError::explained)?;
        }
        self.begun.set(true);
        let Err(error) = self.watched(target, step, &worker, statement).await? else {
            if let Some(recover) = &step.recover {
                let state = self.state(recover).await.context("look whether it is done")?;
                ensure!(
                    state == State::Done,
                    "it ended well, but on another table than the plan's: names have changed"
                );
            }
            return Ok(Timing { attempts: 1, wait_ms, ..Timing::default() });
        };
        // A stop leaves what is half-done to the next run: it is recorded in the catalog.
        self.check_stop()?;
        let Some(recover) = &step.recover else { return Err(error.explained()) };
        match self.recover(target, step, recover).await? {
            Some(timing) => Ok(timing),
            None => Err(error.explained()),
        }
    }

    /// Brings a half-done attempt to its end. `None`: there is none, the statement has to run.
    async fn recover(&self, target: &str, step: &Step, recover: &Recover) -> anyhow::Result<Option<Timing>> {
        let state = self.state(recover).await.context("look for a half-done earlier attempt")?;
        let found = match state {
            State::Untouched => return Ok(None),
            State::Half if recover.finish.is_empty() => return Ok(None),
            State::Half => {
                self.begun.set(true);
                "half-done"
            }
            State::Done => "done",
        };
        let summary = step.summary.clone();
        // A failure that has left nothing to clean up is no earlier attempt.
        if !matches!(step.standing, Standing::AfterFailureOf { .. }) {
            self.tell(Event::Recovered { target: target.to_owned(), summary, found: found.to_owned() });
        }
        if state == State::Done {
            return Ok(Some(Timing::default()));
        }
        match self.transaction(target, &[], &[], &recover.locks, &recover.finish).await {
            Ok(timing) => Ok(Some(timing)),
            Err(error) => {
                let error = error.context("bring the half-done attempt to its end");
                self.unless_done(target, step, recover, error).await.map(Some)
            }
        }
    }

    /// What failed may be done all the same: the server goes on with what a killed run has asked for, and may come to
    /// its end at any time.
    pub(super) async fn unless_done(
        &self,
        target: &str,
        step: &Step,
        recover: &Recover,
        error: anyhow::Error,
    ) -> anyhow::Result<Timing> {
        let Ok(State::Done) = self.state(recover).await else { return Err(error) };
        tracing::debug!("done by an earlier run meanwhile: {error:#}");
        let summary = step.summary.clone();
        self.tell(Event::Recovered { target: target.to_owned(), summary, found: "done".to_owned() });
        Ok(Timing::default())
    }

    async fn state(&self, recover: &Recover) -> anyhow::Result<State> {
        let rows = self.session.read(&recover.state).await.map_err(ServerError::explained)?;
        match rows.first().and_then(|row| row.first()).and_then(Option::as_deref) {
            Some("untouched") => Ok(State::Untouched),
            Some("half") => Ok(State::Half),
            Some("done") => Ok(State::Done),
            other => bail!("sql/{} answered {other:?}", recover.state.file),
        }
    }

    /// Waits until no old transaction is in the way, so that the statement, once begun, is over soon.
    pub(super) async fn wait_for_old_transactions(
        &self,
        target: &str,
        relation: &Relation,
    ) -> anyhow::Result<()> {
        let (began, mut told) = (Instant::now(), None::<Instant>);
        let mut attempt = 1;
        loop {
            self.check_stop()?;
            let old = old_transactions(self.session, relation, OLD_TRANSACTION.as_secs_f64()).await?;
            if old.is_empty() {
                return Ok(());
            }
            if self.budget().is_spent() {
                let names = old.iter().map(|b| format!("waited for {b}")).collect::<Vec<_>>().join("\n");
                return Err(anyhow!("old transactions use {}", relation.plain())
                    .exit(Exit::Busy)
                    .detail(names)
                    .hint("run the same command again later, or give it more time with --lock-budget"));
            }
            if told.is_none_or(|told| told.elapsed() >= REPORT_WAIT) {
                told = Some(Instant::now());
                let waited_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.tell(Event::Waiting { target: target.to_owned(), waited_ms, blockers: old });
            }
            let pause = self.budget().pause(attempt);
            self.budget().spend(pause);
            self.sleep(pause).await?;
            attempt += 1;
        }
    }

    /// Runs the statement on `worker` and watches it from the main session: what it waits for is told, and when
    /// writers begin to queue behind it for longer than the lock timeout it is cancelled.
    async fn watched(
        &self,
        target: &str,
        step: &Step,
        worker: &Session,
        statement: &Sql,
    ) -> anyhow::Result<Result<(), ServerError>> {
        let work = worker.execute(statement);
        tokio::pin!(work);
        let limit = self.patience.lock_timeout_ms(self.session.facts().deadlock_timeout_ms);
        let limit = Duration::from_millis(u64::from(limit)).saturating_sub(WATCH);
        let (began, mut told, mut queued_since) = (Instant::now(), Instant::now(), None::<Instant>);
        let mut looked = Instant::now();
        loop {
            tokio::select! {
                result = &mut work => return Ok(result),
                () = tokio::time::sleep(WATCH) => {}
            }
            if self.stop.requested().is_some() {
                worker.canceller().cancel().await.context("cancel the statement")?;
                continue;
            }
            let wait = match wait_of(self.session, worker.facts().pid).await {
                // The signal has cancelled this look as well; the next round cancels the statement.
                Err(_) if self.stop.requested().is_some() => continue,
                wait => wait?,
            };
            queued_since =
                if wait.holds_up_writers { queued_since.or_else(|| Some(Instant::now())) } else { None };
            if queued_since.is_some_and(|since| since.elapsed() >= limit) {
                worker.canceller().cancel().await.context("cancel the statement")?;
            }
            if !wait.blockers.is_empty() && told.elapsed() >= REPORT_WAIT {
                told = Instant::now();
                let waited_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
                self.tell(Event::Waiting { target: target.to_owned(), waited_ms, blockers: wait.blockers });
            }
            if looked.elapsed() >= LOOK_AT_PROGRESS {
                looked = Instant::now();
                self.tell_progress(target, step, worker, began).await;
            }
        }
    }

    /// Progress that cannot be read is not worth an error.
    async fn tell_progress(&self, target: &str, step: &Step, worker: &Session, began: Instant) {
        let Ok(Some(progress)) = index_progress(self.session, worker.facts().pid).await else { return };
        let elapsed_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let (target, summary) = (target.to_owned(), step.summary.clone());
        self.tell(Event::IndexProgress { target, summary, elapsed_ms, progress });
    }
}
