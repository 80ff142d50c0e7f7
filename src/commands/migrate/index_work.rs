//! A statement of a file that builds, drops or rebuilds an index concurrently: found on the file's search path, and
//! planned as `pgtend index` does it, on partitioned tables too.
use anyhow::Context as _;

use crate::commands::migrate::work::Work;
use crate::operations::index::{Survey, Wanted, plan_create, plan_drop, plan_rebuild_or_finish, same_as};
use crate::operations::migrate::{Alone, Kind, Part, on_path};
use crate::pg::catalog::{TableName, find_index, find_relations};
use crate::pg::index_statement::{CreateIndex, IndexStatement};
use crate::pg::name::Relation;
use crate::plan::Plan;

/// What there is to do for a statement.
pub enum IndexWork {
    /// It is no work on an index, or none that can be planned: it runs as it stands.
    None,
    /// An interrupted run has done it.
    Done,
    On {
        table: u32,
        change: Change,
    },
}

pub enum Change {
    Create(Box<CreateIndex>),
    Drop(u32),
    Rebuild(u32),
}

pub async fn index_work(work: &Work<'_>, part: &Part, may_be_done: bool) -> anyhow::Result<IndexWork> {
    let alone = match &part.kind {
        Kind::Alone(Alone::Other) => return Ok(IndexWork::None),
        Kind::Alone(alone) => alone,
        _ => return Ok(IndexWork::None),
    };
    match (alone, IndexStatement::parse(&part.sql.text)) {
        (Alone::CreateIndex { .. }, Ok(IndexStatement::Create(create))) if !create.only => {
            let table = qualified(work, &create.table).await?;
            let found = find_relations(work.session, &[table]).await?;
            let found = found.into_iter().next().context("no answer")?.with_context(|| part.place.clone())?;
            Ok(IndexWork::On { table: found.oid, change: Change::Create(Box::new(create)) })
        }
        (Alone::CreateIndex { .. }, Err(error)) => Err(error.context(part.place.clone())),
        (_, Ok(IndexStatement::Drop(named))) if named.names.len() == 1 => {
            match index_of(work, &named.names[0]).await? {
                Some((oid, table)) => Ok(IndexWork::On { table, change: Change::Drop(oid) }),
                None if may_be_done => Ok(IndexWork::Done),
                None => Ok(IndexWork::None),
            }
        }
        (_, Ok(IndexStatement::Reindex(named))) if named.names.len() == 1 => {
            match index_of(work, &named.names[0]).await? {
                Some((oid, table)) => Ok(IndexWork::On { table, change: Change::Rebuild(oid) }),
                None => Ok(IndexWork::None),
            }
        }
        _ => Ok(IndexWork::None),
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
