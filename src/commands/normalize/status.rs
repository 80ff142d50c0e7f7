//! `pgtend normalize status`
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::normalize::targets::read_books;
use crate::failure::Exit;
use crate::operations::normalize::{Backfill, Counts, Names, Phase, Strategy, backfills};
use crate::output::{Cell, Column, Format, Listing};
use crate::pg::session::Session;

/// Show how far each mapping has come
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Exit 3 unless every mapping is in step and has no open rejects
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    name: String,
    source: String,
    target: String,
    strategy: Strategy,
    phase: Phase,
    counts: Counts,
    reached: Option<String>,
    high_water: Option<String>,
    /// Keys of changed source rows that wait.
    queued: Option<u64>,
    rejects: i64,
    rejects_open: i64,
    load_ms: i64,
    idle_ms: i64,
    verified_ms_ago: Option<i64>,
    verified_clean: Option<bool>,
}

#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    mappings: &'a [Row],
}

const COLUMNS: [Column<Row>; 8] = [
    Column { header: "Mapping", name: "name", cell: |row| Cell::Text(row.name.clone()) },
    Column { header: "Target", name: "target", cell: |row| Cell::Text(row.target.clone()) },
    Column { header: "Phase", name: "phase", cell: |row| Cell::Text(row.phase.word().to_owned()) },
    Column {
        header: "Source rows",
        name: "source_rows",
        cell: |row| Cell::Count(row.counts.source_rows as f64),
    },
    Column { header: "Inserted", name: "inserted", cell: |row| Cell::Count(row.counts.inserted as f64) },
    Column {
        header: "Queued",
        name: "queued",
        cell: |row| row.queued.map_or(Cell::None, |queued| Cell::Count(queued as f64)),
    },
    Column { header: "Rejects open", name: "rejects_open", cell: |row| Cell::Count(row.rejects_open as f64) },
    Column {
        header: "Verified",
        name: "verified",
        cell: |row| Cell::text(row.verified_clean.map(|clean| if clean { "clean" } else { "differs" })),
    },
];

impl StatusArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect_to_read().await?;
        let schema = read_books(context, &session).await?;
        let mut rows = Vec::new();
        for state in backfills(&session, &schema, None).await? {
            let queued = match state.phase {
                Phase::Moved => None,
                _ => queued(&session, &Names::new(&schema, &state.name)?).await,
            };
            rows.push(row(state, queued));
        }
        let fine = |row: &Row| row.phase >= Phase::Direct && row.rejects_open == 0;
        let exit = if self.check && !rows.iter().all(fine) { Exit::Found } else { Exit::Done };
        if context.ui.format() == Format::Json {
            let document = Document { exit_code: exit.code(), mappings: &rows };
            context.ui.document("pgtend.normalize.status/1", &document)?;
        } else if rows.is_empty() {
            context.ui.status("no mapping has been begun");
        } else {
            context.ui.listing(&Listing::new(&COLUMNS, &rows))?;
        }
        Ok(exit)
    }
}

/// None where the role may not look.
async fn queued(session: &Session, names: &Names) -> Option<u64> {
    let rows = session.read(&names.queue_length()).await.ok()?;
    rows.concat().into_iter().flatten().next()?.parse().ok()
}

fn row(state: Backfill, queued: Option<u64>) -> Row {
    Row {
        name: state.name,
        source: state.source,
        target: state.target,
        strategy: state.strategy,
        phase: state.phase,
        counts: state.counts,
        reached: state.reached,
        high_water: state.high_water,
        queued,
        rejects: state.rejects,
        rejects_open: state.rejects_open,
        load_ms: state.load_ms,
        idle_ms: state.idle_ms,
        verified_ms_ago: state.verified_ms,
        verified_clean: state.verified_clean,
    }
}
