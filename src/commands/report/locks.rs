//! `pgtend report locks`
use clap::Args;

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::operations::report::{Answer, Lock, locks};
use crate::output::{Cell, Column};
use crate::pg::state::ServerError;

/// Tell who waits for a lock, and who is in the way
#[derive(Debug, Args)]
pub struct LocksArgs {
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl Report for LocksArgs {
    type Row = Lock;
    const SCHEMA: &'static str = "pgtend.report.locks/1";
    const TITLE: &'static str = "Locks";
    const COLUMNS: &'static [Column<Lock>] = &[
        Column { header: "Session", name: "pid", cell: tree },
        Column { header: "Blocks", name: "blocks", cell: |row| Cell::Count(row.blocks as f64) },
        Column { header: "Waits", name: "waits_s", cell: |row| Cell::known(row.waits_s, Cell::Seconds) },
        Column { header: "For", name: "mode", cell: |row| Cell::text(row.mode.clone()) },
        Column { header: "On", name: "relation", cell: |row| Cell::text(row.relation.clone()) },
        Column { header: "Role", name: "role", cell: |row| Cell::text(row.role.clone()) },
        Column {
            header: "Application",
            name: "application",
            cell: |row| Cell::text(row.application.clone()),
        },
        Column { header: "State", name: "state", cell: |row| Cell::text(row.state.clone()) },
        Column {
            header: "Transaction",
            name: "transaction_s",
            cell: |row| Cell::known(row.transaction_s, Cell::Seconds),
        },
        Column { header: "Query", name: "query", cell: |row| Cell::known(row.query.clone(), Cell::Sql) },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<Lock>> {
        locks(desk.session, desk.rights).await.map_err(ServerError::explained)
    }
}

fn tree(row: &Lock) -> Cell {
    let branch =
        if row.depth == 0 { String::new() } else { format!("{}└─ ", "   ".repeat(row.depth - 1)) };
    Cell::Text(format!("{branch}{}", row.pid))
}
