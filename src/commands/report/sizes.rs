//! `pgtend report sizes`
use clap::Args;

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::operations::report::{Answer, Size, sizes};
use crate::output::{Cell, Column};
use crate::pg::state::ServerError;

/// Tell how large tables, their indexes and their TOAST tables are
#[derive(Debug, Default, Args)]
pub struct SizesArgs {
    /// One row for each partition, not for each partitioned table
    #[arg(long)]
    partitions: bool,
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl Report for SizesArgs {
    type Row = Size;
    const SCHEMA: &'static str = "pgtend.report.sizes/1";
    const TITLE: &'static str = "Sizes";
    const COLUMNS: &'static [Column<Size>] = &[
        Column { header: "Table", name: "table", cell: |row| Cell::Text(row.table.clone()) },
        Column { header: "Parts", name: "partitions", cell: |row| Cell::Count(row.partitions as f64) },
        Column { header: "~ Rows", name: "rows_estimate", cell: |row| Cell::Count(row.rows_estimate) },
        Column { header: "Table size", name: "table_bytes", cell: |row| Cell::Bytes(row.table_bytes) },
        Column { header: "Indexes", name: "index_bytes", cell: |row| Cell::Bytes(row.index_bytes) },
        Column { header: "TOAST", name: "toast_bytes", cell: |row| Cell::Bytes(row.toast_bytes) },
        Column { header: "Total", name: "total_bytes", cell: |row| Cell::Bytes(row.total_bytes) },
        Column {
            header: "",
            name: "estimated",
            cell: |row| {
                if row.estimated { Cell::Text("estimated".to_owned()) } else { Cell::Text(String::new()) }
            },
        },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<Size>> {
        sizes(desk.session, self.partitions).await.map_err(ServerError::explained)
    }
}
