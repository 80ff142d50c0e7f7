//! What `partition split`, `drain`, `merge` and `undo` share: one table as the only run on it, what an earlier run has begun, the
//! plan, and the flags of the pace.
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::partition::args::{DiskArgs, Wish};
use crate::commands::partition::create::refresh;
use crate::commands::partition::targets::{Target, find};
use crate::commands::work::{Shared, Subject, Tally};
use crate::failure::Exit;
use crate::operations::partition::{
    Order, Policy, Timeline, Verb, ensure_same_verb, left, plan_abort_replace, plan_replace, survey_replace,
};
use crate::pg::session::Session;
use crate::plan::{Loss, Pace, Plan, consent};

/// How the rows are copied.
#[derive(Debug, Args)]
pub struct ReplaceArgs {
    /// So many connections copy rows at the same time
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
    /// Pause while a standby is so far behind
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    max_lag: Duration,
    /// Pause while a standby has more megabytes of WAL to replay
    #[arg(long, value_name = "MB", default_value_t = 1024)]
    max_lag_mb: u32,
    /// Pause while this file exists
    #[arg(long, value_name = "FILE")]
    throttle_file: Option<PathBuf>,
    #[command(flatten)]
    disk: DiskArgs,
    /// Take back what an unfinished run has prepared
    #[arg(long)]
    pub abort: bool,
}

impl ReplaceArgs {
    fn pace(&self) -> Pace {
        Pace {
            file: self.throttle_file.clone(),
            lag: Some(self.max_lag),
            lag_bytes: Some(i64::from(self.max_lag_mb) << 20),
        }
    }
}

/// One run of a verb on one table.
pub struct Replacing<'a> {
    pub context: &'a Context,
    pub verb: Verb,
    pub args: &'a ReplaceArgs,
}

impl Replacing<'_> {
    /// `order` says what is asked for; it is not asked where an earlier run has begun.
    pub async fn run(
        &self,
        table: &str,
        refine: impl Fn(Wish) -> anyhow::Result<Wish>,
        order: impl AsyncFn(&Session, &Timeline, &Policy, i64) -> anyhow::Result<Option<Order>>,
    ) -> anyhow::Result<Exit> {
        let context = self.context;
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let targets = find(context, &session, &[table.to_owned()], refine).await?;
        let schema = self.schema();
        let tally = Tally::default();
        for (name, error) in &targets.failed {
            tally.fail(context, &name.to_string(), error);
        }
        let Some(target) = targets.found.first() else { return tally.end(context, &schema) };
        let name = target.table.relation.plain();
        if context.args.dry_run {
            match self.plan(&session, target, &order).await {
                Ok(plan) => return tally.show(context, &session, &schema, &[plan]),
                Err(error) => tally.fail(context, &name, &error),
            }
            return tally.show(context, &session, &schema, &[]);
        }
        let shared = Shared::new(context);
        let work = async {
            let plan = self.plan(&session, target, &order).await?;
            self.apply(&shared, &session, plan).await
        };
        let subject = Subject::from(&target.table);
        let ended = shared.claimed(context, &session, &subject, work).await;
        if ended.as_ref().is_ok_and(|outcome| outcome.steps.is_empty()) {
            context.ui.chat(&format!("{name}: nothing to do"));
        }
        tally.settle(context, &name, ended);
        tally.end(context, &schema)
    }

    pub fn schema(&self) -> String {
        format!("pgtend.partition.{}/1", self.verb.word())
    }

    pub async fn plan(
        &self,
        session: &Session,
        target: &Target,
        ask: &impl AsyncFn(&Session, &Timeline, &Policy, i64) -> anyhow::Result<Option<Order>>,
    ) -> anyhow::Result<Plan> {
        let target = refresh(session, target).await?;
        let (timeline, policy) = (target.timeline()?, &target.wish.policy);
        let left = left(session, &timeline.table).await?;
        let order = match &left.begun {
            Some(begun) => begun.order(&timeline, !self.args.abort)?,
            None if self.args.abort => None,
            None => {
                let now = timeline.calendar.point(self.context.now(session));
                ask(session, &timeline, policy, now).await?
            }
        };
        if let (Some(order), Some(_)) = (&order, &left.begun) {
            ensure_same_verb(order, self.verb, &timeline.table.relation)?;
        }
        let mut evidence = survey_replace(session, &timeline, order.as_ref(), left).await?;
        evidence.free = self.args.disk.free().or(evidence.free);
        if self.args.abort {
            return plan_abort_replace(&timeline, order.as_ref(), &evidence);
        }
        let jobs = usize::from(self.args.jobs);
        plan_replace(&timeline, policy, order.as_ref(), &evidence, jobs, &self.args.pace())
    }

    pub async fn apply(&self, shared: &Shared, session: &Session, plan: Plan) -> anyhow::Result<Outcome> {
        let context = self.context;
        for note in &plan.notes {
            context.ui.status(&format!("{}: {note}", plan.target.plain()));
        }
        if plan.is_empty() {
            return Ok(Outcome::default());
        }
        let agree = |losses: &[&Loss]| context.ui.consent_to(losses, context.args.yes);
        let agreed = consent(vec![plan], agree)?;
        let consented = agreed.first().context("a plan was made and is gone")?;
        shared.apply(context, session, consented).await
    }
}
