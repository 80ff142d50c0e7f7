//! What a database has that a configuration could speak of. Reads only, and only the catalog.
use std::collections::HashMap;

use anyhow::Context as _;

use crate::operations::partition::{Policy, Timeline};
use crate::pg::catalog::{PartitionedTable, partitioned_tables};
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::{ddl, query};

#[derive(Debug)]
pub struct Survey {
    pub partitioned: Vec<Partitioned>,
    pub large: Vec<Large>,
    pub views: Vec<View>,
}

#[derive(Debug)]
pub struct Partitioned {
    pub relation: Relation,
    /// It is a shell, without a partition.
    pub is_empty: bool,
    /// Or why pgtend does not tend it.
    pub timeline: anyhow::Result<Timeline>,
    pub partman: Option<Partman>,
}

/// What pg_partman is told to do with a table.
#[derive(Clone, Debug)]
pub struct Partman {
    pub premake: u32,
    /// As an interval is written; absent: nothing is dropped.
    pub retention: Option<String>,
    /// Old partitions stay as tables of their own.
    pub keeps_table: bool,
}

/// An ordinary table that could be partitioned.
#[derive(Debug)]
pub struct Large {
    pub relation: Relation,
    pub column: String,
    pub rows_estimate: f64,
    pub bytes: i64,
    /// From -1 to 1: how far the column follows the order of the rows. Absent before the first ANALYZE.
    pub correlation: Option<f64>,
}

#[derive(Debug)]
pub struct View {
    pub relation: Relation,
    /// It has the unique index that a refresh beside readers needs.
    pub has_key: bool,
}

/// `large`: rows from which on an ordinary table is looked at.
pub async fn survey(session: &Session, large: i64) -> anyhow::Result<Survey> {
    let mut partman = partman(session).await?;
    let tables = partitioned_tables(session, None).await?.into_iter();
    // Below another partitioned table it is tended with that one.
    let partitioned = tables
        .filter(|table| !table.is_partition)
        .map(|table| {
            let (relation, is_empty) = (table.relation.clone(), table.partitions.is_empty());
            Partitioned { partman: partman.remove(&relation), timeline: timeline(table), relation, is_empty }
        })
        .collect();
    Ok(Survey { partitioned, large: large_tables(session, large).await?, views: views(session).await? })
}

fn timeline(table: PartitionedTable) -> anyhow::Result<Timeline> {
    Timeline::read(table, &Policy::default())
}

async fn large_tables(session: &Session, rows: i64) -> anyhow::Result<Vec<Large>> {
    let found = session.query(&query!("init/large_tables.sql"), &[&rows]).await;
    let found = found.map_err(ServerError::explained).context("look for large tables")?;
    found
        .iter()
        .map(|row| {
            Ok(Large {
                relation: Relation::new(
                    row.try_get::<_, String>("schema")?,
                    row.try_get::<_, String>("name")?,
                )?,
                column: row.try_get("column")?,
                rows_estimate: row.try_get("rows_estimate")?,
                bytes: row.try_get("bytes")?,
                correlation: row.try_get("correlation")?,
            })
        })
        .collect()
}

async fn views(session: &Session) -> anyhow::Result<Vec<View>> {
    let found = session.query(&query!("init/materialized_views.sql"), &[]).await;
    let found = found.map_err(ServerError::explained).context("look for materialized views")?;
    found
        .iter()
        .map(|row| {
            Ok(View {
                relation: Relation::new(
                    row.try_get::<_, String>("schema")?,
                    row.try_get::<_, String>("name")?,
                )?,
                has_key: row.try_get("has_key")?,
            })
        })
        .collect()
}

/// What pg_partman is told to do, by table. Empty where it is not installed.
async fn partman(session: &Session) -> anyhow::Result<HashMap<Relation, Partman>> {
    let place = session.query(&query!("init/partman_table.sql"), &[]).await;
    let place = place.map_err(ServerError::explained).context("look for pg_partman's configuration")?;
    let Some(place) = place.first() else { return Ok(HashMap::new()) };
    let table = Relation::new(place.try_get::<_, String>("schema")?, "part_config")?;
    let told = session.read(&ddl!("init/partman_tables.sql", table = table)).await;
    let told = told.map_err(ServerError::explained).context("read pg_partman's configuration")?;
    let known = told.into_iter().filter_map(|row| {
        let [schema, name, premake, retention, keeps] = <[Option<String>; 5]>::try_from(row).ok()?;
        let told = Partman {
            premake: premake?.parse().ok()?,
            retention,
            keeps_table: keeps.is_none_or(|keeps| keeps == "true"),
        };
        Some((Relation::new(schema?, name?).ok()?, told))
    });
    Ok(known.collect())
}
