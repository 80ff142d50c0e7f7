//! `pgtend migrate up`
use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::migrate::args::SetArgs;
use crate::commands::migrate::connect::connect;
use crate::commands::migrate::findings::diagnostics;
use crate::commands::migrate::lint::LevelArg;
use crate::commands::migrate::set::Set;
use crate::commands::migrate::work::{Done, Work, parse_all, refuse_drift};
use crate::commands::work::Shared;
use crate::failure::{Exit, Explain as _};
use crate::operations::lint::{File, Finding, Level, check, survey};
use crate::operations::migrate::{Books, Migration, Parsed, books_plan, due, refuse_predecessors, unmet};
use crate::pg::session::Session;
use crate::plan::Plan;

/// Apply what is due, in order
///
/// A file runs in one transaction under the lock budget, again as a whole while locks are busy; or, when its statements
/// cannot run in one, statement by statement, each recorded, so that the next run goes on where this one was stopped.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct UpArgs {
    #[command(flatten)]
    sets: SetArgs,
    /// Last version to apply
    #[arg(long, value_name = "VERSION")]
    to: Option<i64>,
    /// How many files to apply at most
    #[arg(long, value_name = "NUMBER")]
    steps: Option<usize>,
    /// Longest wait for another run on the same set
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = humantime::parse_duration)]
    lock_wait: Duration,
    /// How long to wait for a server that is not there yet
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    wait_for_db: Option<Duration>,
    /// Refuse files in which the lint, with this database, finds something of this level [default: error]
    #[arg(long, value_name = "LEVEL", value_enum)]
    lint: Option<LevelArg>,
    /// Apply files whatever the lint finds in them
    #[arg(long, conflicts_with = "lint")]
    no_lint: bool,
    /// Run files whose head says that they stop the application
    #[arg(long)]
    allow_offline: bool,
}

const EXAMPLES: &str = "\
Examples:
  pgtend migrate up --dir db/migrations -d app
  pgtend migrate up --set bisman -n            what it would do, as SQL
  pgtend migrate up --wait-for-db 60s --json   in a pipeline";

pub const SCHEMA: &str = "pgtend.migrate.up/1";

#[derive(Debug, Serialize)]
struct Summary {
    exit_code: u8,
    sets: Vec<SetSummary>,
}

#[derive(Debug, Serialize)]
struct SetSummary {
    set: String,
    applied: Vec<Done>,
}

impl UpArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let sets = self.sets.load(context)?;
        let session = connect(context, self.wait_for_db).await?;
        context.refuse_standby(&session)?;
        if context.args.dry_run {
            let mut plans = Vec::new();
            for set in &sets {
                let work = Work::new(context, &session, &self.sets, set)?;
                plans.extend(self.dry_plans(&work).await?);
            }
            context.ui.plans(SCHEMA, &plans, context.timeouts(&session), &[])?;
            return Ok(Exit::Done);
        }
        let shared = Shared::new(context);
        let mut summary = Summary { exit_code: Exit::Done.code(), sets: Vec::new() };
        for set in &sets {
            let applied = self.apply_set(context, &session, &shared, set).await?;
            summary.sets.push(SetSummary { set: set.name.clone(), applied });
        }
        if context.ui.is_json() {
            context.ui.line(SCHEMA, &summary)?;
        }
        Ok(Exit::Done)
    }

    async fn apply_set(
        &self,
        context: &Context,
        session: &Session,
        shared: &Shared,
        set: &Set,
    ) -> anyhow::Result<Vec<Done>> {
        let work = Work::new(context, session, &self.sets, set)?;
        if self.due(&work, &work.books().await?)?.is_empty() {
            context.ui.status(&format!("{}: nothing to do", set.name));
            return Ok(Vec::new());
        }
        work.claimed(self.lock_wait, self.apply_due(&work, shared)).await
    }

    /// Another run may have done it all while this one waited: the books are read again.
    async fn apply_due(&self, work: &Work<'_>, shared: &Shared) -> anyhow::Result<Vec<Done>> {
        let books = work.books().await?;
        let files = self.due(work, &books)?;
        if files.is_empty() {
            work.context.ui.status(&format!("{}: another run has done it", work.set.name));
            return Ok(Vec::new());
        }
        let parsed = self.examine(work, &books, &files).await?;
        let target = work.prepare(shared, &books, &parsed).await?;
        let mut done = Vec::new();
        for (file, parsed) in &parsed {
            work.context.stop.check()?;
            done.push(work.run_file(shared, &target, &books, file, parsed).await?);
        }
        let files = if done.len() == 1 { "1 file".to_owned() } else { format!("{} files", done.len()) };
        work.context.ui.status(&format!("{}: {files} applied", work.set.name));
        Ok(done)
    }

    /// What is due, when files and history fit together.
    fn due<'w>(&self, work: &'w Work<'_>, books: &Books) -> anyhow::Result<Vec<&'w Migration>> {
        refuse_drift(&work.set.name, &work.rows(books))?;
        let mut files = due(&work.set.migrations, books, self.to)?;
        files.truncate(self.steps.unwrap_or(usize::MAX));
        Ok(files)
    }

    /// Everything that can be known to be wrong before anything is touched.
    async fn examine<'f>(
        &self,
        work: &Work<'_>,
        books: &Books,
        files: &[&'f Migration],
    ) -> anyhow::Result<Vec<(&'f Migration, Parsed)>> {
        if books.applied.is_empty() {
            refuse_predecessors(work.session, &work.path, files).await?;
        }
        let parsed = parse_all(files, &work.variables, self.allow_offline)?;
        let pairs: Vec<(&Migration, &Parsed)> = parsed.iter().map(|(file, parsed)| (*file, parsed)).collect();
        unmet(work.session, &work.path, &pairs).await?;
        if !self.no_lint {
            let level = self.lint.unwrap_or(LevelArg::Error).level();
            refuse_dangerous(work, &pairs, level).await?;
        }
        Ok(parsed)
    }

    async fn dry_plans(&self, work: &Work<'_>) -> anyhow::Result<Vec<Plan>> {
        let books = work.books().await?;
        let files = self.due(work, &books)?;
        let parsed = self.examine(work, &books, &files).await?;
        let target = work.target(&books, work.context.config.journal.enabled);
        work.need_log(&target, &parsed)?;
        let mut plans = if files.is_empty() { Vec::new() } else { vec![books_plan(&target, &books)] };
        for (file, parsed) in &parsed {
            plans.extend(work.dry_plans(&target, &books, file, parsed).await?);
        }
        Ok(plans)
    }
}

/// # Errors
/// When the lint finds something of the level that no comment in the file allows. What it finds is shown.
async fn refuse_dangerous(
    work: &Work<'_>,
    files: &[(&Migration, &Parsed)],
    level: Level,
) -> anyhow::Result<()> {
    let read = |(file, parsed): &(&Migration, &Parsed)| {
        let filled = work.variables.fill(&file.text, &parsed.header.variables)?;
        Ok(File::read_filled(file.file.as_str(), file.text.as_str(), filled))
    };
    let files = files.iter().map(read).collect::<anyhow::Result<Vec<File>>>()?;
    let path: Vec<String> = work.path.iter().map(|schema| schema.raw().to_owned()).collect();
    let catalog = survey(work.session, &path, &files).await?;
    let mut findings: Vec<Finding> = files.iter().flat_map(|file| check(file, Some(&catalog))).collect();
    findings.retain(|finding| finding.waived.is_none() && finding.level >= level);
    if findings.is_empty() {
        return Ok(());
    }
    let error = anyhow!(
        "{} dangerous on this database; nothing was changed",
        if findings.len() == 1 {
            "1 statement is".to_owned()
        } else {
            format!("{} statements are", findings.len())
        }
    );
    Err(error.exit(Exit::Found).detail(work.context.ui.pages(&diagnostics(&findings))).hint(
        "change the file; or say in it why this is safe here (`-- pgtend: allow=RULE reason=\"..\"`); or pass --no-lint",
    ))
}
