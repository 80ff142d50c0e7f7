//! `pgtend migrate baseline`
use std::time::Duration;

use anyhow::{anyhow, ensure};
use clap::{Args, ValueEnum};

use crate::commands::context::Context;
use crate::commands::migrate::args::SetArgs;
use crate::commands::migrate::set::Set;
use crate::commands::migrate::work::{Work, parse_all};
use crate::commands::work::Shared;
use crate::failure::{Exit, Explain as _};
use crate::operations::migrate::{
    Faked, Migration, Parsed, Predecessor, baseline_plan, read_predecessor, unmet,
};
use crate::pg::session::Session;

/// Enter migrations as applied that another way has applied
#[derive(Debug, Args)]
pub struct BaselineArgs {
    #[command(flatten)]
    sets: SetArgs,
    /// Last version that counts as applied
    #[arg(long, value_name = "VERSION", required_unless_present = "from")]
    to: Option<i64>,
    /// Take over what this program has applied, by its own table
    #[arg(long, value_enum, conflicts_with = "to")]
    from: Option<From>,
    /// Enter versions even where the history is not empty
    #[arg(long)]
    force: bool,
    /// Longest wait for another run on the same set
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = humantime::parse_duration)]
    lock_wait: Duration,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum From {
    Dbmate,
    Sqlx,
    Refinery,
}

impl BaselineArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let sets = self.sets.load(context)?;
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        for set in &sets {
            self.enter(context, &session, set).await?;
        }
        Ok(Exit::Done)
    }

    async fn enter(&self, context: &Context, session: &Session, set: &Set) -> anyhow::Result<()> {
        let work = Work::new(context, session, &self.sets, set)?;
        if context.args.dry_run {
            let books = work.books().await?;
            let files = self.wanted(&work, &books.applied).await?;
            let plan = baseline_plan(&work.target(&books, books.has_log), &books, &files);
            return context.ui.plans("pgtend.migrate.baseline/1", &[plan], context.timeouts(session), &[]);
        }
        let shared = Shared::new(context);
        work.claimed(self.lock_wait, async {
            let books = work.books().await?;
            let files = self.wanted(&work, &books.applied).await?;
            if files.is_empty() {
                context.ui.status(&format!("{}: nothing to do", set.name));
                return Ok(());
            }
            let target = work.prepare(&shared, &books, &[]).await?;
            let plan = baseline_plan(&target, &work.books().await?, &files);
            work.apply(&shared, plan, context.patience, &shared.budget).await
        })
        .await
    }

    /// The files to enter, which are not entered yet.
    async fn wanted<'w>(
        &self,
        work: &'w Work<'_>,
        applied: &[crate::operations::migrate::Applied],
    ) -> anyhow::Result<Vec<Faked<'w>>> {
        if !applied.is_empty() && !self.force && self.from.is_none() {
            let error = anyhow!("the history {} is not empty", work.history.plain()).exit(Exit::Usage);
            return Err(error.hint("pass --force to enter more versions into it"));
        }
        let files: Vec<&Migration> = match self.from {
            Some(from) => self.taken_over(work, from).await?,
            None => {
                let to = self.to.unwrap_or(i64::MAX);
                let known = work.set.migrations.iter().any(|file| file.version == to);
                ensure!(known, anyhow!("{} has no version {to}", work.set.name).exit(Exit::Usage));
                work.set.migrations.iter().filter(|file| file.version <= to).collect()
            }
        };
        let new = |file: &&Migration| applied.iter().all(|applied| applied.version != file.version);
        let files: Vec<&Migration> = files.into_iter().filter(new).collect();
        let parsed = parse_all(&files, &work.variables, true)?;
        let pairs: Vec<(&Migration, &Parsed)> = parsed.iter().map(|(file, parsed)| (*file, parsed)).collect();
        unmet(work.session, &work.path, &pairs).await?;
        Ok(files.into_iter().map(Faked).collect())
    }

    async fn taken_over<'w>(&self, work: &'w Work<'_>, from: From) -> anyhow::Result<Vec<&'w Migration>> {
        let predecessor = match from {
            From::Dbmate => Predecessor::Dbmate,
            From::Sqlx => Predecessor::Sqlx,
            From::Refinery => Predecessor::Refinery,
        };
        let versions = read_predecessor(work.session, &work.path, predecessor).await?;
        let lost: Vec<String> = versions
            .iter()
            .filter(|version| work.set.migrations.iter().all(|file| file.version != **version))
            .map(|version| format!("version {version} was applied, and has no file"))
            .collect();
        if !lost.is_empty() {
            let error = anyhow!("the files of {} are not all there; nothing was changed", work.set.name);
            return Err(error.detail(lost.join("\n")));
        }
        Ok(work.set.migrations.iter().filter(|file| versions.contains(&file.version)).collect())
    }
}
