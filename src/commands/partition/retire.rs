//! `pgtend partition drop`
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use clap::Args;

use crate::apply::Outcome;
use crate::apply::archive::prepare;
use crate::commands::context::Context;
use crate::commands::partition::args::{CalendarArgs, RetentionArgs, Wish};
use crate::commands::partition::create::refresh;
use crate::commands::partition::finalize::finalize_pending;
use crate::commands::partition::targets::{Target, find};
use crate::commands::work::{AT_ONCE, Shared, Subject, Tally, each};
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::{Retired, Timeline, due, plan_drop, survey_drop};
use crate::pg::session::Session;
use crate::plan::{Consented, Plan, consent};

/// Let go of partitions whose rows are older than what is kept
///
/// Each is detached without stopping anybody, then dropped. The current partition, those of the future and the last
/// one that is left are never touched.
#[derive(Debug, Args)]
pub struct DropArgs {
    /// Partitioned table [default: every table of the configuration]
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    #[command(flatten)]
    retention: RetentionArgs,
    #[command(flatten)]
    calendar: CalendarArgs,
}

const SCHEMA: &str = "pgtend.partition.drop/1";

impl DropArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let refine = |wish: Wish| wish.calendar(&self.calendar)?.retention(&self.retention);
        let targets = find(context, &session, &self.tables, refine).await?;
        let (tally, now) = (Tally::default(), context.now(&session));
        for (name, error) in &targets.failed {
            tally.fail(context, &name.to_string(), error);
        }
        if targets.found.iter().all(|target| target.wish.policy.keep.is_none()) && targets.failed.is_empty() {
            let error = anyhow!("nothing says how long rows are kept").exit(Exit::Usage);
            return Err(error.hint("pass --keep, as in --keep \"12 months\", or set `keep` in pgtend.toml"));
        }
        if context.args.dry_run {
            let plans = dry_plans(context, &session, &targets.found, now, &tally).await;
            return tally.show(context, &session, SCHEMA, &plans);
        }
        drop_all(context, &session, &targets.found, now, &tally).await;
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
        let planned = match target.wish.ensure_format() {
            Ok(()) => plan(session, target, now).await,
            Err(error) => Err(error),
        };
        match planned {
            Ok(plan) => {
                tally.finish(&name, &Outcome::default());
                plans.extend(plan);
            }
            Err(error) => tally.fail(context, &name, &error),
        }
    }
    plans
}

/// Plans for all, one question for all, then the work. Failures are printed and counted.
pub async fn drop_all(
    context: &Context,
    session: &Session,
    targets: &[Target],
    now: DateTime<Utc>,
    tally: &Tally,
) {
    let shared = Shared::new(context);
    let (mut plans, mut waiting) = (Vec::new(), Vec::new());
    for target in targets {
        let name = target.table.relation.plain();
        let finalized = match target.wish.ensure_format() {
            Ok(()) => finalize_first(context, &shared, session, target).await,
            Err(error) => Err(error),
        };
        if let Err(error) = finalized {
            tally.fail(context, &name, &error);
            continue;
        }
        match fresh_plan(session, target, now).await.and_then(|plan| allowed(plan, target)) {
            Ok(Some(plan)) => {
                plans.push(plan);
                waiting.push(target);
            }
            Ok(None) => {
                context.ui.chat(&format!("{name}: nothing to drop"));
                tally.finish(&name, &Outcome::default());
            }
            Err(error) => tally.fail(context, &name, &error),
        }
    }
    for (plan, note) in plans.iter().flat_map(|plan| plan.notes.iter().map(move |note| (plan, note))) {
        context.ui.status(&format!("{}: {note}", plan.target.plain()));
    }
    let agreed = match consent(plans, |losses| context.ui.consent_to(losses, context.args.yes)) {
        Ok(agreed) => agreed,
        Err(error) => {
            let names: Vec<String> = waiting.iter().map(|target| target.table.relation.plain()).collect();
            tally.fail_all(context, &names, &error);
            return;
        }
    };
    let work: Vec<(&Target, Consented)> = waiting.into_iter().zip(agreed).collect();
    each(
        context,
        session,
        AT_ONCE,
        work,
        async |session: &Session, (target, agreed): (&Target, Consented)| {
            let name = target.table.relation.plain();
            tally.settle(context, &name, drop_one(context, &shared, session, target, agreed, now).await);
        },
    )
    .await;
}

async fn finalize_first(
    context: &Context,
    shared: &Shared,
    session: &Session,
    target: &Target,
) -> anyhow::Result<()> {
    if target.timeline()?.pending.is_empty() {
        return Ok(());
    }
    let work = finalize_pending(context, shared, session, target);
    shared.claimed(context, session, &Subject::from(&target.table), work).await.map(|_| ())
}

/// `None`: nothing to do. Rows that would go for good need a word about archives.
fn allowed(plan: Option<Plan>, target: &Target) -> anyhow::Result<Option<Plan>> {
    let Some(plan) = plan.filter(|plan| !plan.is_empty()) else { return Ok(None) };
    let losses = plan.losses().count();
    if losses == 0 || target.wish.no_archive {
        return Ok(Some(plan));
    }
    if let Some(store) = target.wish.store() {
        return prepare(store).map(|()| Some(plan));
    }
    let name = target.table.relation.plain();
    let what = if losses == 1 { "1 partition is".to_owned() } else { format!("{losses} partitions are") };
    let error =
        anyhow!("drop partitions of {name}: {what} due, and nothing says where the rows are archived");
    Err(error.exit(Exit::Usage).hint(
        "pass --archive FOLDER; or --no-archive to let the rows go for good; or --mode detach to keep each as a table \
         of its own",
    ))
}

/// One table from claim to release. The plan is made again under the claim, and must not destroy more than agreed.
async fn drop_one(
    context: &Context,
    shared: &Shared,
    session: &Session,
    target: &Target,
    agreed: Consented,
    now: DateTime<Utc>,
) -> anyhow::Result<Outcome> {
    let work = async {
        let (mut agreed, mut outcome) = (agreed, Outcome::default());
        for round in 0..rounds(target) {
            let plan = if round == 0 {
                fresh_plan(session, target, now).await?
            } else {
                plan(session, &refresh(session, target).await?, now).await?
            };
            let Some(fresh) = plan.filter(|plan| !plan.is_empty()) else { break };
            agreed = agreed.renewed(fresh)?;
            outcome.steps.extend(shared.apply(context, session, &agreed).await?.steps);
        }
        Ok(outcome)
    };
    shared.claimed(context, session, &Subject::from(&target.table), work).await
}

/// Rows that were set aside are archived from a table that the first plan has made.
fn rounds(target: &Target) -> usize {
    let referenced = target.table.references_in > 0 || !target.table.stranded.is_empty();
    if target.wish.store().is_some() && referenced { 2 } else { 1 }
}

/// The plan for the table as it is now. What was read before tells whether there is anything to plan.
async fn fresh_plan(session: &Session, target: &Target, now: DateTime<Utc>) -> anyhow::Result<Option<Plan>> {
    if !has_work(&target.timeline()?, target, now)? {
        return Ok(None);
    }
    plan(session, &refresh(session, target).await?, now).await
}

fn has_work(timeline: &Timeline, target: &Target, now: DateTime<Utc>) -> anyhow::Result<bool> {
    let retired = due(timeline, &target.wish.policy, timeline.calendar.point(now))?;
    Ok(!retired.unwrap_or_else(Retired::nothing).is_empty(timeline))
}

async fn plan(session: &Session, target: &Target, now: DateTime<Utc>) -> anyhow::Result<Option<Plan>> {
    let timeline = target.timeline()?;
    let retired = due(&timeline, &target.wish.policy, timeline.calendar.point(now))?;
    let retired = retired.unwrap_or_else(Retired::nothing);
    if retired.is_empty(&timeline) {
        return Ok(None);
    }
    let terms = target.wish.terms(session);
    let format = terms.archive.as_ref().map(|archive| archive.format);
    let evidence = survey_drop(session, &timeline, &retired, format).await?;
    plan_drop(&timeline, &retired, &terms, &evidence).map(Some)
}
