//! `pgtend partition create`
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use clap::Args;

use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::partition::args::{AheadArgs, CalendarArgs, Wish};
use crate::commands::partition::finalize::finalize_pending;
use crate::commands::partition::targets::{Target, find};
use crate::commands::work::{AT_ONCE, Shared, Subject, Tally, each};
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::{CreatePlan, Timeline, plan_create, survey_create, wanted};
use crate::pg::catalog::partitioned_tables;
use crate::pg::session::Session;
use crate::plan::{Consented, Plan, consent};

/// Create the partitions that are missing ahead
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Partitioned table [default: every table of the configuration]
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    #[command(flatten)]
    calendar: CalendarArgs,
    #[command(flatten)]
    ahead: AheadArgs,
}

pub const SCHEMA: &str = "pgtend.partition.create/1";

impl CreateArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let refine = |wish: Wish| Ok(wish.calendar(&self.calendar)?.ahead(&self.ahead));
        let targets = find(context, &session, &self.tables, refine).await?;
        let (tally, now) = (Tally::default(), context.now(&session));
        for (name, error) in &targets.failed {
            tally.fail(context, &name.to_string(), error);
        }
        if context.args.dry_run {
            let plans = dry_plans(context, &session, &targets.found, now, &tally).await;
            return tally.show(context, &session, SCHEMA, &plans);
        }
        create_all(context, &session, &targets.found, now, &tally).await;
        tally.end(context, SCHEMA)
    }
}

/// The plans as they would be applied now.
pub async fn dry_plans(
    context: &Context,
    session: &Session,
    targets: &[Target],
    now: DateTime<Utc>,
    tally: &Tally,
) -> Vec<Plan> {
    let mut plans = Vec::new();
    for target in targets {
        let name = target.table.relation.plain();
        match plan(session, target, now).await {
            Ok(CreatePlan { plan, blocked }) => {
                tally.finish(&name, &Outcome::default());
                plans.push(plan);
                if let Some(error) = blocked {
                    tally.fail(context, &name, &error);
                }
            }
            Err(error) => tally.fail(context, &name, &error),
        }
    }
    plans
}

/// Creates what is missing in each table. Failures are printed and counted. `false`: nothing was missing.
pub async fn create_all(
    context: &Context,
    session: &Session,
    targets: &[Target],
    now: DateTime<Utc>,
    tally: &Tally,
) -> bool {
    let shared = Shared::new(context);
    let mut waiting = Vec::new();
    for target in targets {
        let name = target.table.relation.plain();
        match target.timeline().and_then(|timeline| has_work(&timeline, target, now)) {
            Ok(true) => waiting.push(target),
            Ok(false) => {
                context.ui.chat(&format!("{name}: nothing to do"));
                tally.finish(&name, &Outcome::default());
            }
            Err(error) => tally.fail(context, &name, &error),
        }
    }
    let any = !waiting.is_empty();
    each(context, session, AT_ONCE, waiting, async |session: &Session, target: &Target| {
        let name = target.table.relation.plain();
        tally.settle(context, &name, create_one(context, &shared, session, target, now).await);
    })
    .await;
    any
}

fn has_work(timeline: &Timeline, target: &Target, now: DateTime<Utc>) -> anyhow::Result<bool> {
    let point = timeline.calendar.point(now);
    let leftover = timeline.default.as_ref().is_some_and(|default| default.window_check);
    let wanted = wanted(timeline, &target.wish.policy, point)?;
    Ok(!wanted.is_empty() || !timeline.pending.is_empty() || leftover)
}

/// One table from claim to release. The plan is made under the claim: another run may just have done the work.
async fn create_one(
    context: &Context,
    shared: &Shared,
    session: &Session,
    target: &Target,
    now: DateTime<Utc>,
) -> anyhow::Result<Outcome> {
    let work = create_claimed(context, shared, session, target, now);
    shared.claimed(context, session, &Subject::from(&target.table), work).await
}

async fn create_claimed(
    context: &Context,
    shared: &Shared,
    session: &Session,
    target: &Target,
    now: DateTime<Utc>,
) -> anyhow::Result<Outcome> {
    let finalized = finalize_pending(context, shared, session, target).await?;
    let fresh = refresh(session, target).await?;
    let CreatePlan { plan, blocked } = plan(session, &fresh, now).await?;
    for note in &plan.notes {
        context.ui.status(&format!("{}: {note}", plan.target.plain()));
    }
    let mut outcome = finalized;
    if !plan.is_empty() {
        let agreed: Vec<Consented> = consent(vec![plan], |_| Ok(false))?;
        for consented in &agreed {
            outcome.steps.extend(shared.apply(context, session, consented).await?.steps);
        }
    }
    match blocked {
        Some(error) if outcome.steps.is_empty() => Err(error),
        Some(error) => Err(error.exit(Exit::Partly)),
        None => Ok(outcome),
    }
}

/// The same table, read again.
pub async fn refresh(session: &Session, target: &Target) -> anyhow::Result<Target> {
    let mut tables = partitioned_tables(session, Some(&[target.table.oid])).await?;
    let table = tables.pop().with_context(|| format!("{} is gone", target.table.relation.plain()))?;
    Ok(Target { name: target.name.clone(), wish: target.wish.clone(), table })
}

async fn plan(session: &Session, target: &Target, now: DateTime<Utc>) -> anyhow::Result<CreatePlan> {
    let timeline = target.timeline()?;
    let missing = wanted(&timeline, &target.wish.policy, timeline.calendar.point(now))?;
    let evidence = survey_create(session, &timeline, &missing).await?;
    plan_create(&timeline, &target.wish.policy, missing, &evidence)
}
