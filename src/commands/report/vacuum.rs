//! `pgtend report vacuum`
use chrono::{DateTime, Utc};
use clap::Args;

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::operations::report::{Answer, Vacuum, not_counting, tables, vacuum};
use crate::output::{Cell, Column};
use crate::pg::state::ServerError;

/// Tell whether autovacuum keeps up, and how far off the forced freeze is
#[derive(Debug, Args)]
pub struct VacuumArgs {
    /// One row for each partition, not for each partitioned table
    #[arg(long)]
    partitions: bool,
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl Report for VacuumArgs {
    type Row = Vacuum;
    const SCHEMA: &'static str = "pgtend.report.vacuum/1";
    const TITLE: &'static str = "Vacuum";
    const COUNTED: bool = true;
    const COLUMNS: &'static [Column<Vacuum>] = &[
        Column { header: "Table", name: "table", cell: |row| Cell::Text(row.table.clone()) },
        Column { header: "Parts", name: "partitions", cell: |row| Cell::Count(row.partitions as f64) },
        Column { header: "~ Live", name: "live_rows", cell: |row| Cell::Count(row.live_rows as f64) },
        Column { header: "~ Dead", name: "dead_rows", cell: |row| Cell::Count(row.dead_rows as f64) },
        Column { header: "Dead", name: "dead_pct", cell: |row| Cell::known(row.dead_pct, Cell::Percent) },
        Column {
            header: "Of threshold",
            name: "due_pct",
            cell: |row| Cell::known(row.due_pct, Cell::Percent),
        },
        Column { header: "Last vacuum", name: "last_vacuum", cell: |row| instant(row.last_vacuum) },
        Column { header: "Last analyze", name: "last_analyze", cell: |row| instant(row.last_analyze) },
        Column { header: "Freeze age", name: "freeze_age", cell: |row| Cell::Count(row.freeze_age as f64) },
        Column { header: "Of freeze max", name: "freeze_pct", cell: |row| Cell::Percent(row.freeze_pct) },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<Vacuum>> {
        let tables = tables(desk.session, self.partitions).await.map_err(ServerError::explained)?;
        Ok(vacuum(tables, desk.session.facts().standby).note(not_counting(desk.rights)))
    }
}

fn instant(at: Option<DateTime<Utc>>) -> Cell {
    Cell::text(at.map(|at| at.format("%Y-%m-%d %H:%M").to_string()))
}
