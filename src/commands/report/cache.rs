//! `pgtend report cache`
use clap::Args;

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::commands::report::window::WindowArgs;
use crate::operations::report::{Answer, Cache, cache, not_counting, tables};
use crate::operations::stats::Scope;
use crate::output::{Cell, Column};
use crate::pg::state::ServerError;

const LOW_PCT: f64 = 90.0;

/// Tell how much of what was asked for stood in shared buffers
#[derive(Debug, Args)]
pub struct CacheArgs {
    #[command(flatten)]
    window: WindowArgs,
    /// One row for each partition, not for each partitioned table
    #[arg(long)]
    partitions: bool,
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl Report for CacheArgs {
    type Row = Cache;
    const SCHEMA: &'static str = "pgtend.report.cache/1";
    const TITLE: &'static str = "Cache";
    const COUNTED: bool = true;
    const COLUMNS: &'static [Column<Cache>] = &[
        Column { header: "Table", name: "table", cell: |row| Cell::Text(row.table.clone()) },
        Column { header: "Parts", name: "partitions", cell: |row| Cell::Count(row.partitions as f64) },
        Column { header: "~ Size", name: "size_bytes", cell: |row| Cell::Bytes(row.size_bytes) },
        Column { header: "Blocks", name: "blocks", cell: |row| Cell::Count(row.blocks) },
        Column { header: "Not found", name: "blocks_read", cell: |row| Cell::Count(row.blocks_read) },
        Column { header: "Hit", name: "hit_pct", cell: |row| Cell::known(row.hit_pct, Cell::Percent) },
        Column {
            header: "Table hit",
            name: "table_hit_pct",
            cell: |row| Cell::known(row.table_hit_pct, Cell::Percent),
        },
        Column {
            header: "Index hit",
            name: "index_hit_pct",
            cell: |row| Cell::known(row.index_hit_pct, Cell::Percent),
        },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<Cache>> {
        let seen = self.window.read(desk, Scope { statements: false, relations: true }).await?;
        let tables = tables(desk.session, self.partitions).await.map_err(ServerError::explained)?;
        let low = desk.context.config.report.cache_hit.unwrap_or(LOW_PCT);
        let mut answer = cache(tables, &seen.window, self.partitions, low);
        answer.coverage = Some(seen.window.coverage);
        Ok(answer.note(seen.note).note(not_counting(desk.rights)))
    }
}
