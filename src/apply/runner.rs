//! Applies a consented plan step by step, keeps the journal, and cleans up after a step that failed.
use std::cell::Cell;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::apply::transaction::Timing;
use crate::apply::{Budget, Event, Journal, Pace, Patience, StepReport, Stop};
use crate::failure::{Explain as _, one_line};
use crate::pg::session::{Purpose, Session};
use crate::pg::settings::Settings;
use crate::pg::state::ServerError;
use crate::plan::{Consented, Plan, Run, Standing, Step};

/// What applying needs besides the plan. `session` holds the claim on the target.
#[derive(Debug)]
pub struct Runner<'a> {
    pub(super) session: &'a Session,
    pub(super) settings: &'a Settings,
    pub(super) purpose: &'a Purpose,
    pub(super) patience: Patience,
    pub(super) stop: &'a Stop,
    journal: Option<&'a Journal>,
    listener: Listener<'a>,
    budget: &'a Budget,
    cleanup_budget: Budget,
    /// Of steps that move rows.
    pub(super) pace: Pace,
    pub(super) cleaning: Cell<bool>,
    /// Not while a statement that has transactions of its own still waits for those of others.
    pub(super) begun: Cell<bool>,
}

/// Who hears of the events.
#[derive(Clone, Copy)]
pub struct Listener<'a>(pub &'a dyn Fn(&Event));

impl std::fmt::Debug for Listener<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Listener")
    }
}

/// Every step of a plan that was applied to its end.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub steps: Vec<StepReport>,
}

impl<'a> Runner<'a> {
    #[expect(clippy::too_many_arguments, reason = "each is one thing that applying cannot do without")]
    pub fn new(
        session: &'a Session,
        settings: &'a Settings,
        purpose: &'a Purpose,
        patience: Patience,
        budget: &'a Budget,
        stop: &'a Stop,
        journal: Option<&'a Journal>,
        listener: &'a dyn Fn(&Event),
    ) -> Self {
        // What a clean-up takes away may be in the application's way: it is worth waiting for.
        let longer = Patience { budget: patience.budget * 10, ..patience };
        let cleanup_budget = Budget::new(&longer);
        let (listener, cleaning, begun) = (Listener(listener), Cell::new(false), Cell::new(false));
        Self {
            session,
            settings,
            purpose,
            patience,
            stop,
            journal,
            listener,
            budget,
            cleanup_budget,
            pace: Pace::default(),
            cleaning,
            begun,
        }
    }

    /// The same with a pace for what moves rows.
    #[must_use]
    pub fn at_pace(self, pace: Pace) -> Self {
        Self { pace, ..self }
    }

    /// # Errors
    /// The first step's that failed. Steps before it are done; clean-up steps that belong to one of them have run.
    pub async fn apply(&self, consented: &Consented) -> anyhow::Result<Outcome> {
        let plan = consented.plan();
        let mut outcome = Outcome::default();
        let mut failure: Option<anyhow::Error> = None;
        let mut done = 0;
        for (index, step) in plan.steps.iter().enumerate() {
            let left_to_the_next_run =
                matches!(step.standing, Standing::AfterFailureOf { .. }) && self.stop.requested().is_some();
            if !step.standing.runs(failure.is_some(), done) || left_to_the_next_run {
                continue;
            }
            self.clean(failure.is_some());
            match self.step(plan, index).await {
                Ok(report) => outcome.steps.push(report),
                Err(error) => {
                    let error = error.context(format!("{}: {}", plan.target.plain(), step.summary));
                    failure = Some(match failure {
                        None => {
                            let steps = if done == 1 { "1 step was" } else { &format!("{done} steps were") };
                            error.detail(format!("{steps} done before; {}", self.leaves(step)))
                        }
                        Some(first) => first.detail(format!("{}; {}", one_line(&error), self.leaves(step))),
                    });
                }
            }
            done = if failure.is_none() { index + 1 } else { done };
        }
        self.clean(false);
        failure.map_or(Ok(outcome), Err)
    }

    const fn leaves(&self, step: &Step) -> &'static str {
        if self.begun.get() { step.interrupted } else { "nothing of this step has happened" }
    }

    async fn step(&self, plan: &Plan, index: usize) -> anyhow::Result<StepReport> {
        let (step, target, steps) = (&plan.steps[index], plan.target.plain(), plan.steps.len());
        self.check_stop()?;
        let summary = step.summary.clone();
        self.tell(Event::StepStarted { target: target.clone(), step: index + 1, steps, summary });
        let entry = match self.journal {
            Some(journal) => {
                Some(journal.begin(self.session, plan, index).await.context("write the journal")?)
            }
            None => None,
        };
        let began = Instant::now();
        let mut result = self.run(&target, step).await;
        if step.foreign && result.is_ok() {
            result = self.pin_again().await.and(result);
        }
        let report = result.map(|timing| timing.report(plan, index, began));
        if let (Some(journal), Some(entry)) = (self.journal, entry) {
            // When the connection is lost the entry stays open, which is what happened.
            if let Err(error) = journal.end(self.session, entry, &report).await {
                tracing::debug!("the journal entry stays open: {error:#}");
            }
        }
        let report = report?;
        self.tell(Event::StepFinished(report.clone()));
        Ok(report)
    }

    async fn run(&self, target: &str, step: &Step) -> anyhow::Result<Timing> {
        let alone = matches!(step.run, Run::Alone { .. });
        self.begun.set(!alone || step.after_transactions_on.is_none());
        match &step.run {
            Run::Transaction { prepare, act } => {
                if let Some(relation) = &step.after_transactions_on {
                    self.wait_for_old_transactions(target, relation).await?;
                }
                let done = self.transaction(target, &step.ahead, prepare, &step.locks, act).await;
                match (done, &step.recover) {
                    (Err(error), Some(recover)) => self.unless_done(target, step, recover, error).await,
                    (done, _) => done,
                }
            }
            Run::Alone { prepare, statement, guard } => {
                self.alone(target, step, prepare, statement, guard.as_ref()).await
            }
            Run::Batches { guard, statements } => self.batches(target, &step.locks, guard, statements).await,
            Run::Archive(archive) => self.archive(target, archive).await,
            Run::Restore(restore) => self.restore(target, restore).await,
            Run::Fill(fill) => self.fill(target, fill).await,
            Run::CatchUp(catch_up) => self.catch_up(target, catch_up).await,
            Run::Move(moving) => self.move_rows(target, &step.locks, moving).await,
        }
    }

    async fn pin_again(&self) -> anyhow::Result<()> {
        self.session.pin_again().await.map_err(ServerError::explained)?;
        match self.journal {
            Some(journal) => journal.join(self.session).await,
            None => Ok(()),
        }
    }

    pub(super) fn tell(&self, event: Event) {
        (self.listener.0)(&event);
    }

    pub(super) fn budget(&self) -> &Budget {
        if self.cleaning.get() { &self.cleanup_budget } else { self.budget }
    }

    pub(super) async fn sleep(&self, time: Duration) -> anyhow::Result<()> {
        if self.cleaning.get() {
            tokio::time::sleep(time).await;
            return Ok(());
        }
        Ok(self.stop.sleep(time).await?)
    }

    fn clean(&self, cleaning: bool) {
        self.cleaning.set(cleaning);
        self.session.shield(cleaning);
    }
}
