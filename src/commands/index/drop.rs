//! `pgtend index drop`
use anyhow::Context as _;
use clap::Args;

use crate::commands::context::Context;
use crate::commands::index::ground::{apply, claimed, settled};
use crate::commands::work::{Shared, Tally};
use crate::failure::{Exit, cause};
use crate::operations::index::{Survey, plan_drop, survey};
use crate::pg::catalog::{NoIndex, find_index};
use crate::plan::Plan;

/// Drop an index without stopping readers or writers
///
/// On a partitioned table PostgreSQL has no way to do so concurrently: the table and its partitions are locked for an
/// instant, under the lock timeout.
#[derive(Debug, Args)]
pub struct DropArgs {
    /// Index
    #[arg(value_name = "INDEX")]
    name: String,
    /// An index that is not there is nothing to do
    #[arg(long)]
    if_exists: bool,
}

const SCHEMA: &str = "pgtend.index.drop/1";

impl DropArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let (oid, relation, table) = match find_index(&session, &self.name).await {
            Err(error) if self.if_exists && cause::<NoIndex>(&error).is_some() => {
                context.ui.status(&format!("{error}: nothing to do"));
                return Tally::default().end(context, SCHEMA);
            }
            found => found?,
        };
        if context.args.dry_run {
            let plan = plan(&survey(&session, table).await?, oid)?;
            context.ui.plans(SCHEMA, &[plan], context.timeouts(&session), &[])?;
            return Ok(Exit::Done);
        }
        let (tally, shared, name) = (Tally::default(), Shared::new(context), relation.plain());
        let work = async {
            let survey = settled(context, &shared, &session, table).await?;
            apply(context, &shared, &session, plan(&survey, oid)?).await
        };
        tally.settle(context, &name, claimed(context, &shared, &session, table, work).await);
        tally.end(context, SCHEMA)
    }
}

fn plan(survey: &Survey, oid: u32) -> anyhow::Result<Plan> {
    plan_drop(survey, survey.index(oid).context("the index is gone")?)
}
