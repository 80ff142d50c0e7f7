//! Which tables are hit most, and by what: reads by scan and by index, writes by kind.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::operations::report::frame::{Answer, Note, counted};
use crate::operations::report::tables::Table;
use crate::operations::stats::{RelationWork, Window, hit_pct};

/// Of two scans of the same rows, the one by index is worth a word only on a table of some size.
const LARGE_ROWS: f64 = 10_000.0;

#[derive(Clone, Debug, Serialize)]
pub struct TableAccess {
    pub table: String,
    pub partitions: i64,
    /// The catalog's of the last vacuum or analyze.
    pub size_bytes: i64,
    pub rows_estimate: f64,
    pub rows_read: f64,
    pub seq_scans: f64,
    pub seq_rows: f64,
    pub rows_per_seq_scan: Option<f64>,
    pub index_scans: f64,
    pub index_rows: f64,
    /// Of all scans.
    pub index_pct: Option<f64>,
    pub inserted: f64,
    pub updated: f64,
    pub deleted: f64,
    /// Updates that needed no new index entry, of all updates.
    pub hot_pct: Option<f64>,
    pub hit_pct: Option<f64>,
    /// Null before PostgreSQL 16, which does not know.
    pub last_read: Option<DateTime<Utc>>,
}

/// The work of each table, or of each partitioned table with all its partitions.
pub(super) fn by_table(window: &Window, partitions: bool) -> HashMap<u32, RelationWork> {
    let mut works: HashMap<u32, RelationWork> = HashMap::new();
    for sum in window.relations.values() {
        works.entry(if partitions { sum.oid } else { sum.root }).or_default().add(&sum.work);
    }
    works
}

pub fn table_access(tables: Vec<Table>, window: &Window, partitions: bool) -> Answer<TableAccess> {
    let mut works = by_table(window, partitions);
    let mut rows: Vec<TableAccess> = tables
        .into_iter()
        .map(|table| {
            let work = works.remove(&table.oid).unwrap_or_default();
            row(table, &work)
        })
        .collect();
    rows.sort_by(|a, b| b.rows_read.total_cmp(&a.rows_read).then_with(|| a.table.cmp(&b.table)));
    let scanned = rows.iter().filter(|row| is_scanned(row)).collect::<Vec<_>>();
    let total: f64 = rows.iter().map(|row| row.rows_read).sum();
    let verdict = match rows.first().filter(|row| row.rows_read > 0.0) {
        None => format!("{}, and nothing was read", counted(rows.len(), "table")),
        Some(most) => {
            let share = 100.0 * most.rows_read / total;
            let scans = match scanned.len() {
                0 => "no large table is read mostly by sequential scans".to_owned(),
                _ => format!("{} read mostly by sequential scans", counted(scanned.len(), "large table")),
            };
            format!(
                "{}; {} has {share:.0}% of the rows read; {scans}",
                counted(rows.len(), "table"),
                most.table
            )
        }
    };
    let next: Vec<String> = scanned
        .iter()
        .take(3)
        .map(|row| format!("-- which statements scan {}: pgtend report slow-queries --sort total", row.table))
        .collect();
    let gone = works.values().filter(|work| !work.is_zero()).count();
    let note = (gone > 0).then(|| {
        Note::new(format!("{} that the numbers belong to in part are gone by now", counted(gone, "table")))
    });
    Answer::new(verdict, rows).next(next).note(note)
}

fn is_scanned(row: &TableAccess) -> bool {
    row.rows_estimate >= LARGE_ROWS
        && row.seq_scans > 0.0
        && row.seq_rows > row.index_rows
        && row.rows_per_seq_scan.is_some_and(|rows| rows >= LARGE_ROWS / 10.0)
}

fn row(table: Table, work: &RelationWork) -> TableAccess {
    let scans = work.seq_scans + work.index_scans;
    TableAccess {
        table: table.table,
        partitions: table.partitions,
        size_bytes: table.size_bytes,
        rows_estimate: table.rows_estimate,
        rows_read: work.seq_rows + work.index_rows,
        seq_scans: work.seq_scans,
        seq_rows: work.seq_rows,
        rows_per_seq_scan: (work.seq_scans > 0.0).then(|| work.seq_rows / work.seq_scans),
        index_scans: work.index_scans,
        index_rows: work.index_rows,
        index_pct: (scans > 0.0).then(|| 100.0 * work.index_scans / scans),
        inserted: work.inserted,
        updated: work.updated,
        deleted: work.deleted,
        hot_pct: (work.updated > 0.0).then(|| 100.0 * work.hot_updated / work.updated),
        hit_pct: hit_pct(work.table_hit + work.index_hit, work.table_read + work.index_read),
        last_read: table.last_read,
    }
}
