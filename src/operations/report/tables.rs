//! What the catalog and the statistics know of each table, rolled up to the partitioned one: the ground of several
//! reports.
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::operations::report::read::{Read, rows};
use crate::pg::session::Session;
use crate::query;

const LAST_READ_SINCE: u32 = 16;

#[derive(Clone, Debug, Deserialize)]
pub struct Table {
    pub oid: u32,
    pub table: String,
    pub partitioned: bool,
    pub parent_never_analyzed: bool,
    pub partitions: i64,
    pub rows_estimate: f64,
    /// The catalog's of the last vacuum or analyze, indexes and TOAST included.
    pub size_bytes: i64,
    pub live_rows: i64,
    pub dead_rows: i64,
    pub changed_since_analyze: i64,
    pub last_vacuum: Option<DateTime<Utc>>,
    pub last_analyze: Option<DateTime<Utc>>,
    pub last_read: Option<DateTime<Utc>>,
    pub never_analyzed: i64,
    pub freeze_age: i64,
    pub multixact_age: i64,
    /// Of autovacuum_freeze_max_age.
    pub freeze_pct: f64,
    /// Tables past the threshold at which autovacuum comes, and how far past it the worst one is.
    pub due: i64,
    pub due_pct: Option<f64>,
    pub autovacuum_off: i64,
}

/// Every table of a user's schema. `partitions`: each for itself.
pub async fn tables(session: &Session, partitions: bool) -> Read<Vec<Table>> {
    let query = if session.facts().version.major() >= LAST_READ_SINCE {
        query!("report/tables_16.sql")
    } else {
        query!("report/tables.sql")
    };
    rows(session, &query, &[&partitions]).await
}
