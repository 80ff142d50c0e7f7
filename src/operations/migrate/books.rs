//! What the database says of a set: its history table, as refinery has it, and pgtend's own log of migrations.
use anyhow::Context as _;

use crate::ddl;
use crate::pg::name::{Literal, Relation};
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

/// The books of one set at one moment.
#[derive(Clone, Debug, Default)]
pub struct Books {
    pub has_history: bool,
    /// The versions are `integer`, as refinery makes them without wide versions.
    pub narrow: bool,
    pub has_schema: bool,
    pub has_log: bool,
    /// By version.
    pub applied: Vec<Applied>,
    /// The latest entry of each version, by version.
    pub log: Vec<LogEntry>,
}

/// A row of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub version: i64,
    pub name: String,
    pub applied_on: Option<String>,
    /// As it is written.
    pub checksum: String,
}

/// A row of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    pub version: i64,
    /// `running`, `ok`, `failed`, `interrupted`, `faked` or `repaired`
    pub status: String,
    /// Of the statements that are done, in their order.
    pub done_sha256: Vec<String>,
    pub statements: i64,
    pub duration_ms: Option<f64>,
    pub error: Option<String>,
}

impl LogEntry {
    /// Some of its statements are done and others are not.
    pub fn is_open(&self) -> bool {
        matches!(self.status.as_str(), "running" | "failed" | "interrupted")
    }
}

impl Books {
    pub fn applied(&self, version: i64) -> Option<&Applied> {
        let at = self.applied.binary_search_by_key(&version, |applied| applied.version).ok()?;
        self.applied.get(at)
    }

    pub fn entry(&self, version: i64) -> Option<&LogEntry> {
        let at = self.log.binary_search_by_key(&version, |entry| entry.version).ok()?;
        self.log.get(at)
    }
}

/// Reads the books; a table that is not there is empty.
///
/// # Errors
/// The server's; and when the history is no table of refinery's.
pub async fn read_books(session: &Session, history: &Relation, log: &Relation) -> anyhow::Result<Books> {
    let names = [history, log].map(|relation| (relation.schema.raw(), relation.name.raw()));
    let found = session
        .query(&query!("migrate/books.sql"), &[&names[0].0, &names[0].1, &names[1].0, &names[1].1])
        .await
        .map_err(ServerError::explained)?;
    let found = found.first().context("the server gave no row")?;
    let kind: Option<String> = found.try_get("version_type")?;
    let mut books = Books {
        has_history: kind.is_some(),
        narrow: kind.as_deref() == Some("integer"),
        has_schema: found.try_get("has_schema")?,
        has_log: found.try_get("has_log")?,
        ..Books::default()
    };
    if books.has_history {
        let rows = session.read(&ddl!("migrate/history.sql", history = *history)).await;
        let rows =
            rows.map_err(ServerError::explained).with_context(|| format!("read {}", history.plain()))?;
        books.applied = rows.into_iter().map(applied).collect::<anyhow::Result<_>>()?;
    }
    if books.has_log {
        let of = Literal(history.plain());
        let rows = session.read(&ddl!("migrate/log.sql", log = *log, history = of)).await;
        let rows = rows.map_err(ServerError::explained).with_context(|| format!("read {}", log.plain()))?;
        books.log = rows.into_iter().map(entry).collect::<anyhow::Result<_>>()?;
    }
    Ok(books)
}

fn applied(row: Vec<Option<String>>) -> anyhow::Result<Applied> {
    let [version, name, applied_on, checksum] = fields(row)?;
    Ok(Applied {
        version: version.context("a version is null")?.parse()?,
        name: name.unwrap_or_default(),
        applied_on,
        checksum: checksum.unwrap_or_default(),
    })
}

fn entry(row: Vec<Option<String>>) -> anyhow::Result<LogEntry> {
    let [version, status, done, statements, duration, error] = fields(row)?;
    Ok(LogEntry {
        version: version.context("a version is null")?.parse()?,
        status: status.unwrap_or_default(),
        done_sha256: done.unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
        statements: statements.unwrap_or_default().parse().unwrap_or_default(),
        duration_ms: duration.map(|duration| duration.parse()).transpose()?,
        error,
    })
}

fn fields<const N: usize>(row: Vec<Option<String>>) -> anyhow::Result<[Option<String>; N]> {
    <[Option<String>; N]>::try_from(row).ok().context("the server gave other columns than were asked for")
}
