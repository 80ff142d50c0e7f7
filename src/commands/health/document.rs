//! The answer of `pgtend health` in each format.
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::health::examine::Examined;
use crate::commands::health::format::{HealthFormat, github, headline, junit, nagios, prometheus};
use crate::failure::Exit;
use crate::operations::health::{Probe, State, Verdict};
use crate::output::{Cell, Column, Listing};

#[derive(Debug, Serialize)]
pub struct Document<'a> {
    state: State,
    exit_code: u8,
    probe: Probe,
    took_ms: f64,
    /// Null when no connection came about.
    server: Option<Server>,
    checks: &'a [Verdict],
}

#[derive(Debug, Serialize)]
struct Server {
    version: String,
    database: String,
    role: String,
    standby: bool,
}

const COLUMNS: [Column<Verdict>; 5] = [
    Column { header: "State", name: "state", cell: |verdict| Cell::Text(verdict.state.word().to_owned()) },
    Column { header: "Group", name: "group", cell: |verdict| Cell::Text(verdict.group.to_owned()) },
    Column { header: "Check", name: "check", cell: |verdict| Cell::Text(verdict.check.to_owned()) },
    Column { header: "What", name: "message", cell: |verdict| Cell::Text(verdict.message.clone()) },
    Column { header: "What helps", name: "remedy", cell: |verdict| Cell::text(verdict.remedy.clone()) },
];

impl<'a> Document<'a> {
    pub fn new(examined: &'a Examined, probe: Probe, exit: Exit) -> Self {
        let server = examined.facts.as_ref().map(|facts| Server {
            version: facts.version.to_string(),
            database: facts.database.clone(),
            role: facts.role.clone(),
            standby: facts.standby,
        });
        Self {
            state: examined.state(),
            exit_code: exit.code(),
            probe,
            took_ms: (examined.took.as_secs_f64() * 10_000.0).round() / 10.0,
            server,
            checks: &examined.verdicts,
        }
    }
}

pub const SCHEMA: &str = "pgtend.health/1";

pub fn tell(
    context: &Context,
    format: HealthFormat,
    examined: &Examined,
    probe: Probe,
    exit: Exit,
) -> anyhow::Result<()> {
    let verdicts = &examined.verdicts;
    let ui = &context.ui;
    match format {
        HealthFormat::Json => ui.document(SCHEMA, &Document::new(examined, probe, exit)),
        HealthFormat::Nagios => ui.answer(&nagios(examined.state(), verdicts)),
        HealthFormat::Prometheus => ui.answer(&prometheus(verdicts)),
        HealthFormat::Junit => ui.answer(&junit(verdicts)),
        HealthFormat::Github => ui.answer(&github(verdicts)),
        HealthFormat::Table => {
            ui.answer(&headline(examined.state(), verdicts))?;
            ui.listing(&Listing::new(&COLUMNS, &sorted(verdicts)))
        }
        HealthFormat::Csv | HealthFormat::Markdown => ui.listing(&Listing::new(&COLUMNS, &sorted(verdicts))),
    }
}

/// The worst first, each kind in the order of the registry.
fn sorted(verdicts: &[Verdict]) -> Vec<Verdict> {
    const ORDER: [State; 5] = [State::Critical, State::Unknown, State::Warning, State::Ok, State::Skipped];
    let of = |state| verdicts.iter().filter(move |verdict| verdict.state == state).cloned();
    ORDER.into_iter().flat_map(of).collect()
}
