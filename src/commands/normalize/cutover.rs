//! `pgtend normalize cutover`
use anyhow::{anyhow, ensure};
use clap::Args;

use crate::commands::context::Context;
use crate::commands::normalize::end::{apply_all, over};
use crate::commands::normalize::targets::{begin, find, in_step, mappings};
use crate::commands::normalize::verify::verify;
use crate::failure::{Exit, Explain as _};
use crate::operations::normalize::{Backfill, Phase, plan_drop_column, plan_end};

/// Stop keeping rows in step, when the application writes the rows itself
///
/// Before that, the rows are verified: they must be what the JSON column says, and the rejects acknowledged. The JSON
/// column stays, unless --drop-column says otherwise.
#[derive(Debug, Args)]
pub struct CutoverArgs {
    /// Mapping
    #[arg(value_name = "NAME")]
    name: String,
    /// The application writes the rows, and no longer the JSON column
    #[arg(long)]
    writers_moved: bool,
    /// Drop the JSON column, in a run of its own after the cutover; name it as TABLE.COLUMN
    #[arg(long, value_name = "TABLE.COLUMN", conflicts_with = "writers_moved")]
    drop_column: Option<String>,
}

const SCHEMA: &str = "pgtend.normalize.cutover/1";
/// A verification that is older than this says little of today.
const RECENT_MS: i64 = 7 * 24 * 3600 * 1000;

impl CutoverArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let (session, schema) = begin(context).await?;
        let named = [self.name.clone()];
        let mapping = mappings(context, &named)?.remove(0);
        let target = find(&session, &schema, &mapping).await?;
        let state = target.begun()?;
        if let Some(column) = &self.drop_column {
            let binding = &target.binding;
            ready_to_drop(state)?;
            let spelled = format!("{}.{}", binding.mapping.source, binding.mapping.column);
            ensure_spelled(column, &spelled)?;
            return apply_all(context, &session, &over(binding), vec![plan_drop_column(binding)], SCHEMA)
                .await;
        }
        if state.phase == Phase::Moved {
            context.ui.status("nothing to do: it is cut over");
            return Ok(Exit::Done);
        }
        if !self.writers_moved {
            let error = anyhow!("`{}` is kept in step until nobody writes the JSON column", self.name);
            return Err(error
                .exit(Exit::Usage)
                .hint("when the application writes the rows: --writers-moved"));
        }
        ready(state)?;
        if !verify(context, &session, &target, !context.args.dry_run).await?.clean {
            let error = anyhow!("the rows are not what the JSON column says").exit(Exit::Found);
            return Err(error.hint(format!("pgtend normalize verify {}", self.name)));
        }
        let plan = plan_end(&target.binding, &target.names, true);
        apply_all(context, &session, &over(&target.binding), vec![plan], SCHEMA).await
    }
}

fn ready(state: &Backfill) -> anyhow::Result<()> {
    in_step(state, Exit::Found)?;
    no_open_rejects(state)
}

fn no_open_rejects(state: &Backfill) -> anyhow::Result<()> {
    if state.rejects_open > 0 {
        let error = anyhow!("{} elements have no row and were not acknowledged", state.rejects_open);
        return Err(error.exit(Exit::Found).hint(format!(
            "pgtend normalize rejects list {name}; then repair them, or pgtend normalize rejects ack {name}",
            name = state.name
        )));
    }
    Ok(())
}

fn ready_to_drop(state: &Backfill) -> anyhow::Result<()> {
    if state.phase != Phase::Moved {
        let error = anyhow!("mapping `{}` is not cut over", state.name).exit(Exit::Found);
        return Err(error.hint(format!("pgtend normalize cutover {} --writers-moved", state.name)));
    }
    let recent = state.verified_ms.is_some_and(|ago| ago < RECENT_MS);
    if state.verified_clean != Some(true) || !recent {
        let error = anyhow!("the last verification is not clean, or more than a week old").exit(Exit::Found);
        return Err(error.hint("the column can still be dropped by hand"));
    }
    no_open_rejects(state)
}

fn ensure_spelled(typed: &str, spelled: &str) -> anyhow::Result<()> {
    let same = || -> anyhow::Result<()> {
        ensure!(typed == spelled, "--drop-column says `{typed}`, and the column is `{spelled}`");
        Ok(())
    };
    same().exit(Exit::Usage)
}
