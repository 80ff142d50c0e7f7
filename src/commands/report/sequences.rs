//! `pgtend report sequences`
use clap::Args;

use crate::commands::report::frame::{Desk, FrameArgs, Report};
use crate::operations::report::{Answer, Sequence, sequences};
use crate::output::{Cell, Column};
use crate::pg::state::ServerError;

/// Tell how long sequences last, counted against the columns that they fill
#[derive(Debug, Args)]
pub struct SequencesArgs {
    #[command(flatten)]
    pub frame: FrameArgs,
}

impl Report for SequencesArgs {
    type Row = Sequence;
    const SCHEMA: &'static str = "pgtend.report.sequences/1";
    const TITLE: &'static str = "Sequences";
    const COLUMNS: &'static [Column<Sequence>] = &[
        Column { header: "Sequence", name: "sequence", cell: |row| Cell::Text(row.sequence.clone()) },
        Column { header: "Type", name: "type", cell: |row| Cell::Text(row.kind.clone()) },
        Column { header: "Used", name: "used_pct", cell: |row| Cell::known(row.used_pct, Cell::Percent) },
        Column { header: "Last value", name: "last_value", cell: last_value },
        Column {
            header: "Last possible",
            name: "last_possible",
            cell: |row| Cell::Integer(row.last_possible),
        },
        Column { header: "Column", name: "column", cell: |row| Cell::text(row.column.clone()) },
        Column {
            header: "Column type",
            name: "column_type",
            cell: |row| Cell::text(row.column_type.clone()),
        },
    ];

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<Sequence>> {
        sequences(desk.session, desk.rights).await.map_err(ServerError::explained)
    }
}

fn last_value(row: &Sequence) -> Cell {
    match row.last_value {
        Some(value) => Cell::Integer(value),
        None if row.hidden => Cell::Text("hidden".to_owned()),
        None if row.locked => Cell::Text("locked".to_owned()),
        None => Cell::None,
    }
}
