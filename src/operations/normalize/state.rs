//! The books of a mapping: how far an earlier run has come, and what it has taken off the target.
use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::binding::rows;
use super::counts::Counts;
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::sql::Query;
use crate::pg::state::ServerError;
use crate::query;

/// What the books say of one mapping.
#[derive(Clone, Debug)]
pub struct Backfill {
    pub name: String,
    pub source: String,
    pub target: String,
    pub mapping: String,
    pub strategy: Strategy,
    pub phase: Phase,
    pub restore: Vec<Definition>,
    pub high_water: Option<String>,
    pub reached: Option<String>,
    pub counts: Counts,
    pub load_ms: i64,
    pub switched: Option<String>,
    pub idle_ms: i64,
    pub verified_ms: Option<i64>,
    pub verified_clean: Option<bool>,
    pub rejects_open: i64,
    pub rejects: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// The target is empty and becomes its indexes and keys after the load.
    Bulk,
    /// The target keeps what it has.
    Merge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Rows are copied; keys of changed rows are noted.
    Load,
    /// Indexes and unique constraints are made.
    Restore,
    /// Noted keys are worked off, foreign keys are made.
    Drain,
    /// Rows are in step at once; transactions from before that are waited for.
    Settle,
    /// Rows are in step at once.
    Direct,
    /// Nothing is kept in step any more: the application writes the rows itself.
    Moved,
}

impl Phase {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Restore => "restore",
            Self::Drain => "drain",
            Self::Settle => "settle",
            Self::Direct => "direct",
            Self::Moved => "moved",
        }
    }
}

impl Strategy {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bulk => "bulk",
            Self::Merge => "merge",
        }
    }
}

/// An index or constraint of the target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    pub kind: Kind,
    pub name: String,
    /// As the server renders it: of a constraint what follows its name, of an index the whole statement.
    pub definition: String,
    /// The table that a foreign key refers to.
    pub referenced: Option<(String, String)>,
    pub columns: Vec<String>,
    pub referenced_columns: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Constraint,
    Index,
    ForeignKey,
}

impl Definition {
    pub fn referenced(&self) -> anyhow::Result<Option<Relation>> {
        self.referenced.as_ref().map(|(schema, name)| Relation::new(schema, name)).transpose()
    }
}

/// The books of one mapping, or of all. Empty where there are no books.
pub async fn backfills(
    session: &Session,
    books: &Ident,
    name: Option<&str>,
) -> anyhow::Result<Vec<Backfill>> {
    if !books_exist(session, books).await? {
        return Ok(Vec::new());
    }
    let rows = rows(session, &query!("normalize/books.sql"), &[&name]).await.context("read the books")?;
    rows.iter()
        .map(|row| {
            let word = |name: &str| serde_json::Value::from(row.get::<_, String>(name));
            Ok(Backfill {
                name: row.try_get("name")?,
                source: row.try_get("source")?,
                target: row.try_get("target")?,
                mapping: row.try_get("mapping")?,
                strategy: serde_json::from_value(word("strategy"))?,
                phase: serde_json::from_value(word("phase"))?,
                restore: serde_json::from_str(row.try_get("restore")?)?,
                high_water: row.try_get("high_water")?,
                reached: row.try_get("reached")?,
                counts: serde_json::from_str(row.try_get("counts")?)?,
                load_ms: row.try_get("load_ms")?,
                switched: row.try_get("switched")?,
                idle_ms: row.try_get("idle_ms")?,
                verified_ms: row.try_get("verified_ms")?,
                verified_clean: row.try_get("verified_clean")?,
                rejects_open: row.try_get("rejects_open")?,
                rejects: row.try_get("rejects")?,
            })
        })
        .collect()
}

/// An element without a row, as the books have it.
#[derive(Clone, Debug, Serialize)]
pub struct RejectRow {
    pub name: String,
    pub source_key: String,
    pub path: String,
    pub element: Option<String>,
    pub reason: String,
    pub detail: Option<String>,
    pub noticed: String,
    pub acknowledged: bool,
}

/// The rejects of a mapping, or of all; `all` with those that were acknowledged.
pub async fn rejects(
    session: &Session,
    books: &Ident,
    name: Option<&str>,
    all: bool,
) -> anyhow::Result<Vec<RejectRow>> {
    if !books_exist(session, books).await? {
        return Ok(Vec::new());
    }
    let rows = rows(session, &query!("normalize/rejects.sql"), &[&name, &all]).await?;
    rows.iter()
        .map(|row| {
            Ok(RejectRow {
                name: row.try_get("name")?,
                source_key: row.try_get("source_key")?,
                path: row.try_get("path")?,
                element: row.try_get("element")?,
                reason: row.try_get("reason")?,
                detail: row.try_get("detail")?,
                noticed: row.try_get("noticed")?,
                acknowledged: row.try_get("acknowledged")?,
            })
        })
        .collect()
}

/// Marks the open rejects of a mapping as seen; how many there were.
pub async fn acknowledge(session: &Session, name: &str, reason: Option<&str>) -> anyhow::Result<u64> {
    let acknowledge = query!("normalize/acknowledge.sql");
    session.write(&acknowledge, &[&name, &reason]).await.map_err(ServerError::explained)
}

pub async fn books_exist(session: &Session, books: &Ident) -> anyhow::Result<bool> {
    let found = rows(session, &query!("normalize/books_exist.sql"), &[&books.raw()]).await?;
    Ok(found.first().is_some_and(|row| row.get("present")))
}

/// The indexes, unique constraints and foreign keys of a table, in the order to make them in.
pub async fn definitions(session: &Session, table: u32) -> anyhow::Result<Vec<Definition>> {
    let rows = rows(session, &query!("normalize/definitions.sql"), &[&table]).await?;
    rows.iter()
        .map(|row| {
            let (schema, name): (Option<String>, Option<String>) =
                (row.try_get("referenced_schema")?, row.try_get("referenced_name")?);
            Ok(Definition {
                kind: match row.try_get("kind")? {
                    "constraint" => Kind::Constraint,
                    "index" => Kind::Index,
                    _ => Kind::ForeignKey,
                },
                name: row.try_get("name")?,
                definition: row.try_get("definition")?,
                referenced: schema.zip(name),
                columns: row.try_get::<_, Option<Vec<String>>>("columns")?.unwrap_or_default(),
                referenced_columns: row
                    .try_get::<_, Option<Vec<String>>>("referenced_columns")?
                    .unwrap_or_default(),
            })
        })
        .collect()
}

/// Those of the foreign keys that hold for new rows only.
pub async fn unproved(
    session: &Session,
    table: u32,
    definitions: &[Definition],
) -> anyhow::Result<Vec<Definition>> {
    let names = names_in(session, &query!("normalize/unproved.sql"), table).await?;
    Ok(definitions.iter().filter(|definition| names.contains(&definition.name)).cloned().collect())
}

async fn names_in(session: &Session, query: &Query, table: u32) -> anyhow::Result<Vec<String>> {
    rows(session, query, &[&table]).await?.iter().map(|row| Ok(row.try_get("name")?)).collect()
}

/// Those of the definitions that the table has not.
pub async fn missing(
    session: &Session,
    table: u32,
    definitions: &[Definition],
) -> anyhow::Result<Vec<Definition>> {
    let there = names_in(session, &query!("normalize/constraint_names.sql"), table).await?;
    Ok(definitions.iter().filter(|definition| !there.contains(&definition.name)).cloned().collect())
}
