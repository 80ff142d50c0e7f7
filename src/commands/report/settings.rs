//! `pgtend report settings`
use clap::Args;

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::operations::report::{Answer, Setting, settings};
use crate::output::{Cell, Column};
use crate::pg::state::ServerError;

/// Tell which settings are dangerous, and which are worth a look
#[derive(Debug, Args)]
pub struct SettingsArgs {
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl Report for SettingsArgs {
    type Row = Setting;
    const SCHEMA: &'static str = "pgtend.report.settings/1";
    const TITLE: &'static str = "Settings";
    const COLUMNS: &'static [Column<Setting>] = &[
        Column { header: "Setting", name: "name", cell: |row| Cell::Text(row.name.clone()) },
        Column { header: "Value", name: "setting", cell: |row| Cell::Text(row.setting.clone()) },
        Column { header: "Unit", name: "unit", cell: |row| Cell::text(row.unit.clone()) },
        Column { header: "Level", name: "level", cell: |row| Cell::Text(row.level.to_owned()) },
        Column { header: "Why", name: "why", cell: |row| Cell::text(row.why.clone()) },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<Setting>> {
        settings(desk.session, desk.rights).await.map_err(ServerError::explained)
    }
}
