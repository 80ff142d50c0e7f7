//! `pgtend matview log`
use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::matview::survey::{books, find};
use crate::failure::{Exit, Explain as _};
use crate::operations::matview::{History, LogRow};
use crate::output::{Cell, Column, Format, Listing};
use crate::pg::catalog::{TableName, matviews};
use crate::pg::name::Relation;
use crate::pg::session::Session;

/// Show the refreshes of the past: how long each took, what it wrote, and for how long readers waited
#[derive(Debug, Args)]
pub struct LogArgs {
    /// Materialized view, also one that is gone [default: all]
    #[arg(value_name = "VIEW")]
    views: Vec<String>,
    /// How far back
    #[arg(long, value_name = "TIME", default_value = "30days", value_parser = humantime::parse_duration)]
    since: Duration,
    /// Most lines to show
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
}

#[derive(Serialize)]
struct Document<'a> {
    refreshes: &'a [LogRow],
}

/// A line with the durations up to it, on the newest line of each view.
type Line = (LogRow, Vec<f64>);

const COLUMNS: [Column<Line>; 12] = [
    Column { header: "View", name: "view", cell: |(row, _)| Cell::Text(row.view.clone()) },
    Column {
        header: "Started",
        name: "started",
        cell: |(row, _)| Cell::Text(row.started.format("%Y-%m-%d %H:%M:%SZ").to_string()),
    },
    Column { header: "Mode", name: "mode", cell: |(row, _)| Cell::Text(row.mode.clone()) },
    Column { header: "Outcome", name: "outcome", cell: |(row, _)| Cell::Text(row.outcome.clone()) },
    Column { header: "Took", name: "duration_ms", cell: |(row, _)| time(row.duration_ms) },
    Column { header: "Trend", name: "durations_ms", cell: |(_, past)| trend(past) },
    Column { header: "Readers held", name: "readers_held_ms", cell: |(row, _)| time(row.readers_held_ms) },
    Column {
        header: "Rows",
        name: "rows",
        cell: |(row, _)| row.rows.map_or(Cell::None, |rows| Cell::Count(rows as f64)),
    },
    Column { header: "Size", name: "bytes_after", cell: |(row, _)| bytes(row.bytes_after) },
    Column { header: "WAL", name: "wal_bytes", cell: |(row, _)| bytes(row.wal_bytes) },
    Column { header: "Temp", name: "temp_bytes", cell: |(row, _)| bytes(row.temp_bytes) },
    Column { header: "Error", name: "error", cell: |(row, _)| Cell::known(row.error.clone(), Cell::Lines) },
];

fn time(ms: Option<f64>) -> Cell {
    ms.map_or(Cell::None, Cell::Milliseconds)
}

fn bytes(bytes: Option<i64>) -> Cell {
    bytes.map_or(Cell::None, Cell::Bytes)
}

/// One refresh is no trend.
fn trend(past: &[f64]) -> Cell {
    if past.len() > 1 { Cell::Series(past.to_vec()) } else { Cell::None }
}

impl LogArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect_to_read().await?;
        let since = context.now(&session) - self.since;
        let names: Vec<TableName> = self.views.iter().map(|name| TableName::parse(name)).collect();
        let log = History::log(&session, &books(context)?, since).await?;
        if log.is_none() {
            context.ui.status("no refresh is logged here, or this role may not read the log");
        }
        let mut rows: Vec<LogRow> = log.unwrap_or_default();
        rows.retain(|row| names.is_empty() || names.iter().any(|name| is(row, name)));
        for row in &mut rows {
            row.view = Relation::new(&row.schema, &row.name).exit(Exit::Failed)?.plain();
        }
        self.check(context, &session, &rows).await?;
        let past = durations(&rows);
        rows.truncate(self.limit);
        if context.ui.format() == Format::Json {
            context.ui.document("pgtend.matview.log/1", &Document { refreshes: &rows })?;
        } else if !rows.is_empty() || context.ui.format() != Format::Table {
            let mut past = past;
            let lines: Vec<Line> = rows
                .into_iter()
                .map(|row| {
                    let past = past.remove(&row.view).unwrap_or_default();
                    (row, past)
                })
                .collect();
            context.ui.listing(&Listing::new(&COLUMNS, &lines))?;
        }
        Ok(Exit::Done)
    }

    /// A name that neither the log nor the database knows is a mistake.
    async fn check(&self, context: &Context, session: &Session, rows: &[LogRow]) -> anyhow::Result<()> {
        let silent = |name: &&String| !rows.iter().any(|row| is(row, &TableName::parse(name)));
        let silent: Vec<String> = self.views.iter().filter(silent).cloned().collect();
        if silent.is_empty() {
            return Ok(());
        }
        let views = matviews(session, None, None).await?;
        for (name, found) in silent.iter().zip(find(session, &views, &silent).await?) {
            found?;
            let since = humantime::format_duration(self.since);
            context.ui.status(&format!("no refresh of {name} is logged in the last {since}"));
        }
        Ok(())
    }
}

fn is(row: &LogRow, name: &TableName) -> bool {
    let same = |stored: &str, typed: &str| stored == typed || stored == typed.to_lowercase();
    same(&row.name, &name.name) && name.schema.as_ref().is_none_or(|schema| same(&row.schema, schema))
}

/// The last durations of each view, oldest first.
fn durations(rows: &[LogRow]) -> BTreeMap<String, Vec<f64>> {
    const SHOWN: usize = 16;
    let mut past: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.outcome == "done") {
        let durations = past.entry(row.view.clone()).or_default();
        if durations.len() < SHOWN {
            durations.extend(row.duration_ms);
        }
    }
    past.values_mut().for_each(|durations| durations.reverse());
    past
}
