//! Indexes that the statements of a file build or drop concurrently, as the catalog has them before: what an earlier
//! attempt has left is recognised by name and table.
use std::collections::HashMap;

use crate::operations::migrate::file::Parsed;
use crate::operations::migrate::statement::{Alone, Kind};
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

/// By the number of the statement.
#[derive(Clone, Debug, Default)]
pub struct Indexes(pub HashMap<usize, IndexEvidence>);

#[derive(Clone, Debug)]
pub struct IndexEvidence {
    /// Where it is, or will be.
    pub relation: Relation,
    /// The table that it is on; none when it is not there yet.
    pub table: Option<Relation>,
    pub oid: Option<u32>,
    pub valid: bool,
}

/// # Errors
/// The server's.
pub async fn survey_indexes(session: &Session, path: &[Ident], parsed: &Parsed) -> anyhow::Result<Indexes> {
    let (mut numbers, mut schemas, mut tables, mut names) = (vec![], vec![], vec![], vec![]);
    for (number, part) in parsed.statements.iter().enumerate() {
        let (schema, table, name) = match &part.kind {
            Kind::Alone(Alone::CreateIndex { name: Some(name), schema, table }) => {
                (schema, Some(table), name)
            }
            Kind::Alone(Alone::DropIndex { schema, name }) => (schema, None, name),
            _ => continue,
        };
        numbers.push(number);
        schemas.push(schema.clone());
        tables.push(table.cloned());
        names.push(name.clone());
    }
    if numbers.is_empty() {
        return Ok(Indexes::default());
    }
    let path: Vec<&str> = path.iter().map(Ident::raw).collect();
    let rows = session
        .query(&query!("migrate/indexes.sql"), &[&schemas, &tables, &names, &path])
        .await
        .map_err(ServerError::explained)?;
    let mut found = HashMap::new();
    for row in rows {
        let number: i64 = row.try_get("number")?;
        let at = usize::try_from(number)?.saturating_sub(1);
        let (schema, table): (Option<String>, Option<String>) =
            (row.try_get("schema")?, row.try_get("table")?);
        let (Some(schema), Some(number)) = (schema, numbers.get(at)) else { continue };
        let evidence = IndexEvidence {
            relation: Relation::new(&schema, &names[at])?,
            table: table.map(|table| Relation::new(&schema, table)).transpose()?,
            oid: row.try_get("oid")?,
            valid: row.try_get::<_, Option<bool>>("valid")?.unwrap_or(false),
        };
        found.insert(*number, evidence);
    }
    Ok(Indexes(found))
}
