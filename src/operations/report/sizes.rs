//! How large tables are: the table itself, its indexes, and what was put out of line.
use serde::{Deserialize, Serialize};

use crate::operations::report::frame::{Answer, Note, counted};
use crate::operations::report::read::{Read, rows};
use crate::pg::session::Session;
use crate::query;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Size {
    pub table: String,
    pub partitions: i64,
    pub rows_estimate: f64,
    pub table_bytes: i64,
    pub index_bytes: i64,
    pub toast_bytes: i64,
    pub total_bytes: i64,
    /// In part or whole the catalog's of the last vacuum or analyze.
    pub estimated: bool,
}

/// A table that somebody locks is not waited for: its size is the catalog's.
pub async fn sizes(session: &Session, partitions: bool) -> Read<Answer<Size>> {
    let query = query!("report/sizes.sql");
    let found: Vec<Size> = match rows(session, &query, &[&partitions, &true]).await {
        // Between the look at the locks and the size, somebody was quicker.
        Err(error) if error.lock_busy() => rows(session, &query, &[&partitions, &false]).await?,
        found => found?,
    };
    let total: i64 = found.iter().map(|row| row.total_bytes).sum();
    let indexes: i64 = found.iter().map(|row| row.index_bytes).sum();
    let share = if total > 0 { 100.0 * indexes as f64 / total as f64 } else { 0.0 };
    let largest = found.first().filter(|row| row.total_bytes > 0);
    let largest = largest.map_or_else(String::new, |row| {
        format!("; {} is the largest, with {:.0}%", row.table, 100.0 * row.total_bytes as f64 / total as f64)
    });
    let verdict =
        format!("{}, {share:.0}% of their bytes in indexes{largest}", counted(found.len(), "table"));
    let estimated = found.iter().filter(|row| row.estimated).count();
    let note = (estimated > 0).then(|| {
        let what = counted(estimated, "table");
        Note::new(format!("{what} locked by somebody: the size is that of the last vacuum or analyze"))
    });
    Ok(Answer::new(verdict, found).note(note))
}
