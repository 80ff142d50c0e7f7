//! `pgtend health --list`: the checks and their limits, as the configuration and the flags have them.
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::health::examine::Selection;
use crate::operations::health::{Check, Group, Limits, Probe};
use crate::output::{Cell, Column, Format, Listing};

#[derive(Debug, Serialize)]
struct Document {
    checks: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    check: &'static str,
    group: Group,
    probe: Probe,
    unit: &'static str,
    #[serde(flatten)]
    limits: Limits,
    /// Less is worse: the limits are passed downwards.
    falling: bool,
    about: &'static str,
    #[serde(skip)]
    of: &'static Check,
}

const COLUMNS: [Column<Row>; 6] = [
    Column { header: "Check", name: "check", cell: |row| Cell::Text(row.check.to_owned()) },
    Column { header: "Probe", name: "probe", cell: |row| Cell::Text(row.probe.word().to_owned()) },
    Column { header: "Warning", name: "warning", cell: |row| limit(row, row.limits.warning) },
    Column { header: "Critical", name: "critical", cell: |row| limit(row, row.limits.critical) },
    Column {
        header: "At least",
        name: "at_least",
        cell: |row| Cell::text(row.limits.at_least.map(|floor| row.of.floor.show(floor))),
    },
    Column { header: "What is looked at", name: "about", cell: |row| Cell::Text(row.about.to_owned()) },
];

fn limit(row: &Row, limit: Option<f64>) -> Cell {
    let below = if row.falling { "< " } else { "" };
    Cell::text(limit.map(|limit| format!("{below}{}", row.of.unit.show(limit))))
}

pub fn list(context: &Context, selection: &Selection) -> anyhow::Result<()> {
    let row = |check: &&'static Check| Row {
        check: check.name,
        group: check.group,
        probe: check.probe,
        unit: check.unit.word(),
        limits: check.limits_in(&selection.limits),
        falling: check.unit.is_falling(),
        about: check.about,
        of: check,
    };
    let rows: Vec<Row> = selection.checks.iter().map(row).collect();
    if context.ui.format() == Format::Json {
        return context.ui.document("pgtend.health.list/1", &Document { checks: rows });
    }
    context.ui.listing(&Listing::new(&COLUMNS, &rows))
}
