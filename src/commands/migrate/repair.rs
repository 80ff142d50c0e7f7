//! `pgtend migrate repair`
use std::time::Duration;

use clap::Args;

use crate::commands::context::Context;
use crate::commands::migrate::args::SetArgs;
use crate::commands::migrate::set::Set;
use crate::commands::migrate::work::Work;
use crate::commands::work::Shared;
use crate::failure::Exit;
use crate::operations::migrate::{Books, Migration, Row, State, Target, repair_plan};
use crate::pg::session::Session;
use crate::plan::{Plan, consent};

/// Accept the files as they are: changed ones as applied, half-run and lost ones forgotten
///
/// It changes the history and the log alone, never a table of the application. Shows what it would do without --yes.
#[derive(Debug, Args)]
pub struct RepairArgs {
    #[command(flatten)]
    sets: SetArgs,
    /// Only this version
    #[arg(long, value_name = "VERSION")]
    only: Option<i64>,
    /// Longest wait for another run on the same set
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = humantime::parse_duration)]
    lock_wait: Duration,
}

impl RepairArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let sets = self.sets.load(context)?;
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        for set in &sets {
            self.repair(context, &session, set).await?;
        }
        Ok(Exit::Done)
    }

    async fn repair(&self, context: &Context, session: &Session, set: &Set) -> anyhow::Result<()> {
        let work = Work::new(context, session, &self.sets, set)?;
        let books = work.books().await?;
        let plan = self.plan(&work, &books, &work.target(&books, books.has_log));
        if plan.is_empty() {
            context.ui.status(&format!("{}: nothing to repair", set.name));
            return Ok(());
        }
        if context.args.dry_run || !(context.args.yes || context.ui.can_ask()) {
            context.ui.plans("pgtend.migrate.repair/1", &[plan], context.timeouts(session), &[])?;
            context.ui.status("nothing was changed; pass --yes to do it");
            return Ok(());
        }
        let shared = Shared::new(context);
        work.claimed(self.lock_wait, async {
            let target = work.prepare(&shared, &books, &[]).await?;
            let plan = self.plan(&work, &work.books().await?, &target);
            let agreed = consent(vec![plan], |losses| context.ui.consent_to(losses, context.args.yes))?;
            for one in &agreed {
                shared.apply(context, session, one).await?;
            }
            Ok(())
        })
        .await
    }

    fn plan(&self, work: &Work<'_>, books: &Books, target: &Target) -> Plan {
        let rows: Vec<Row> = work.rows(books);
        let wanted = |row: &&Row| self.only.is_none_or(|only| row.version == only);
        let with = |state: State| -> Vec<&Migration> {
            let versions: Vec<i64> =
                rows.iter().filter(wanted).filter(|row| row.state == state).map(|row| row.version).collect();
            work.set.migrations.iter().filter(|file| versions.contains(&file.version)).collect()
        };
        let lost: Vec<(i64, String)> = rows
            .iter()
            .filter(wanted)
            .filter(|row| row.state == State::Missing)
            .map(|row| (row.version, row.name.clone()))
            .collect();
        repair_plan(target, &with(State::Divergent), &with(State::Partial), &lost)
    }
}
