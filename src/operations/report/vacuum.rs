//! Whether autovacuum keeps up: dead rows against its thresholds, and how far each table is from the freeze that the
//! server would force.
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::operations::report::frame::{Answer, counted};
use crate::operations::report::tables::Table;

/// So far past its threshold, autovacuum has had every chance.
const LATE_PCT: f64 = 200.0;
/// Of autovacuum_freeze_max_age, past which autovacuum freezes whether it is on or off.
const FREEZE_PCT: f64 = 100.0;
const SHOWN: usize = 5;

#[derive(Clone, Debug, Serialize)]
pub struct Vacuum {
    pub table: String,
    pub partitions: i64,
    pub live_rows: i64,
    pub dead_rows: i64,
    pub dead_pct: Option<f64>,
    /// Tables among the partitions that autovacuum should come to, and how far the worst is: 100 is the threshold.
    pub due: i64,
    pub due_pct: Option<f64>,
    pub last_vacuum: Option<DateTime<Utc>>,
    pub last_analyze: Option<DateTime<Utc>>,
    pub changed_since_analyze: i64,
    /// Of the oldest transaction number in it, of autovacuum_freeze_max_age.
    pub freeze_age: i64,
    pub freeze_pct: f64,
    pub multixact_age: i64,
    pub autovacuum_off: i64,
    /// Of a partitioned table: whether it was analyzed itself, which autovacuum never does.
    pub parent_analyzed: Option<bool>,
}

/// A `standby` knows how far rows are frozen, and counts none that are dead.
pub fn vacuum(tables: Vec<Table>, standby: bool) -> Answer<Vacuum> {
    let mut rows: Vec<Vacuum> = tables.into_iter().map(row).collect();
    rows.sort_by(|a, b| worst(b).total_cmp(&worst(a)).then_with(|| a.table.cmp(&b.table)));
    let late = rows.iter().filter(|row| row.due_pct.is_some_and(|due| due >= LATE_PCT)).collect::<Vec<_>>();
    let frozen = rows.iter().filter(|row| row.freeze_pct >= FREEZE_PCT).collect::<Vec<_>>();
    let off = rows.iter().filter(|row| row.autovacuum_off > 0).count();
    let unanalyzed = rows.iter().filter(|row| row.parent_analyzed == Some(false) && row.live_rows > 0);
    let unanalyzed = unanalyzed.collect::<Vec<_>>();
    let mut said = vec![match late.len() {
        _ if standby => "dead rows are counted on the primary alone".to_owned(),
        0 => "autovacuum keeps up".to_owned(),
        _ => format!("autovacuum is late at {}", counted(late.len(), "table")),
    }];
    if let Some(oldest) = rows.iter().map(|row| row.freeze_pct).reduce(f64::max) {
        said.push(format!("the oldest unfrozen rows are at {oldest:.0}% of autovacuum_freeze_max_age"));
    }
    if off > 0 {
        said.push(format!("autovacuum is off for {}", counted(off, "table")));
    }
    if !unanalyzed.is_empty() {
        said.push(format!("{} never analyzed", counted(unanalyzed.len(), "partitioned table")));
    }
    let next: Vec<String> = late
        .iter()
        .take(SHOWN)
        .map(|row| format!("vacuum (analyze) {};", row.table))
        .chain(frozen.iter().take(SHOWN).map(|row| format!("vacuum (freeze) {};", row.table)))
        .chain(unanalyzed.iter().take(SHOWN).map(|row| format!("analyze {};", row.table)))
        .collect();
    let verdict = said.join("; ");
    Answer::new(verdict, rows).next(next)
}

fn worst(row: &Vacuum) -> f64 {
    row.due_pct.unwrap_or(0.0).max(row.freeze_pct)
}

fn row(table: Table) -> Vacuum {
    let all = table.live_rows + table.dead_rows;
    Vacuum {
        table: table.table,
        partitions: table.partitions,
        live_rows: table.live_rows,
        dead_rows: table.dead_rows,
        dead_pct: (all > 0).then(|| 100.0 * table.dead_rows as f64 / all as f64),
        due: table.due,
        due_pct: table.due_pct,
        last_vacuum: table.last_vacuum,
        last_analyze: table.last_analyze,
        changed_since_analyze: table.changed_since_analyze,
        freeze_age: table.freeze_age,
        freeze_pct: table.freeze_pct,
        multixact_age: table.multixact_age,
        autovacuum_off: table.autovacuum_off,
        parent_analyzed: table.partitioned.then_some(!table.parent_never_analyzed),
    }
}
