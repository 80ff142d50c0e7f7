//! What the changing verbs share: the table as the only run on it, surveyed when nobody else builds an index there.
use std::time::{Duration, Instant};

use anyhow::anyhow;

use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::work::{Shared, Subject};
use crate::failure::{Exit, Explain as _};
use crate::operations::index::{Survey, survey};
use crate::pg::catalog::{partition_root, table_tree};
use crate::pg::session::Session;
use crate::plan::{Plan, consent};

const POLL: Duration = Duration::from_millis(200);

/// Does the work as the only run on the table, and on the partitioned table that it belongs to.
pub async fn claimed<T>(
    context: &Context,
    shared: &Shared,
    session: &Session,
    table: u32,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let tree = table_tree(session, partition_root(session, table).await?).await?;
    let root = tree.root();
    let subject = Subject { relation: &root.relation, oid: root.oid, linked: false };
    shared.claimed(context, session, &subject, work).await
}

/// The table as it is when no other session builds an index on it: a run that was killed may still be building, and
/// what it will leave is not known before.
pub async fn settled(
    context: &Context,
    shared: &Shared,
    session: &Session,
    table: u32,
) -> anyhow::Result<Survey> {
    let mut told = false;
    loop {
        let began = Instant::now();
        let survey = survey(session, table).await?;
        if survey.building.is_empty() {
            return Ok(survey);
        }
        let name = survey.tree.root().relation.plain();
        let builders: Vec<String> = survey.building.iter().map(ToString::to_string).collect();
        if shared.budget.is_spent() {
            return Err(anyhow!("another session builds an index on {name}")
                .exit(Exit::Busy)
                .detail(builders.join("\n"))
                .hint("run the same command again later, or give it more time with --lock-budget"));
        }
        if !told {
            let builders = builders.join("\n  ");
            context.ui.status(&format!("{name}: waits for another session's index\n  {builders}"));
            told = true;
        }
        context.stop.sleep(POLL).await?;
        shared.budget.spend(began.elapsed());
    }
}

/// Applies a plan that destroys nothing, or what was agreed to with `--yes` or by an answer.
pub async fn apply(
    context: &Context,
    shared: &Shared,
    session: &Session,
    plan: Plan,
) -> anyhow::Result<Outcome> {
    for note in &plan.notes {
        context.ui.status(&format!("{}: {note}", plan.target.plain()));
    }
    let mut outcome = Outcome::default();
    if plan.is_empty() {
        return Ok(outcome);
    }
    for consented in &consent(vec![plan], |losses| context.ui.consent_to(losses, context.args.yes))? {
        outcome.steps.extend(shared.apply(context, session, consented).await?.steps);
    }
    Ok(outcome)
}
