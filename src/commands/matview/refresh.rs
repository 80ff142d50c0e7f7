//! `pgtend matview refresh`
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use serde::Serialize;

use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::matview::args::WishArgs;
use crate::commands::matview::survey::{Survey, find, survey};
use crate::commands::matview::work::{Work, plan};
use crate::commands::work::{Tally, each};
use crate::failure::{Exit, Explain as _};
use crate::operations::matview::{Choice, Limits, change, choose};
use crate::output::{Cell, Column, Format, Listing};
use crate::pg::catalog::Matview;
use crate::pg::session::Session;
use crate::plan::Plan;

/// Refresh materialized views in their order; skip what has not changed below
///
/// Readers go on: a view is refreshed concurrently, or a copy takes its place. Two runs at once are safe: the second one
/// leaves a view alone that the first one works on. A view that fails blocks those that read it, and no others.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub struct RefreshArgs {
    /// Materialized view
    #[arg(value_name = "VIEW", group = "which")]
    views: Vec<String>,
    /// Every materialized view of the database
    #[arg(long, group = "which")]
    all: bool,
    #[command(flatten)]
    pub wish: WishArgs,
    /// A view and one that must be refreshed before it, where a function hides that it is read
    #[arg(long, value_name = "VIEW=OTHER", value_parser = pair)]
    after: Vec<(String, String)>,
    /// Views to refresh at the same time, each on a connection of its own
    #[arg(short, long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: u8,
}

/// What became of a view.
#[derive(Clone, Debug, Serialize)]
pub struct ViewResult {
    pub view: String,
    pub level: usize,
    /// `refreshed`, `skipped`, `busy`, `failed`, or `blocked`
    pub outcome: &'static str,
    pub mode: Option<&'static str>,
    pub reason: Option<String>,
    pub elapsed_ms: Option<f64>,
    pub readers_held_ms: Option<f64>,
    pub rows_before: Option<f64>,
    pub rows_after: Option<f64>,
    pub bytes_before: Option<i64>,
    pub bytes_after: Option<i64>,
    pub error: Option<String>,
}

#[derive(Serialize)]
struct Document<'a> {
    exit_code: u8,
    views: &'a [ViewResult],
}

const SCHEMA: &str = "pgtend.matview.refresh/1";

const COLUMNS: [Column<ViewResult>; 9] = [
    Column { header: "Level", name: "level", cell: |row| Cell::Count(row.level as f64) },
    Column { header: "View", name: "view", cell: |row| Cell::Text(row.view.clone()) },
    Column { header: "Outcome", name: "outcome", cell: |row| Cell::Text(row.outcome.to_owned()) },
    Column { header: "Mode", name: "mode", cell: |row| Cell::text(row.mode) },
    Column { header: "Because", name: "reason", cell: |row| Cell::text(row.reason.clone()) },
    Column { header: "Took", name: "elapsed_ms", cell: |row| time(row.elapsed_ms) },
    Column { header: "Readers held", name: "readers_held_ms", cell: |row| time(row.readers_held_ms) },
    Column {
        header: "Rows (est.)",
        name: "rows_after",
        cell: |row| row.rows_after.map_or(Cell::None, Cell::Count),
    },
    Column {
        header: "Size",
        name: "bytes_after",
        cell: |row| row.bytes_after.map_or(Cell::None, Cell::Bytes),
    },
];

fn time(ms: Option<f64>) -> Cell {
    ms.map_or(Cell::None, Cell::Milliseconds)
}

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').map(|(view, other)| (view.to_owned(), other.to_owned()));
    pair.filter(|(view, other)| !view.is_empty() && !other.is_empty())
        .ok_or_else(|| "it should be VIEW=OTHER".to_owned())
}

impl RefreshArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let survey = survey(context, &session, &self.after).await?;
        let tally = Tally::default();
        let targets = self.targets(context, &session, &survey, &tally).await?;
        if context.args.dry_run {
            return self.show(context, &session, &survey, &tally, &targets).await;
        }
        let work = Work::new(context, self, &survey, &tally, context.now(&session));
        for level in levels(&survey, &targets) {
            each(
                context,
                &session,
                usize::from(self.jobs),
                level,
                async |session: &Session, view: &Matview| {
                    work.one(session, view).await;
                },
            )
            .await;
            context.stop.check()?;
        }
        self.end(context, &tally, work.results())
    }

    /// The views that are meant; a name that means none is a failure of its own.
    async fn targets<'a>(
        &self,
        context: &Context,
        session: &Session,
        survey: &'a Survey<'_>,
        tally: &Tally,
    ) -> anyhow::Result<Vec<&'a Matview>> {
        if self.all {
            for (name, error) in &survey.missing {
                tally.fail(context, name, error);
            }
            return Ok(survey.views.iter().collect());
        }
        let mut targets: Vec<&Matview> = Vec::new();
        for (name, oid) in self.views.iter().zip(find(session, &survey.views, &self.views).await?) {
            match oid {
                Ok(oid) if targets.iter().any(|view| view.oid == oid) => {}
                Ok(oid) => targets.extend(survey.view(oid)),
                Err(error) => tally.fail(context, name, &error),
            }
        }
        Ok(targets)
    }

    /// The user named the views.
    pub const fn is_named(&self) -> bool {
        !self.all
    }

    pub fn limits(&self, context: &Context, survey: &Survey<'_>, view: &Matview) -> Limits {
        let timeout: Option<Duration> = self.wish.timeout(survey.config(view));
        Limits { timeout, patience: context.patience.budget }
    }

    /// How each view would be refreshed, and why.
    pub fn choice(
        &self,
        survey: &Survey<'_>,
        view: &Matview,
        session: &Session,
        now: chrono::DateTime<chrono::Utc>,
    ) -> anyhow::Result<Choice> {
        let wish = self.wish.wish(survey.config(view), self.is_named());
        let latest = survey.history.of(view);
        choose(view, &change(view, latest), latest, &wish, now, session.facts().version)
    }

    async fn show(
        &self,
        context: &Context,
        session: &Session,
        survey: &Survey<'_>,
        tally: &Tally,
        targets: &[&Matview],
    ) -> anyhow::Result<Exit> {
        let (mut plans, now) = (Vec::new(), context.now(session));
        for view in levels(survey, targets).into_iter().flatten() {
            let relation = view.relation()?;
            let name = relation.plain();
            let planned = match self.choice(survey, view, session, now) {
                Ok(Choice::Skip { reason }) => {
                    context.ui.status(&format!("{name}: skip: {reason}"));
                    let notes = vec![format!("skip: {reason}")];
                    Ok(Plan { target: relation, oid: view.oid, steps: Vec::new(), notes })
                }
                Ok(Choice::Refresh { way, reason }) => {
                    plan(session, view, way, self.limits(context, survey, view)).await.map(|mut plan| {
                        plan.notes.push(format!("{way}: {reason}"));
                        plan
                    })
                }
                Err(error) => Err(error),
            };
            match planned {
                Ok(plan) => {
                    tally.finish(&name, &Outcome::default());
                    plans.push(plan);
                }
                Err(error) => tally.fail(context, &name, &error),
            }
        }
        tally.show(context, session, SCHEMA, &plans)
    }

    fn end(&self, context: &Context, tally: &Tally, mut results: Vec<ViewResult>) -> anyhow::Result<Exit> {
        results.sort_by(|a, b| (a.level, &a.view).cmp(&(b.level, &b.view)));
        let one = |outcome: &str| results.iter().any(|result| result.outcome == outcome);
        let exit = match tally.exit() {
            Exit::Done if one("busy") && !one("refreshed") => Exit::Busy,
            exit => exit,
        };
        match context.ui.format() {
            Format::Json => {
                context.ui.line(SCHEMA, &Document { exit_code: exit.code(), views: &results })?;
            }
            Format::Csv | Format::Markdown => context.ui.listing(&Listing::new(&COLUMNS, &results))?,
            // Each view has had its line.
            _ => {}
        }
        if exit == Exit::Partly {
            context.ui.status("some failed, the others are finished");
        }
        if self.all && results.is_empty() && exit == Exit::Done {
            context.ui.chat("there is no materialized view");
        }
        Ok(exit)
    }
}

/// The views level by level, lowest first.
fn levels<'a>(survey: &Survey<'_>, targets: &[&'a Matview]) -> Vec<Vec<&'a Matview>> {
    let mut levels: Vec<Vec<&Matview>> = Vec::new();
    for view in targets {
        let level = survey.order.level(view.oid);
        if levels.len() <= level {
            levels.resize(level + 1, Vec::new());
        }
        levels[level].push(view);
    }
    levels
}

/// A view that is left alone because one that it reads has failed.
pub fn blocked(view: &str, by: &str, exit: Exit) -> anyhow::Error {
    anyhow!("{view} is not refreshed, because it reads {by}, which failed").exit(exit)
}
