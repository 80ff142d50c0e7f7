//! `pgtend report table-access`
use clap::Args;

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::commands::report::window::WindowArgs;
use crate::operations::report::{Answer, TableAccess, not_counting, table_access, tables};
use crate::operations::stats::Scope;
use crate::output::{Cell, Column};
use crate::pg::state::ServerError;

/// Tell which tables are hit most, and by what
#[derive(Debug, Args)]
pub struct TableAccessArgs {
    #[command(flatten)]
    window: WindowArgs,
    /// One row for each partition, not for each partitioned table
    #[arg(long)]
    partitions: bool,
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl TableAccessArgs {
    /// With no flag but the window's.
    pub fn usual(window: WindowArgs) -> Self {
        Self { window, partitions: false, frame: FrameArgs::default() }
    }
}

impl Report for TableAccessArgs {
    type Row = TableAccess;
    const SCHEMA: &'static str = "pgtend.report.table_access/1";
    const TITLE: &'static str = "Table access";
    const COUNTED: bool = true;
    const COLUMNS: &'static [Column<TableAccess>] = &[
        Column { header: "Table", name: "table", cell: |row| Cell::Text(row.table.clone()) },
        Column { header: "Parts", name: "partitions", cell: |row| Cell::Count(row.partitions as f64) },
        Column { header: "~ Size", name: "size_bytes", cell: |row| Cell::Bytes(row.size_bytes) },
        Column { header: "~ Rows", name: "rows_estimate", cell: |row| Cell::Count(row.rows_estimate) },
        Column { header: "Rows read", name: "rows_read", cell: |row| Cell::Count(row.rows_read) },
        Column { header: "Seq scans", name: "seq_scans", cell: |row| Cell::Count(row.seq_scans) },
        Column {
            header: "Rows/seq",
            name: "rows_per_seq_scan",
            cell: |row| Cell::known(row.rows_per_seq_scan, Cell::Count),
        },
        Column { header: "Index scans", name: "index_scans", cell: |row| Cell::Count(row.index_scans) },
        Column {
            header: "By index",
            name: "index_pct",
            cell: |row| Cell::known(row.index_pct, Cell::Percent),
        },
        Column { header: "Inserted", name: "inserted", cell: |row| Cell::Count(row.inserted) },
        Column { header: "Updated", name: "updated", cell: |row| Cell::Count(row.updated) },
        Column { header: "HOT", name: "hot_pct", cell: |row| Cell::known(row.hot_pct, Cell::Percent) },
        Column { header: "Deleted", name: "deleted", cell: |row| Cell::Count(row.deleted) },
        Column { header: "Hit", name: "hit_pct", cell: |row| Cell::known(row.hit_pct, Cell::Percent) },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<TableAccess>> {
        let seen = self.window.read(desk, Scope { statements: false, relations: true }).await?;
        let tables = tables(desk.session, self.partitions).await.map_err(ServerError::explained)?;
        let mut answer = table_access(tables, &seen.window, self.partitions);
        answer.coverage = Some(seen.window.coverage);
        Ok(answer.note(seen.note).note(not_counting(desk.rights)))
    }
}
