//! Partitioned tables, their keys, their partitions.
use std::collections::HashMap;

use anyhow::Context as _;
use tokio_postgres::Row;

use crate::pg::bound::PartitionBound;
use crate::pg::catalog::RelationKind;
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    Range,
    List,
    Hash,
}

/// A column of the partition key. `name` is absent where the key has an expression in this place.
#[derive(Clone, Debug)]
pub struct KeyColumn {
    pub name: Option<Ident>,
    /// As `format_type` prints it; of a domain, its base type.
    pub type_name: Option<String>,
    pub not_null: bool,
    /// Quoted and qualified; absent where the type has none.
    pub collation: Option<String>,
}

#[derive(Clone, Debug)]
pub struct PartitionedTable {
    pub oid: u32,
    pub relation: Relation,
    pub strategy: Strategy,
    /// The key as `PARTITION BY` would say it.
    pub key_definition: String,
    pub key: Vec<KeyColumn>,
    /// It is itself a partition of another table.
    pub is_partition: bool,
    pub temporary: bool,
    pub owner: String,
    /// The session's role may alter it.
    pub owned: bool,
    /// Foreign keys from it, and to it. With none of either, half of the lock questions do not arise.
    pub references_out: i64,
    pub references_in: i64,
    pub partitions: Vec<Partition>,
    /// Tables that pgtend has detached from it and has not dropped yet.
    pub stranded: Vec<Partition>,
}

#[derive(Clone, Debug)]
pub struct Partition {
    pub oid: u32,
    pub relation: Relation,
    pub kind: RelationKind,
    /// Absent once it is detached.
    pub bound: Option<PartitionBound>,
    /// The same as the server prints it.
    pub bound_text: Option<String>,
    pub detach_pending: bool,
    /// The planner's estimate; absent before the first ANALYZE.
    pub rows_estimate: Option<f64>,
    pub comment: Option<String>,
    /// An interrupted run has left its check on this default partition.
    pub window_check: bool,
}

/// Reads partitioned tables with all that belongs to them; `None` reads every one that is not the system's.
pub async fn partitioned_tables(
    session: &Session,
    oids: Option<&[u32]>,
) -> anyhow::Result<Vec<PartitionedTable>> {
    let rows = session
        .query(&query!("catalog/partitioned_tables.sql"), &[&oids])
        .await
        .map_err(ServerError::explained)
        .context("read the partitioned tables")?;
    let mut tables = rows.iter().map(table).collect::<anyhow::Result<Vec<_>>>()?;
    let parents: Vec<u32> = tables.iter().map(|table| table.oid).collect();
    let rows = session
        .query(&query!("catalog/partitions.sql"), &[&parents])
        .await
        .map_err(ServerError::explained)
        .context("read the partitions")?;
    let places: HashMap<u32, usize> = parents.iter().enumerate().map(|(place, oid)| (*oid, place)).collect();
    for row in &rows {
        let parent: u32 = row.try_get("parent")?;
        let Some(place) = places.get(&parent) else { continue };
        let partition = partition(row)?;
        let table = &mut tables[*place];
        if partition.bound.is_some() { &mut table.partitions } else { &mut table.stranded }.push(partition);
    }
    Ok(tables)
}

fn table(row: &Row) -> anyhow::Result<PartitionedTable> {
    let strategy = match row.try_get("strategy")? {
        "r" => Strategy::Range,
        "l" => Strategy::List,
        _ => Strategy::Hash,
    };
    let names: Vec<Option<String>> = row.try_get("columns")?;
    let types: Vec<Option<String>> = row.try_get("types")?;
    let not_null: Vec<bool> = row.try_get("not_null")?;
    let collations: Vec<Option<String>> = row.try_get("collations")?;
    let mut key = Vec::with_capacity(names.len());
    for (((name, type_name), not_null), collation) in
        names.into_iter().zip(types).zip(not_null).zip(collations)
    {
        let name = name.map(Ident::new).transpose()?;
        key.push(KeyColumn { name, type_name, not_null, collation });
    }
    Ok(PartitionedTable {
        oid: row.try_get("oid")?,
        relation: relation(row)?,
        strategy,
        key_definition: row.try_get("key")?,
        key,
        is_partition: row.try_get("is_partition")?,
        temporary: row.try_get::<_, &str>("persistence")? == "t",
        owner: row.try_get("owner")?,
        owned: row.try_get("owned")?,
        references_out: row.try_get("references_out")?,
        references_in: row.try_get("references_in")?,
        partitions: Vec::new(),
        stranded: Vec::new(),
    })
}

fn partition(row: &Row) -> anyhow::Result<Partition> {
    let bound: Option<&str> = row.try_get("bound")?;
    let rows: f64 = row.try_get("rows_estimate")?;
    Ok(Partition {
        oid: row.try_get("oid")?,
        relation: relation(row)?,
        kind: RelationKind::of(row.try_get("kind")?)?,
        bound: bound.map(PartitionBound::parse),
        bound_text: bound.map(str::to_owned),
        detach_pending: row.try_get("detach_pending")?,
        rows_estimate: (rows >= 0.0).then_some(rows),
        comment: row.try_get("comment")?,
        window_check: row.try_get("window_check")?,
    })
}

fn relation(row: &Row) -> anyhow::Result<Relation> {
    Relation::new(row.try_get::<_, String>("schema")?, row.try_get::<_, String>("name")?)
}

/// A name that a new table cannot have.
#[derive(Clone, Debug)]
pub struct Taken {
    pub name: String,
    /// Absent when only a type has the name.
    pub oid: Option<u32>,
}

pub async fn taken_names(session: &Session, schema: &Ident, names: &[String]) -> anyhow::Result<Vec<Taken>> {
    let rows = session
        .query(&query!("catalog/taken_names.sql"), &[&schema.raw(), &names])
        .await
        .map_err(ServerError::explained)
        .context("look for tables that have the new partitions' names")?;
    rows.iter().map(|row| Ok(Taken { name: row.try_get("name")?, oid: row.try_get("oid")? })).collect()
}

/// What keeps the tables from being dropped, in the server's words.
pub async fn dependents(session: &Session, oids: &[u32]) -> anyhow::Result<Vec<String>> {
    let rows = session
        .query(&query!("catalog/dependents.sql"), &[&oids])
        .await
        .map_err(ServerError::explained)
        .context("look for what depends on the partitions")?;
    let told = |row: &Row| -> anyhow::Result<String> {
        let (table, dependent): (String, String) = (row.try_get("table")?, row.try_get("dependent")?);
        Ok(format!("{dependent} depends on {table}"))
    };
    rows.iter().map(told).collect()
}

/// Whether the role may make tables in the schema. `None`: there is no such schema.
pub async fn may_create_in(session: &Session, schema: &Ident) -> anyhow::Result<Option<bool>> {
    let rows = session
        .query(&query!("catalog/may_create_in.sql"), &[&schema.raw()])
        .await
        .map_err(ServerError::explained)
        .context("look at the new partitions' schema")?;
    rows.first().map(|row| Ok(row.try_get("may_create")?)).transpose()
}

/// Bytes on disk of each relation, with indexes, TOAST and everything below it.
pub async fn sizes(session: &Session, oids: &[u32]) -> anyhow::Result<HashMap<u32, i64>> {
    let rows = session
        .query(&query!("catalog/sizes.sql"), &[&oids])
        .await
        .map_err(ServerError::explained)
        .context("read the sizes of the partitions")?;
    rows.iter().map(|row| Ok((row.try_get("oid")?, row.try_get("bytes")?))).collect()
}
