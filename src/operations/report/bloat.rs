//! Space of tables that their rows do not need, as the planner's statistics let it be estimated.
use serde::{Deserialize, Serialize};

use crate::operations::report::frame::{Answer, Note, counted};
use crate::operations::report::read::{Read, Rights, rows};
use crate::pg::session::Session;
use crate::query;

const HIGH_PCT: f64 = 30.0;
const HIGH_BYTES: i64 = 100 * 1024 * 1024;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bloat {
    pub table: String,
    pub partitions: i64,
    pub table_bytes: i64,
    /// Null where the statistics cannot be read.
    pub wasted_bytes: Option<i64>,
    pub wasted_pct: Option<f64>,
    /// The part of the table of which nothing is known.
    pub unknown_bytes: i64,
}

pub async fn bloat(session: &Session, rights: &Rights, partitions: bool) -> Read<Answer<Bloat>> {
    let found: Vec<Bloat> = rows(session, &query!("report/bloat.sql"), &[&partitions]).await?;
    Ok(judge(found, rights))
}

fn judge(rows: Vec<Bloat>, rights: &Rights) -> Answer<Bloat> {
    let is_high = |row: &&Bloat| {
        row.wasted_pct.is_some_and(|share| share >= HIGH_PCT)
            && row.wasted_bytes.is_some_and(|bytes| bytes >= HIGH_BYTES)
    };
    let high: Vec<&Bloat> = rows.iter().filter(is_high).collect();
    let unknown: Vec<&Bloat> = rows.iter().filter(|row| row.unknown_bytes > 0).collect();
    let known = rows.iter().filter(|row| row.table_bytes > row.unknown_bytes).count();
    let verdict = match (known, high.len()) {
        (0, _) if !unknown.is_empty() => format!("nothing is known of {}", counted(unknown.len(), "table")),
        (_, 0) => format!("of {} that something is known of, none wastes much", counted(known, "table")),
        (_, high) => {
            format!("{} with more than 100 MB and {HIGH_PCT:.0}% to win back", counted(high, "table"))
        }
    };
    let next = high
        .iter()
        .take(3)
        .map(|row| {
            format!(
                "-- holds ACCESS EXCLUSIVE while it rewrites; pg_repack does without\nvacuum full {};",
                row.table
            )
        })
        .collect::<Vec<_>>();
    let note = (!unknown.is_empty()).then(|| {
        let what = counted(unknown.len(), "table");
        if rights.reads_all_data {
            return Note::new(format!("{what} without statistics")).remedy("analyze;");
        }
        let hidden = format!("the statistics of {what} are hidden from this role, or not there");
        Note::membership(hidden, "pg_read_all_data", rights)
    });
    Answer::new(verdict, rows).next(next).note(note)
}
