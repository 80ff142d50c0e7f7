//! What all reports share: how they are asked for, and how their answer is laid out, the verdict first.
use std::time::Duration;

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::report::honesty::honesty;
use crate::failure::{Exit, Explain as _};
use crate::operations::report::{Answer, Note, Rights, prepare};
use crate::output::{Column, Format, Listing, visible};
use crate::pg::session::Session;
use crate::pg::state::ServerError;

const LIMIT: usize = 20;
const GLANCE: Duration = Duration::from_millis(100);

#[derive(Debug, Default, Args)]
pub struct FrameArgs {
    /// Column to sort by: numbers from the largest on
    #[arg(long, value_name = "COLUMN")]
    sort: Option<String>,
    /// Most rows to show; 0 for all [default: 20, all in JSON and CSV]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Ask again and again, with so much time between [with no time: 2s]
    #[arg(long, value_name = "TIME", num_args = 0..=1, default_missing_value = "2s",
          value_parser = humantime::parse_duration)]
    watch: Option<Duration>,
}

/// What a report is asked over.
#[derive(Debug)]
pub struct Desk<'a> {
    pub context: &'a Context,
    pub session: &'a Session,
    pub rights: &'a Rights,
    pub now: DateTime<Utc>,
}

/// A report: its name and title, its columns, and how its answer is found.
pub trait Report {
    type Row: Serialize + 'static;
    /// Of the JSON document: `pgtend.report.<name>/1`.
    const SCHEMA: &'static str;
    const TITLE: &'static str;
    const COLUMNS: &'static [Column<Self::Row>];
    /// Its rows are few, and only all of them are an answer.
    const WHOLE: bool = false;
    /// The verdict rests on what the server counts of tables.
    const COUNTED: bool = false;

    async fn answer(&self, desk: &Desk<'_>) -> anyhow::Result<Answer<Self::Row>>;

    /// Whether the answer is one that the user wanted to hear of by the exit code.
    ///
    /// # Errors
    /// When that cannot be known.
    fn fails(&self, _answer: &Answer<Self::Row>) -> anyhow::Result<bool> {
        Ok(false)
    }
}

#[derive(Serialize)]
struct Document<'a, R> {
    tool: &'static str,
    generated_at: DateTime<Utc>,
    server: Server<'a>,
    rows_total: usize,
    #[serde(flatten)]
    answer: &'a Answer<R>,
}

#[derive(Serialize)]
struct Server<'a> {
    version_num: u32,
    standby: bool,
    database: &'a str,
    role: &'a str,
}

/// Answers, once or again and again.
pub async fn show<R: Report>(context: &Context, report: &R, args: &FrameArgs) -> anyhow::Result<Exit> {
    let session = context.connect_to_read().await?;
    let rights = prepare(&session).await.map_err(ServerError::explained)?;
    let order = args.sort.as_ref().map(|name| column(R::COLUMNS, name)).transpose()?;
    let mut now = context.now(&session);
    loop {
        let desk = Desk { context, session: &session, rights: &rights, now };
        let mut answer = until_stopped(context, told(&desk, report)).await??;
        if let Some(column) = order {
            answer.rows.sort_by(|a, b| (column.cell)(a).order(&(column.cell)(b)));
        }
        let failed = report.fails(&answer);
        lay_out::<R>(&desk, answer, args.limit)?;
        let Some(pause) = args.watch.filter(|_| context.ui.is_read()) else {
            return Ok(if failed? { Exit::Found } else { Exit::Done });
        };
        until_stopped(context, tokio::time::sleep(pause)).await?;
        now += chrono::TimeDelta::from_std(pause)?;
    }
}

/// The answer, with nothing said of what was not counted.
pub async fn told<R: Report>(desk: &Desk<'_>, report: &R) -> anyhow::Result<Answer<R::Row>> {
    let mut answer = report.answer(desk).await?;
    if R::COUNTED && !desk.rights.counts {
        answer.verdict = "not known, for the server does not count".to_owned();
    }
    Ok(answer)
}

/// The work, unless the user does not want it any more.
pub async fn until_stopped<T>(context: &Context, work: impl Future<Output = T>) -> anyhow::Result<T> {
    let stopped = async {
        loop {
            if let Err(stopped) = context.stop.check() {
                return stopped;
            }
            tokio::time::sleep(GLANCE).await;
        }
    };
    tokio::select! {
        done = work => Ok(done),
        stopped = stopped => Err(stopped.into()),
    }
}

/// By its whole name, or the name without its unit.
fn column<R>(columns: &'static [Column<R>], name: &str) -> anyhow::Result<&'static Column<R>> {
    let units = ["", "_ms", "_s", "_bytes", "_pct"];
    let known = columns.iter().find(|column| {
        units.iter().any(|unit| column.name.strip_suffix(unit).is_some_and(|stem| stem == name))
    });
    known.ok_or_else(|| {
        let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
        anyhow!("no column `{name}` to sort by")
            .exit(Exit::Usage)
            .hint(format!("there are {}", names.join(", ")))
    })
}

fn lay_out<R: Report>(
    desk: &Desk<'_>,
    mut answer: Answer<R::Row>,
    limit: Option<usize>,
) -> anyhow::Result<()> {
    let (ui, facts) = (&desk.context.ui, desk.session.facts());
    let usual = desk.context.config.report.limit.unwrap_or(LIMIT);
    let limit = limit.unwrap_or(match ui.format() {
        Format::Json | Format::Csv => 0,
        _ if R::WHOLE => 0,
        _ => usual,
    });
    let total = answer.rows.len();
    if limit > 0 {
        answer.rows.truncate(limit);
    }
    match ui.format() {
        Format::Json => {
            let server = Server {
                version_num: facts.version.number(),
                standby: facts.standby,
                database: &facts.database,
                role: &facts.role,
            };
            let tool = env!("CARGO_PKG_VERSION");
            let document =
                Document { tool, generated_at: desk.now, server, rows_total: total, answer: &answer };
            ui.document(R::SCHEMA, &document)
        }
        Format::Csv => ui.listing(&Listing::new(R::COLUMNS, &answer.rows)),
        _ => {
            ui.answer(&head(R::TITLE, &answer))?;
            if !answer.rows.is_empty() {
                ui.listing(&Listing::new(R::COLUMNS, &answer.rows).by_line())?;
            }
            let foot = foot(&answer, total, ui.format() == Format::Markdown);
            if foot.is_empty() { Ok(()) } else { ui.answer(&foot) }
        }
    }
}

/// The verdict, how far it can be trusted, and what would make it better.
fn head<R>(title: &str, answer: &Answer<R>) -> String {
    let mut lines = vec![format!("{title}: {}", visible(&answer.verdict))];
    lines.extend(answer.coverage.as_ref().map(honesty));
    for Note { note, remedy } in &answer.notes {
        lines.push(match remedy {
            Some(remedy) => format!("note: {note}; {remedy}"),
            None => format!("note: {note}"),
        });
    }
    lines.push(String::new());
    lines.join("\n") + "\n"
}

fn foot<R>(answer: &Answer<R>, total: usize, markdown: bool) -> String {
    let mut lines = Vec::new();
    if answer.rows.len() < total {
        lines.push(format!("{} of {total} rows; --limit 0 shows all", answer.rows.len()));
    }
    if !answer.next.is_empty() {
        lines.push(String::new());
        let fence = markdown.then(|| "```".to_owned());
        lines.extend(fence.iter().map(|fence| format!("{fence}sql")));
        lines.extend(answer.next.iter().cloned());
        lines.extend(fence);
    }
    lines.join("\n")
}
