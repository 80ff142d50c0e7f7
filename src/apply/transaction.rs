//! A step of one transaction: all of it or nothing, tried again while locks are busy, until the budget is spent.
//! The statements leave in one go, so that the locks are never held over a round trip.
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};

use crate::apply::runner::Runner;
use crate::apply::{Event, StepReport};
use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::pg::lock::{Blocker, holders, wait_of};
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;
use crate::plan::{Framed, Lock, Plan, framed};

/// How one attempt went, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Timing {
    pub attempts: u32,
    pub wait_ms: Option<f64>,
    pub held_ms: Option<f64>,
    pub attempt_ms: Option<f64>,
}

impl Timing {
    pub(super) fn report(self, plan: &Plan, index: usize, began: Instant) -> StepReport {
        let step = &plan.steps[index];
        StepReport {
            target: plan.target.plain(),
            step: index + 1,
            steps: plan.steps.len(),
            summary: step.summary.clone(),
            minor: step.minor,
            attempts: self.attempts,
            elapsed_ms: milliseconds(began),
            lock_wait_ms: self.wait_ms,
            lock_held_ms: self.held_ms,
            attempt_ms: self.attempt_ms,
        }
    }
}

const LOOK: Duration = Duration::from_millis(20);

/// What statements wait for whose locks nobody knows beforehand, as another session sees it.
#[derive(Default)]
struct Watch {
    session: Option<Session>,
    seen: Vec<Blocker>,
}

impl Watch {
    async fn begin(&mut self, runner: &Runner<'_>) {
        if self.session.is_none() {
            self.session = Session::open(runner.settings, runner.purpose).await.ok();
        }
    }
}

pub(super) fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

impl Runner<'_> {
    /// # Errors
    /// The server's, or `Exit::Busy` with the blockers when the budget is spent.
    pub(super) async fn transaction(
        &self,
        target: &str,
        ahead: &[Sql],
        prepare: &[Sql],
        locks: &[Lock],
        act: &[Sql],
    ) -> anyhow::Result<Timing> {
        let lock_ms = self.patience.lock_timeout_ms(self.session.facts().deadlock_timeout_ms);
        let statement_ms = self.patience.statement_timeout_ms();
        let ahead = (!ahead.is_empty()).then(|| framed(&[], &[], ahead, lock_ms, statement_ms));
        let framed = framed(prepare, locks, act, lock_ms, statement_ms);
        let mut attempt = 1;
        let mut watch = Watch::default();
        loop {
            self.check_stop()?;
            let began = Instant::now();
            let attempted = match &ahead {
                Some(ahead) => match self.attempt(ahead).await {
                    Ok(_) => self.watched_attempt(&framed, &mut watch).await,
                    Err(error) => Err(error),
                },
                None => self.watched_attempt(&framed, &mut watch).await,
            };
            let error = match attempted {
                Ok(timing) => {
                    let attempt_ms = Some(milliseconds(began));
                    return Ok(Timing { attempts: attempt, attempt_ms, ..timing });
                }
                Err(error) => error,
            };
            // The commit at the end of the body has ended the failed transaction already.
            if !error.lock_busy() {
                return Err(self.stopped_or(error.explained()));
            }
            self.budget().spend(began.elapsed());
            if locks.is_empty() {
                watch.begin(self).await;
            }
            self.pause(target, attempt, locks, &watch.seen, error).await?;
            attempt += 1;
        }
    }

    /// An attempt, and meanwhile a look at what it waits for where that is not known before.
    async fn watched_attempt(&self, framed: &Framed, watch: &mut Watch) -> Result<Timing, ServerError> {
        let attempt = self.attempt(framed);
        let Some(session) = &watch.session else { return attempt.await };
        tokio::pin!(attempt);
        loop {
            tokio::select! {
                done = &mut attempt => return done,
                () = tokio::time::sleep(LOOK) => {}
            }
            match wait_of(session, self.session.facts().pid).await {
                Ok(wait) if !wait.blockers.is_empty() => watch.seen = wait.blockers,
                _ => {}
            }
        }
    }

    async fn attempt(&self, framed: &Framed) -> Result<Timing, ServerError> {
        // These two are answered before the rest leaves: outside a transaction the rest would commit one by one.
        for sql in &framed.begin {
            self.session.execute(sql).await?;
        }
        if framed.locks.is_empty() {
            self.session.pipeline(&framed.body).await?;
            return Ok(Timing { attempts: 1, ..Timing::default() });
        }
        let (before, rest) = framed.body.split_at(framed.locks.start);
        let (locks, rest) = rest.split_at(framed.locks.len());
        let (act, commit) = rest.split_at(rest.len() - 1);
        let clock = [ddl!("apply/clock.sql")];
        let answers =
            self.session.pipeline(&[before, &clock, locks, &clock, act, &clock, commit].concat()).await?;
        let asked = before.len();
        let granted = asked + 1 + locks.len();
        let ended = granted + 1 + act.len();
        let server_ms = |from: usize, to: usize| {
            let at = |index: usize| answers.get(index)?.value.as_deref()?.parse::<i64>().ok();
            Some((at(to)? - at(from)?) as f64 / 1000.0)
        };
        // The locks go with the commit, which only its answer tells of.
        let commit_ms = match answers.get(ended..) {
            Some([ended, committed]) => {
                committed.arrived.duration_since(ended.arrived).as_secs_f64() * 1000.0
            }
            _ => 0.0,
        };
        let held_ms = server_ms(granted, ended).map(|held| held + commit_ms);
        Ok(Timing { attempts: 1, wait_ms: server_ms(asked, granted), held_ms, ..Timing::default() })
    }

    /// Names the blockers, then waits a little; or gives up.
    pub(super) async fn pause(
        &self,
        target: &str,
        attempt: u32,
        locks: &[Lock],
        seen: &[Blocker],
        error: ServerError,
    ) -> anyhow::Result<()> {
        let wanted: Vec<_> = locks.iter().map(|lock| (lock.relation.clone(), lock.mode)).collect();
        let blockers = if wanted.is_empty() {
            seen.to_vec()
        } else {
            holders(self.session, &wanted).await.context("look for the sessions that hold the locks")?
        };
        if self.budget().is_spent() {
            let names = blockers.iter().map(|b| format!("blocked by {b}")).collect::<Vec<_>>().join("\n");
            let names = if names.is_empty() { "the blocker is gone by now".to_owned() } else { names };
            return Err(error.explained())
                .with_context(|| format!("give up after {attempt} attempts to get the locks"))
                .exit(Exit::Busy)
                .detail(names)
                .hint("run the same command again later, or give it more time with --lock-budget");
        }
        let pause = self.budget().pause(attempt);
        let next_try_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.tell(Event::LockBusy { target: target.to_owned(), attempt, next_try_ms, blockers });
        self.budget().spend(pause);
        self.sleep(pause).await
    }

    /// Waits a little where nobody asks who was in the way of a batch; or gives up.
    pub(super) async fn wait_out(
        &self,
        began: Instant,
        attempt: &mut u32,
        error: ServerError,
    ) -> anyhow::Result<()> {
        if self.budget().is_spent() {
            return Err(error.explained().exit(Exit::Busy));
        }
        self.budget().spend(began.elapsed());
        let pause = self.budget().pause(*attempt);
        self.budget().spend(pause);
        self.sleep(pause).await?;
        *attempt += 1;
        Ok(())
    }

    pub(super) fn check_stop(&self) -> anyhow::Result<()> {
        if self.cleaning.get() { Ok(()) } else { Ok(self.stop.check()?) }
    }

    /// After a stop was requested, whatever the server said is the answer to our cancel request.
    pub(super) fn stopped_or(&self, error: anyhow::Error) -> anyhow::Error {
        match self.stop.check() {
            Err(stopped) if !self.cleaning.get() => anyhow!(stopped),
            _ => error,
        }
    }
}
