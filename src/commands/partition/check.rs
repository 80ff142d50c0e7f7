//! `pgtend partition check`
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::partition::args::{AheadArgs, CalendarArgs, RetentionArgs, Wish};
use crate::commands::partition::targets::{Target, Targets, find};
use crate::failure::{Exit, one_line};
use crate::operations::partition::{Finding, FindingKind, Report, check, is_by_time, survey_check};
use crate::output::{Cell, Column, Format, Listing};
use crate::pg::catalog::{TableName, partitioned_tables};
use crate::pg::session::Session;

/// Say until when inserts are safe, and what is wrong; exit 3 when anything is
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Partitioned table [default: every table of the configuration, or every one that there is]
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    #[command(flatten)]
    ahead: AheadArgs,
    #[command(flatten)]
    retention: RetentionArgs,
    #[command(flatten)]
    calendar: CalendarArgs,
}

#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    tables: &'a [Report],
}

const COLUMNS: [Column<(Report, Finding)>; 4] = [
    Column { header: "Table", name: "table", cell: |(report, _)| Cell::Text(report.table.clone()) },
    Column {
        header: "Inserts are safe until",
        name: "covered_until",
        cell: |(report, _)| Cell::text(report.covered_until.clone()),
    },
    Column {
        header: "Finding",
        name: "kind",
        cell: |(_, finding)| Cell::Text(kind_word(finding.kind).to_owned()),
    },
    Column { header: "What", name: "text", cell: |(_, finding)| Cell::Text(finding.text.clone()) },
];

impl CheckArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect_to_read().await?;
        let now = context.now(&session);
        let refine =
            |wish: Wish| wish.calendar(&self.calendar)?.ahead(&self.ahead).retention(&self.retention);
        let everything = self.tables.is_empty() && context.config.partition.is_empty();
        let targets = if everything {
            all(&session, refine).await?
        } else {
            find(context, &session, &self.tables, refine).await?
        };
        let mut reports: Vec<Report> =
            targets.failed.iter().map(|(name, error)| unreadable(name.to_string(), error)).collect();
        for target in &targets.found {
            let report = async {
                let timeline = target.timeline()?;
                let sample = survey_check(&session, &timeline).await?;
                Ok(check(&timeline, &target.wish.policy, timeline.calendar.point(now), sample.as_ref()))
            };
            match report.await {
                Ok(report) => reports.push(report),
                Err(error) if everything && !is_by_time(&target.table) => {
                    let name = target.table.relation.plain();
                    context.ui.status(&format!("{name}: not checked: {}", one_line(&error)));
                }
                Err(error) => reports.push(unreadable(target.table.relation.plain(), &error)),
            }
        }
        context.stop.check()?;
        let clean = reports.iter().all(|report| report.findings.is_empty());
        let exit = if clean { Exit::Done } else { Exit::Found };
        tell(context, &reports, exit)?;
        Ok(exit)
    }
}

/// Every partitioned table that there is, with the usual policy of one period ahead.
async fn all(session: &Session, refine: impl Fn(Wish) -> anyhow::Result<Wish>) -> anyhow::Result<Targets> {
    let mut targets = Targets::default();
    for table in partitioned_tables(session, None).await? {
        let name = TableName {
            schema: Some(table.relation.schema.raw().to_owned()),
            name: table.relation.name.raw().to_owned(),
        };
        let mut wish = Wish::configured(None)?;
        wish.policy.ahead = 1;
        targets.found.push(Target { name, wish: refine(wish)?, table });
    }
    Ok(targets)
}

/// A table that cannot be checked is a finding: a check that skips is a check that lies.
fn unreadable(table: String, error: &anyhow::Error) -> Report {
    let finding = Finding { kind: FindingKind::Unknown, text: one_line(error) };
    Report { table, covered_until: None, has_default: false, findings: vec![finding] }
}

fn tell(context: &Context, reports: &[Report], exit: Exit) -> anyhow::Result<()> {
    if reports.is_empty() {
        context.ui.status("no table was checked: there is none that is partitioned by time");
    }
    if context.ui.format() == Format::Json {
        return context
            .ui
            .document("pgtend.partition.check/1", &Document { exit_code: exit.code(), tables: reports });
    }
    let rows: Vec<(Report, Finding)> = reports
        .iter()
        .flat_map(|report| {
            let fine = Finding { kind: FindingKind::Fine, text: "nothing to report".to_owned() };
            let findings = if report.findings.is_empty() { vec![fine] } else { report.findings.clone() };
            findings.into_iter().map(|finding| (report.clone(), finding))
        })
        .collect();
    context.ui.listing(&Listing::new(&COLUMNS, &rows))
}

const fn kind_word(kind: FindingKind) -> &'static str {
    match kind {
        FindingKind::Fine => "ok",
        FindingKind::NoCurrentPartition => "no current partition",
        FindingKind::Coverage => "coverage",
        FindingKind::Gap => "gap",
        FindingKind::Misaligned => "misaligned",
        FindingKind::DefaultRows => "default rows",
        FindingKind::PendingDetach => "pending detach",
        FindingKind::Stranded => "not dropped",
        FindingKind::OverdueRetention => "overdue retention",
        FindingKind::LeftoverCheck => "leftover check",
        FindingKind::Unknown => "unknown",
    }
}
