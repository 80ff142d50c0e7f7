//! `pgtend migrate status`
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::migrate::args::SetArgs;
use crate::commands::migrate::work::Work;
use crate::failure::Exit;
use crate::operations::migrate::{Row, State};
use crate::output::{Cell, Column, Format, Listing, milliseconds};

/// Show what is applied, what is due, and all that does not fit together
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    sets: SetArgs,
    /// Exit 3 when anything is due or does not fit together
    #[arg(long)]
    check: bool,
}

#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    pending: usize,
    drift: usize,
    migrations: &'a [Row],
}

const COLUMNS: [Column<Row>; 7] = [
    Column { header: "Set", name: "set", cell: |row| Cell::Text(row.set.clone()) },
    Column { header: "Version", name: "version", cell: |row| Cell::Text(row.version.to_string()) },
    Column { header: "Name", name: "name", cell: |row| Cell::Text(row.name.clone()) },
    Column { header: "State", name: "state", cell: |row| Cell::Text(row.state.word().to_owned()) },
    Column { header: "Applied on", name: "applied_on", cell: |row| Cell::text(row.applied_on.clone()) },
    Column { header: "Took", name: "duration_ms", cell: |row| Cell::text(row.duration_ms.map(milliseconds)) },
    Column { header: "Last error", name: "error", cell: |row| Cell::text(row.error.clone()) },
];

impl StatusArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let sets = self.sets.load(context)?;
        let session = context.connect_to_read().await?;
        let mut rows = Vec::new();
        for set in &sets {
            let work = Work::new(context, &session, &self.sets, set)?;
            rows.extend(work.rows(&work.books().await?));
        }
        let drift = rows.iter().filter(|row| row.state.is_drift()).count();
        let pending = rows.iter().filter(|row| matches!(row.state, State::Pending | State::Partial)).count();
        let exit = if self.check && drift + pending > 0 { Exit::Found } else { Exit::Done };
        if context.ui.format() == Format::Json {
            let document = Document { exit_code: exit.code(), pending, drift, migrations: &rows };
            context.ui.document("pgtend.migrate.status/1", &document)?;
        } else {
            context.ui.listing(&Listing::new(&COLUMNS, &rows))?;
            context.ui.status(&summary(rows.len() - drift - pending, pending, drift));
        }
        Ok(exit)
    }
}

fn summary(applied: usize, pending: usize, drift: usize) -> String {
    let drift = if drift == 0 { String::new() } else { format!(", {drift} that do not fit") };
    format!("{applied} applied, {pending} pending{drift}")
}
