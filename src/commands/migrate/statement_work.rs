//! A statement of a file that pgtend has a better way for than to send it: an index concurrently, which is planned as
//! `pgtend index` does it, on partitioned tables too; a concurrent detach, which is brought to its end when interrupted.
use anyhow::Context as _;

use crate::commands::migrate::work::Work;
use crate::operations::index::{Survey, Wanted, plan_create, plan_drop, plan_rebuild_or_finish, same_as};
use crate::operations::migrate::{Alone, Kind, Part, on_path};
use crate::operations::partition::detach_recovery;
use crate::pg::catalog::{Found, TableName, find_index, find_relations, foreign_keys, is_partition_of};
use crate::pg::index_statement::{CreateIndex, IndexStatement};
use crate::pg::name::Relation;
use crate::plan::{Plan, Recover};

/// What there is to do for a statement.
pub enum StatementWork {
    /// It is sent as it stands.
    Send,
    /// An interrupted run has done it.
    Done,
    Index {
        table: u32,
        change: Change,
    },
    Detach {
        parent: Relation,
        recover: Box<Recover>,
    },
}

pub enum Change {
    Create(Box<CreateIndex>),
    Drop(u32),
    Rebuild(u32),
}

/// `may_be_done`: an interrupted run may have done the statement without recording it.
pub async fn statement_work(
    work: &Work<'_>,
    part: &Part,
    may_be_done: bool,
) -> anyhow::Result<StatementWork> {
    let alone = match &part.kind {
        Kind::Alone(Alone::Other) => return Ok(StatementWork::Send),
        Kind::Alone(Alone::Detach { parent, partition }) => {
            return detach_work(work, parent, partition, may_be_done).await;
        }
        Kind::Alone(alone) => alone,
        _ => return Ok(StatementWork::Send),
    };
    match (alone, IndexStatement::parse(&part.sql.text)) {
        (Alone::CreateIndex { .. }, Ok(IndexStatement::Create(create))) if !create.only => {
            let found = found(work, &create.table).await?.with_context(|| part.place.clone())?;
            Ok(StatementWork::Index { table: found.oid, change: Change::Create(Box::new(create)) })
        }
        (Alone::CreateIndex { .. }, Err(error)) => Err(error.context(part.place.clone())),
        (_, Ok(IndexStatement::Drop(named))) if named.names.len() == 1 => {
            match index_of(work, &named.names[0]).await? {
                Some((oid, table)) => Ok(StatementWork::Index { table, change: Change::Drop(oid) }),
                None if may_be_done => Ok(StatementWork::Done),
                None => Ok(StatementWork::Send),
            }
        }
        (_, Ok(IndexStatement::Reindex(named))) if named.names.len() == 1 => {
            match index_of(work, &named.names[0]).await? {
                Some((oid, table)) => Ok(StatementWork::Index { table, change: Change::Rebuild(oid) }),
                None => Ok(StatementWork::Send),
            }
        }
        _ => Ok(StatementWork::Send),
    }
}

pub async fn index_plan(work: &Work<'_>, mut survey: Survey, change: &Change) -> anyhow::Result<Plan> {
    survey.path.clone_from(&work.path);
    let of = |oid: u32| survey.index(oid).context("the index is gone");
    match change {
        Change::Create(create) => {
            let wanted =
                Wanted { name: create.name.clone(), definition: create.definition.clone(), typed: true };
            let same = same_as(work.session, &survey, &wanted.definition).await?;
            plan_create(&survey, &wanted, &same)
        }
        Change::Drop(oid) => plan_drop(&survey, of(*oid)?),
        Change::Rebuild(oid) => plan_rebuild_or_finish(work.session, &survey, of(*oid)?).await,
    }
}

async fn detach_work(
    work: &Work<'_>,
    parent: &TableName,
    partition: &TableName,
    may_be_done: bool,
) -> anyhow::Result<StatementWork> {
    // A name that nothing has is for the server to refuse, at its place.
    let (Ok(parent), Ok(partition)) = (found(work, parent).await?, found(work, partition).await?) else {
        return Ok(StatementWork::Send);
    };
    if is_partition_of(work.session, partition.oid, parent.oid).await? {
        let keys = foreign_keys(work.session, parent.oid).await?;
        let recover = detach_recovery(&parent.relation, &partition.relation, partition.oid, &keys);
        return Ok(StatementWork::Detach { parent: parent.relation, recover: Box::new(recover) });
    }
    Ok(if may_be_done { StatementWork::Done } else { StatementWork::Send })
}

/// What the name stands for on the file's search path.
async fn found(work: &Work<'_>, name: &TableName) -> anyhow::Result<anyhow::Result<Found>> {
    let found = find_relations(work.session, &[qualified(work, name).await?]).await?;
    found.into_iter().next().context("the server gave no answer")
}

/// The index and its table.
async fn index_of(work: &Work<'_>, name: &TableName) -> anyhow::Result<Option<(u32, u32)>> {
    let TableName { schema: Some(schema), name } = qualified(work, name).await? else { return Ok(None) };
    if on_path(work.session, &name, std::slice::from_ref(&schema)).await?.is_none() {
        return Ok(None);
    }
    let typed = Relation::new(schema, name)?.to_string();
    let (oid, _, table) = find_index(work.session, &typed).await?;
    Ok(Some((oid, table)))
}

/// With the schema in which the file's search path finds it.
async fn qualified(work: &Work<'_>, name: &TableName) -> anyhow::Result<TableName> {
    if name.schema.is_some() {
        return Ok(name.clone());
    }
    let path: Vec<String> = work.path.iter().map(|schema| schema.raw().to_owned()).collect();
    let schema = on_path(work.session, &name.name, &path).await?;
    Ok(TableName { schema, name: name.name.clone() })
}
