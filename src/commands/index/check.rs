//! `pgtend index check`
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::failure::Exit;
use crate::operations::index::{Finding, FindingKind, Report, check, survey_check, survey_named};
use crate::output::{Cell, Column, Format, Listing};
use crate::pg::catalog::TableName;

/// Say which indexes are not valid, double, unused or missing; exit 3 when any is
///
/// Each finding comes with the command and the SQL that mend it and the SQL that takes it back. What a constraint, a
/// foreign key or replication relies on is never proposed for dropping.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Table to check [default: every table]
    #[arg(value_name = "TABLE")]
    table: Option<String>,
    /// How long an index may be idle before it counts as unused
    #[arg(long, value_name = "TIME", default_value = "30 days", value_parser = humantime::parse_duration)]
    since: Duration,
}

#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    /// Uses are counted since then.
    counted_since: Option<DateTime<Utc>>,
    findings: &'a [Finding],
    notes: &'a [String],
}

const COLUMNS: [Column<Finding>; 5] = [
    Column { header: "Finding", name: "kind", cell: |row| Cell::Text(word(row.kind).to_owned()) },
    Column { header: "Table", name: "table", cell: |row| Cell::Text(row.table.clone()) },
    Column { header: "Index", name: "index", cell: |row| Cell::text(row.index.clone()) },
    Column { header: "Size", name: "size_bytes", cell: |row| row.size_bytes.map_or(Cell::None, Cell::Bytes) },
    Column { header: "What", name: "text", cell: |row| Cell::Text(row.text.clone()) },
];

const MENDING: [Column<Finding>; 3] = [
    Column { header: "Command", name: "command", cell: |row| Cell::Text(row.command.clone()) },
    Column { header: "SQL", name: "sql", cell: |row| Cell::Text(row.sql.clone()) },
    Column { header: "Undo", name: "undo_sql", cell: |row| Cell::text(row.undo_sql.clone()) },
];

impl CheckArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect_to_read().await?;
        let now = context.now(&session);
        let tables = match &self.table {
            Some(table) => Some(survey_named(&session, &TableName::parse(table)).await?.tree.oids()),
            None => None,
        };
        let mut evidence = survey_check(&session, tables.as_deref()).await?;
        if tables.is_none() {
            // What pgtend keeps for itself is not the reader's to mend.
            let ours = &context.config.journal.schema;
            evidence.indexes.retain(|index| index.table.schema.raw() != ours);
            evidence.foreign_keys.retain(|key| key.table.schema.raw() != ours);
        }
        let since = TimeDelta::from_std(self.since).unwrap_or(TimeDelta::MAX);
        let report = check(&evidence, now, since)?;
        context.stop.check()?;
        let exit = if report.findings.is_empty() { Exit::Done } else { Exit::Found };
        tell(context, &report, evidence.used.since, exit)?;
        Ok(exit)
    }
}

fn tell(
    context: &Context,
    report: &Report,
    counted_since: Option<DateTime<Utc>>,
    exit: Exit,
) -> anyhow::Result<()> {
    let (findings, notes) = (&report.findings, &report.notes);
    if context.ui.format() == Format::Json {
        let document = Document { exit_code: exit.code(), counted_since, findings, notes };
        return context.ui.document("pgtend.index.check/1", &document);
    }
    for note in notes {
        context.ui.status(note);
    }
    if findings.is_empty() {
        context.ui.status("nothing to report");
        return Ok(());
    }
    if context.ui.format() == Format::Csv {
        let all: Vec<Column<Finding>> = COLUMNS.into_iter().chain(MENDING).collect();
        return context.ui.listing(&Listing::new(&all, findings));
    }
    context.ui.listing(&Listing::new(&COLUMNS, findings))?;
    context.ui.answer(&findings.iter().map(mending).collect::<String>())
}

/// A finding as a piece of SQL to copy.
fn mending(finding: &Finding) -> String {
    let name = finding.index.as_ref().unwrap_or(&finding.table).replace(['\n', '\r'], " ");
    let command = finding.command.replace(['\n', '\r'], " ");
    let mut text = format!("\n-- {}, {name}; or: {command}\n{}\n", word(finding.kind), finding.sql);
    if let Some(undo) = &finding.undo_sql {
        let undo = undo.lines().map(|line| format!("-- {line}\n")).collect::<String>();
        text = format!("{text}-- to take it back:\n{undo}");
    }
    text
}

const fn word(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Invalid => "not valid",
        FindingKind::Duplicate => "duplicate",
        FindingKind::Prefix => "prefix",
        FindingKind::Unused => "unused",
        FindingKind::MissingForeignKeyIndex => "missing",
    }
}
