//! What tells whether an index is needed: since when uses are counted, and the foreign keys that want one.
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

#[derive(Clone, Debug, Deserialize)]
pub struct IndexUse {
    /// Uses are counted since then.
    pub since: Option<DateTime<Utc>>,
    pub standby: bool,
    /// Servers that replicate from this one; they count for themselves.
    pub standbys: i64,
    /// The role sees what sessions of other roles are building.
    pub sees_others: bool,
}

#[derive(Clone, Debug)]
pub struct ForeignKeyColumns {
    pub name: String,
    pub table_oid: u32,
    pub table: Relation,
    pub partitioned: bool,
    pub columns: Vec<Ident>,
    pub referenced: Relation,
    /// The planner's estimate; absent before the first ANALYZE.
    pub rows: Option<f64>,
}

#[derive(Deserialize)]
struct Read {
    name: String,
    table_oid: u32,
    schema: String,
    table: String,
    partitioned: bool,
    columns: Vec<String>,
    referenced_schema: String,
    referenced: String,
    rows: Option<f64>,
}

pub async fn index_use(session: &Session) -> anyhow::Result<IndexUse> {
    let rows = session
        .query(&query!("catalog/index_use.sql"), &[])
        .await
        .map_err(ServerError::explained)
        .context("read since when uses are counted")?;
    let row = rows.first().context("the server gave no row")?;
    Ok(serde_json::from_value(row.try_get::<_, Value>("facts")?)?)
}

/// The foreign keys of some tables to others; `None` reads all that are not the system's.
pub async fn foreign_key_columns(
    session: &Session,
    tables: Option<&[u32]>,
) -> anyhow::Result<Vec<ForeignKeyColumns>> {
    let rows = session
        .query(&query!("catalog/foreign_key_columns.sql"), &[&tables])
        .await
        .map_err(ServerError::explained)
        .context("read the foreign keys")?;
    let read = |value: Value| -> anyhow::Result<ForeignKeyColumns> {
        let read: Read = serde_json::from_value(value)?;
        Ok(ForeignKeyColumns {
            name: read.name,
            table_oid: read.table_oid,
            table: Relation::new(read.schema, read.table)?,
            partitioned: read.partitioned,
            columns: read.columns.into_iter().map(Ident::new).collect::<anyhow::Result<_>>()?,
            referenced: Relation::new(read.referenced_schema, read.referenced)?,
            rows: read.rows,
        })
    };
    rows.iter().map(|row| read(row.try_get("key")?)).collect()
}
