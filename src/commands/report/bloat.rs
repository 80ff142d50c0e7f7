//! `pgtend report bloat`
use clap::Args;

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::operations::report::{Answer, Bloat, bloat};
use crate::output::{Cell, Column};
use crate::pg::state::ServerError;

/// Tell how much space tables do not need for their rows, and indexes for their entries: an estimate
///
/// It rests on the planner's statistics, and on sizes of the last vacuum or analyze. Of indexes it knows B-trees.
#[derive(Debug, Default, Args)]
pub struct BloatArgs {
    /// One row for each partition, not for each partitioned table
    #[arg(long)]
    partitions: bool,
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl Report for BloatArgs {
    type Row = Bloat;
    const SCHEMA: &'static str = "pgtend.report.bloat/1";
    const TITLE: &'static str = "Bloat";
    const COLUMNS: &'static [Column<Bloat>] = &[
        Column { header: "Table", name: "table", cell: |row| Cell::Text(row.table.clone()) },
        Column { header: "Parts", name: "partitions", cell: |row| Cell::Count(row.partitions as f64) },
        Column { header: "~ Size", name: "table_bytes", cell: |row| Cell::Bytes(row.table_bytes) },
        Column {
            header: "~ Wasted",
            name: "wasted_bytes",
            cell: |row| Cell::known(row.wasted_bytes, Cell::Bytes),
        },
        Column {
            header: "Wasted",
            name: "wasted_pct",
            cell: |row| Cell::known(row.wasted_pct, Cell::Percent),
        },
        Column { header: "Not known", name: "unknown_bytes", cell: |row| Cell::Bytes(row.unknown_bytes) },
        Column { header: "~ Indexes", name: "index_bytes", cell: |row| Cell::Bytes(row.index_bytes) },
        Column {
            header: "~ Wasted there",
            name: "index_wasted_bytes",
            cell: |row| Cell::known(row.index_wasted_bytes, Cell::Bytes),
        },
        Column {
            header: "Wasted there",
            name: "index_wasted_pct",
            cell: |row| Cell::known(row.index_wasted_pct, Cell::Percent),
        },
        Column {
            header: "Not known there",
            name: "index_unknown_bytes",
            cell: |row| Cell::Bytes(row.index_unknown_bytes),
        },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<Bloat>> {
        bloat(desk.session, desk.rights, self.partitions).await.map_err(ServerError::explained)
    }
}
