//! `pgtend partition maintain --analyze`
use chrono::{DateTime, Utc};

use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::partition::targets::Target;
use crate::commands::work::{AT_ONCE, Shared, Subject, Tally, each};
use crate::operations::partition::plan_analyze;
use crate::pg::session::Session;
use crate::plan::{Plan, consent};

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
        match plan_analyze(session, &target.table, now).await {
            Ok(plan) => plans.extend(plan),
            Err(error) => tally.fail(context, &target.table.relation.plain(), &error),
        }
    }
    plans
}

/// Analyzes each table that was not analyzed for a while. Failures are printed and counted.
pub async fn analyze_all(
    context: &Context,
    session: &Session,
    targets: &[Target],
    now: DateTime<Utc>,
    tally: &Tally,
) {
    let shared = Shared::new(context);
    each(context, session, AT_ONCE, targets.iter().collect(), async |session: &Session, target: &Target| {
        let work = analyze_one(context, &shared, session, target, now);
        let done = shared.claimed(context, session, &Subject::from(&target.table), work).await;
        tally.settle(context, &target.table.relation.plain(), done);
    })
    .await;
}

async fn analyze_one(
    context: &Context,
    shared: &Shared,
    session: &Session,
    target: &Target,
    now: DateTime<Utc>,
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::default();
    let plans = plan_analyze(session, &target.table, now).await?.into_iter().collect();
    for consented in consent(plans, |_| Ok(false))? {
        outcome.steps.extend(shared.apply(context, session, &consented).await?.steps);
    }
    Ok(outcome)
}
