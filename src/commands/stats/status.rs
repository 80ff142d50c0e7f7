//! `pgtend stats status`
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::stats::store::{StoreArgs, to_read};
use crate::failure::Exit;
use crate::operations::stats::Held;
use crate::output::{Cell, Column, Format, Listing};

/// Tell what the snapshot store holds
#[derive(Debug, Args)]
pub struct StatusArgs {
    #[command(flatten)]
    store: StoreArgs,
    /// Exit with 3 when there is no store, or the last capture is older than this
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    max_age: Option<std::time::Duration>,
}

#[derive(Serialize)]
struct Row {
    /// Null: there is none.
    store: Option<String>,
    #[serde(flatten)]
    held: Held,
    age_s: Option<f64>,
}

const COLUMNS: [Column<Row>; 7] = [
    Column { header: "Store", name: "store", cell: |row| Cell::text(row.store.clone()) },
    Column { header: "Snapshots", name: "snapshots", cell: |row| Cell::Count(row.held.snapshots as f64) },
    Column { header: "First", name: "first", cell: |row| instant(row.held.first) },
    Column { header: "Last", name: "last", cell: |row| instant(row.held.last) },
    Column { header: "Age", name: "age_s", cell: |row| Cell::known(row.age_s, Cell::Seconds) },
    Column { header: "Statements", name: "statements", cell: |row| Cell::Count(row.held.statements as f64) },
    Column { header: "Size", name: "size_bytes", cell: |row| Cell::Bytes(row.held.size_bytes) },
];

fn instant(at: Option<DateTime<Utc>>) -> Cell {
    Cell::text(at.map(|at| at.format("%Y-%m-%d %H:%M:%S").to_string()))
}

impl StatusArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect_to_read().await?;
        let store = to_read(context, &session, self.store.store.as_deref()).await?;
        let held = match &store {
            Some(store) => store.held(&session).await?,
            None => Held::default(),
        };
        let age_s = held.last.map(|last| (context.now(&session) - last).as_seconds_f64());
        let row = Row { store: store.map(|store| store.place()), held, age_s };
        let late = self.max_age.is_some_and(|most| row.age_s.is_none_or(|age| age > most.as_secs_f64()));
        match (context.ui.format(), &row.store) {
            (Format::Json, _) => context.ui.document("pgtend.stats.status/1", &row)?,
            (_, Some(_)) => context.ui.listing(&Listing::new(&COLUMNS, &[row]))?,
            (_, None) => context.ui.status("there is no snapshot store; `pgtend stats init` makes one"),
        }
        Ok(if late { Exit::Found } else { Exit::Done })
    }
}
