//! `pgtend partition restore`
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use crate::apply::archive::Found;
use crate::commands::context::Context;
use crate::commands::partition::args::{CalendarArgs, StoreArgs, Wish};
use crate::commands::partition::targets::{Target, find};
use crate::commands::work::{Shared, Subject, Tally};
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::{Restoration, plan_restore, survey_restore};
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::plan::{Plan, consent};

/// Bring the rows of an archive back
///
/// As a table of its own, made like the partitioned table; with --attach as a partition again. The rows come back in
/// one transaction, which commits only when they are proved to be those that were archived.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Manifest of the archive, as `partition archive list` names it; with --archive-command, its name in that store
    #[arg(value_name = "MANIFEST")]
    manifest: PathBuf,
    #[command(flatten)]
    store: StoreArgs,
    /// Partitioned table that it belongs to [default: the one of the manifest]
    #[arg(long, value_name = "TABLE")]
    table: Option<String>,
    /// Name of the table to make, in the schema that the partition had [default: the partition's]
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// Make it a partition again
    #[arg(long)]
    attach: bool,
    #[command(flatten)]
    calendar: CalendarArgs,
}

const SCHEMA: &str = "pgtend.partition.restore/1";

impl RestoreArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let found = self.store.read(&self.manifest).exit(Exit::Usage)?;
        found.verify().hint("look for another copy of the archive; nothing was changed")?;
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let target = self.target(context, &session, &found).await?;
        let (tally, shared) = (Tally::default(), Shared::new(context));
        let name = target.table.relation.plain();
        if context.args.dry_run {
            match self.plan(&session, &target, &found).await {
                Ok(plan) => return tally.show(context, &session, SCHEMA, &[plan]),
                Err(error) => tally.fail(context, &name, &error),
            }
            return tally.show(context, &session, SCHEMA, &[]);
        }
        let work = async {
            let plan = self.plan(&session, &target, &found).await?;
            let agreed = consent(vec![plan], |_| Ok(false))?;
            let consented = agreed.first().context("a plan was made and is gone")?;
            shared.apply(context, &session, consented).await
        };
        tally.settle(
            context,
            &name,
            shared.claimed(context, &session, &Subject::from(&target.table), work).await,
        );
        tally.end(context, SCHEMA)
    }

    /// The partitioned table. The names of the manifest are quoted, so that each means what it says.
    async fn target(&self, context: &Context, session: &Session, found: &Found) -> anyhow::Result<Target> {
        let [schema, table] = &found.manifest.subject.table;
        let known = Relation::new(schema.clone(), table.clone())?;
        let wanted = self.table.clone().unwrap_or_else(|| known.to_string());
        let refine = |wish: Wish| wish.calendar(&self.calendar);
        let mut targets = find(context, session, &[wanted], refine).await?;
        if let Some((_, error)) = targets.failed.pop() {
            return Err(error.hint("say with --table which partitioned table the rows belong to"));
        }
        targets.found.pop().context("the partitioned table is gone")
    }

    async fn plan(&self, session: &Session, target: &Target, found: &Found) -> anyhow::Result<Plan> {
        let manifest = &found.manifest;
        let [schema, partition] = &manifest.subject.partition;
        let name = self.name.as_ref().unwrap_or(partition);
        let restoration = Restoration {
            subject: &manifest.subject,
            digest: &manifest.digest,
            file_sha256: &manifest.file_sha256,
            format: manifest.format,
            file: &found.file(),
            relation: Relation::new(schema.clone(), name.clone())?,
            attach: self.attach,
        };
        let timeline = target.timeline()?;
        let evidence = survey_restore(session, &timeline, &restoration).await?;
        plan_restore(&timeline, &target.wish.policy, &restoration, &evidence)
    }
}
