//! Asks the database about the tables and functions that files name, all at once.
use std::collections::{BTreeMap, HashMap};

use anyhow::Context as _;

use super::catalog::{Catalog, Function, Table};
use super::file::File;
use super::statement::{calls_in, names_in};
use crate::pg::catalog::TableName;
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

/// `path`: the schemas in which names without one are looked up, in order.
///
/// # Errors
/// When the catalog cannot be read.
pub async fn survey(session: &Session, path: &[String], files: &[File]) -> anyhow::Result<Catalog> {
    let acts = || files.iter().flat_map(|file| file.items.iter().map(|item| &item.act));
    let tables: BTreeMap<String, TableName> =
        acts().flat_map(names_in).map(|name| (name.to_string(), name)).collect();
    let functions: BTreeMap<String, TableName> =
        acts().flat_map(calls_in).map(|name| (name.to_string(), name)).collect();
    Ok(Catalog {
        version: session.facts().version,
        tables: read_tables(session, path, &tables).await.context("read the tables that the files name")?,
        functions: read_functions(session, path, &functions)
            .await
            .context("read the functions that the files name")?,
    })
}

async fn read_tables(
    session: &Session,
    path: &[String],
    names: &BTreeMap<String, TableName>,
) -> anyhow::Result<HashMap<String, Table>> {
    let schemas: Vec<Option<&str>> = names.values().map(|name| name.schema.as_deref()).collect();
    let plain: Vec<&str> = names.values().map(|name| name.name.as_str()).collect();
    let rows = session.query(&query!("lint/tables.sql"), &[&schemas, &plain, &path]).await;
    let keys: Vec<&String> = names.keys().collect();
    let mut found = HashMap::new();
    for row in &rows.map_err(ServerError::explained)? {
        let number = usize::try_from(row.try_get::<_, i64>("number")?)?;
        let table = serde_json::from_value(row.try_get("facts")?)?;
        found.insert(keys[number - 1].clone(), table);
    }
    Ok(found)
}

async fn read_functions(
    session: &Session,
    path: &[String],
    names: &BTreeMap<String, TableName>,
) -> anyhow::Result<HashMap<String, Function>> {
    let schemas: Vec<Option<&str>> = names.values().map(|name| name.schema.as_deref()).collect();
    let plain: Vec<&str> = names.values().map(|name| name.name.as_str()).collect();
    let rows = session.query(&query!("lint/functions.sql"), &[&schemas, &plain, &path]).await;
    let keys: Vec<&String> = names.keys().collect();
    let mut found = HashMap::new();
    for row in &rows.map_err(ServerError::explained)? {
        let number = usize::try_from(row.try_get::<_, i64>("number")?)?;
        let function = Function { outside: row.try_get("outside")?, volatile: row.try_get("volatile")? };
        found.insert(keys[number - 1].clone(), function);
    }
    Ok(found)
}
