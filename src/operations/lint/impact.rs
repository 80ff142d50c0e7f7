//! How long others would wait: from the size of a table and what the statement does with it. An order of magnitude,
//! measured on a machine with two cores and the table in memory; never a promise.
use serde::Serialize;

use super::catalog::Table;
use super::rule::{Rule, Waits, Work};

/// What the database says of a finding's table, and what follows from it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Impact {
    pub table: String,
    /// Who stands still.
    pub waits: Waits,
    /// For how long, beyond the wait for the lock; null where no size tells.
    pub estimate_ms: Option<f64>,
    pub rows_estimate: Option<f64>,
    pub size_bytes: i64,
    pub writes_per_second: Option<f64>,
}

/// Shorter than this is no danger: it is below the usual lock timeout.
pub const SHORT_MS: f64 = 100.0;

const SCAN_BYTES_PER_MS: f64 = 800_000.0;
const SCAN_ROWS_PER_MS: f64 = 5_000.0;
const BUILD_ROWS_PER_MS: f64 = 1_000.0;
const REWRITE_BYTES_PER_MS: f64 = 200_000.0;
const REWRITE_ROWS_PER_MS: f64 = 600.0;
const CHANGED_ROWS_PER_MS: f64 = 200.0;

pub fn impact(rule: &Rule, table: &Table) -> Impact {
    let rows = table.rows.unwrap_or(table.bytes as f64 / 100.0);
    let bytes = table.bytes as f64;
    let scan = (bytes / SCAN_BYTES_PER_MS).max(rows / SCAN_ROWS_PER_MS);
    let estimate_ms = match rule.work {
        Work::Catalog => None,
        Work::Scan => Some(scan),
        Work::Build => Some(scan + rows / BUILD_ROWS_PER_MS),
        Work::Rewrite => Some(bytes / REWRITE_BYTES_PER_MS + rows / REWRITE_ROWS_PER_MS),
        Work::Rows => Some(rows / CHANGED_ROWS_PER_MS),
    };
    Impact {
        table: table.name.clone(),
        waits: rule.waits,
        estimate_ms: estimate_ms.map(f64::round),
        rows_estimate: table.rows,
        size_bytes: table.bytes,
        writes_per_second: table.writes_per_second,
    }
}
