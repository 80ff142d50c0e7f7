//! `pgtend normalize rejects retry`
use anyhow::ensure;
use clap::Args;

use crate::apply::Target as Claim;
use crate::commands::context::Context;
use crate::commands::normalize::phases::{Member, Phases};
use crate::commands::normalize::targets::{Target, begin, find_any, in_step, mappings};
use crate::commands::work::{Shared, Tally};
use crate::failure::{Exit, Explain as _};
use crate::operations::normalize::{Backfill, plan_retry};

/// Read the rejected documents once more, by the mapping as it is configured now
///
/// For when the mapping has learnt to read them, or when a row that a foreign key wanted is there by now. A document that
/// the application repairs needs none: its row is in step at once.
#[derive(Debug, Args)]
pub struct RetryArgs {
    /// Mapping
    #[arg(value_name = "NAME")]
    name: String,
    /// Only those with this reason
    #[arg(long, value_name = "REASON")]
    reason: Option<String>,
}

const SCHEMA: &str = "pgtend.normalize.retry/1";

impl RetryArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let (session, schema) = begin(context).await?;
        let named = [self.name.clone()];
        let target = find_any(&session, &schema, &mappings(context, &named)?.remove(0)).await?;
        let before = retryable(&target)?.clone();
        let plan = plan_retry(&target.binding, &target.names, self.reason.as_deref())?;
        let (shared, tally) = (Shared::new(context), Tally::default());
        if context.args.dry_run {
            return tally.show(context, &session, SCHEMA, &[plan]);
        }
        let phases = Phases {
            context,
            shared: &shared,
            tally: &tally,
            schema: &schema,
            pace: None,
            server_side: false,
        };
        let member = Member::new(session, target);
        let binding = &member.target.binding;
        let claim =
            Claim::claim(&member.session, &binding.target, binding.target_oid, &shared.budget, &context.stop);
        let claim = claim.await?;
        match phases.again(&member, plan).await {
            Ok(after) => {
                tally.finish(&self.name, &member.outcome.borrow());
                context.ui.status(&format!("{} rejects before, {} now", before.rejects, after.rejects));
            }
            Err(error) => tally.fail(context, &self.name, &error),
        }
        claim.release().await?;
        tally.end(context, SCHEMA)
    }
}

/// What the books say of a mapping that is in step.
fn retryable(target: &Target) -> anyhow::Result<&Backfill> {
    let name = &target.binding.mapping.name;
    let state = target.begun()?;
    in_step(state, Exit::Usage)?;
    let same = state.source == target.binding.source.plain() && state.target == target.binding.target.plain();
    let check = || -> anyhow::Result<()> {
        ensure!(same, "mapping `{name}` was begun for {} into {}", state.source, state.target);
        Ok(())
    };
    check().exit(Exit::Usage)?;
    Ok(state)
}
