//! `pgtend index rebuild`
use std::collections::{BTreeSet, HashSet};

use anyhow::Context as _;
use clap::Args;

use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::index::ground::{apply, claimed, settled};
use crate::commands::work::{Shared, Tally};
use crate::failure::Exit;
use crate::operations::index::{Survey, invalid, plan_rebuild_or_finish, survey, survey_named};
use crate::pg::catalog::{TableName, find_index, indexes, partition_root};
use crate::pg::session::Session;

/// Rebuild an index, or all that are not valid, without stopping readers or writers
///
/// An index that serves is built anew beside the old one. One that is not valid is brought to its end or built anew,
/// and what an interrupted rebuild has left (_ccnew, _ccold) is taken away.
#[derive(Debug, Args)]
pub struct RebuildArgs {
    /// Index
    #[arg(value_name = "INDEX", required_unless_present = "invalid", conflicts_with = "invalid")]
    name: Option<String>,
    /// All indexes that are not valid
    #[arg(long)]
    invalid: bool,
    /// With --invalid, those of this table and its partitions
    #[arg(long, value_name = "TABLE", requires = "invalid")]
    table: Option<String>,
}

const SCHEMA: &str = "pgtend.index.rebuild/1";

impl RebuildArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        match &self.name {
            Some(name) => one(context, &session, name).await,
            None => all_invalid(context, &session, self.table.as_deref()).await,
        }
    }
}

async fn one(context: &Context, session: &Session, name: &str) -> anyhow::Result<Exit> {
    let (oid, relation, table) = find_index(session, name).await?;
    let (tally, shared) = (Tally::default(), Shared::new(context));
    if context.args.dry_run {
        let survey = survey(session, table).await?;
        let index = survey.index(oid).context("the index is gone")?;
        let plan = plan_rebuild_or_finish(session, &survey, index).await?;
        context.ui.plans(SCHEMA, &[plan], context.timeouts(session), &[])?;
        return Ok(Exit::Done);
    }
    let work = async {
        let survey = settled(context, &shared, session, table).await?;
        // Another run may have rebuilt it meanwhile, under another oid.
        let index = survey.indexes.iter().find(|index| index.relation == relation);
        let plan = plan_rebuild_or_finish(session, &survey, index.context("the index is gone")?).await?;
        apply(context, &shared, session, plan).await
    };
    tally.settle(context, &relation.plain(), claimed(context, &shared, session, table, work).await);
    tally.end(context, SCHEMA)
}

async fn all_invalid(context: &Context, session: &Session, table: Option<&str>) -> anyhow::Result<Exit> {
    let (tally, shared) = (Tally::default(), Shared::new(context));
    let mut plans = Vec::new();
    for root in roots(session, table).await? {
        let surveyed = survey(session, root).await?;
        let name = surveyed.tree.root().relation.plain();
        if context.args.dry_run {
            for index in invalid(&surveyed) {
                plans.push(plan_rebuild_or_finish(session, &surveyed, index).await?);
            }
            continue;
        }
        let work = heal(context, &shared, session, root);
        tally.settle(context, &name, claimed(context, &shared, session, root, work).await);
    }
    if context.args.dry_run {
        context.ui.plans(SCHEMA, &plans, context.timeouts(session), &[])?;
        return Ok(Exit::Done);
    }
    tally.end(context, SCHEMA)
}

/// The tables, partitioned ones as wholes, on which an index is not valid.
async fn roots(session: &Session, table: Option<&str>) -> anyhow::Result<BTreeSet<u32>> {
    if let Some(table) = table {
        let survey = survey_named(session, &TableName::parse(table)).await?;
        return Ok(BTreeSet::from([survey.tree.root().oid]));
    }
    let mut roots = BTreeSet::new();
    for index in indexes(session, None).await?.iter().filter(|index| !index.valid) {
        roots.insert(partition_root(session, index.table_oid).await?);
    }
    Ok(roots)
}

/// One index after the other: what is done for one may have settled others.
async fn heal(context: &Context, shared: &Shared, session: &Session, root: u32) -> anyhow::Result<Outcome> {
    let (mut outcome, mut tried) = (Outcome::default(), HashSet::new());
    loop {
        let survey: Survey = settled(context, shared, session, root).await?;
        let next = invalid(&survey).into_iter().find(|index| !tried.contains(&index.relation));
        let Some(index) = next else { return Ok(outcome) };
        tried.insert(index.relation.clone());
        let plan = plan_rebuild_or_finish(session, &survey, index).await?;
        outcome.steps.extend(apply(context, shared, session, plan).await?.steps);
    }
}
