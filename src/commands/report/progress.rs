//! `pgtend report progress`
use clap::Args;

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::operations::report::{Answer, Progress, progress};
use crate::output::{Cell, Column};
use crate::pg::state::ServerError;

/// Tell what the server is in the middle of, and how far it is
#[derive(Debug, Args)]
pub struct ProgressArgs {
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl Report for ProgressArgs {
    type Row = Progress;
    const SCHEMA: &'static str = "pgtend.report.progress/1";
    const TITLE: &'static str = "Progress";
    const COLUMNS: &'static [Column<Progress>] = &[
        Column { header: "Pid", name: "pid", cell: |row| Cell::Text(row.pid.to_string()) },
        Column { header: "Command", name: "command", cell: |row| Cell::Text(row.command.clone()) },
        Column { header: "Database", name: "database", cell: |row| Cell::text(row.database.clone()) },
        Column { header: "On", name: "relation", cell: |row| Cell::text(row.relation.clone()) },
        Column { header: "Phase", name: "phase", cell: |row| Cell::text(row.phase.clone()) },
        Column { header: "Done", name: "done_pct", cell: |row| Cell::known(row.done_pct, Cell::Percent) },
        Column { header: "Since", name: "elapsed_s", cell: |row| Cell::known(row.elapsed_s, Cell::Seconds) },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<Progress>> {
        progress(desk.session, desk.rights).await.map_err(ServerError::explained)
    }
}
