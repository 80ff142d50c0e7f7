//! `pgtend report activity`
use clap::Args;

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::operations::report::{Activity, Answer, activity};
use crate::output::{Cell, Column};
use crate::pg::state::ServerError;

/// Tell what sessions do, the oldest transaction first
#[derive(Debug, Args)]
pub struct ActivityArgs {
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl Report for ActivityArgs {
    type Row = Activity;
    const SCHEMA: &'static str = "pgtend.report.activity/1";
    const TITLE: &'static str = "Activity";
    const COLUMNS: &'static [Column<Activity>] = &[
        Column { header: "Pid", name: "pid", cell: |row| Cell::text(row.pid.map(|pid| pid.to_string())) },
        Column { header: "Role", name: "role", cell: |row| Cell::text(row.role.clone()) },
        Column { header: "Database", name: "database", cell: |row| Cell::text(row.database.clone()) },
        Column {
            header: "Application",
            name: "application",
            cell: |row| Cell::text(row.application.clone()),
        },
        Column { header: "State", name: "state", cell: |row| Cell::text(row.state.clone()) },
        Column { header: "Waits for", name: "waits_for", cell: |row| Cell::text(row.waits_for.clone()) },
        Column {
            header: "Transaction",
            name: "transaction_s",
            cell: |row| Cell::known(row.transaction_s, Cell::Seconds),
        },
        Column { header: "Query for", name: "query_s", cell: |row| Cell::known(row.query_s, Cell::Seconds) },
        Column {
            header: "Holds back",
            name: "holds_back_transactions",
            cell: |row| Cell::known(row.holds_back_transactions.map(|age| age as f64), Cell::Count),
        },
        Column { header: "Query", name: "query", cell: |row| Cell::known(row.query.clone(), Cell::Sql) },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<Activity>> {
        activity(desk.session, desk.rights).await.map_err(ServerError::explained)
    }
}
