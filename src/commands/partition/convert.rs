//! `pgtend partition convert`
use anyhow::{Context as _, bail};
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};

use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::index::ground::settled;
use crate::commands::partition::args::{AheadArgs, CalendarArgs, DiskArgs, Wish};
use crate::commands::work::{Shared, Subject, Tally};
use crate::failure::Exit;
use crate::operations::partition::{
    ConvertKey, ConvertTerms, IncomingFk, Stage, plan_abort, plan_adopt, plan_convert, plan_finish,
    plan_left, plan_undo, stage, survey_convert, survey_key, survey_undo, whole,
};
use crate::pg::catalog::TableName;
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::plan::{Loss, Plan, consent};

/// Make an ordinary table a partitioned one, while it is in use
///
/// No row is moved: the table becomes the partition of everything up to now, and partitions for what comes are made
/// after it. What hangs on the table goes over in one short transaction; foreign keys hold at every instant. --dry-run
/// tells what will become of each thing. A run that was interrupted is gone on with by the same command, or taken back
/// with --abort; after the cut-over --undo makes the table an ordinary one again.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ConvertArgs {
    /// Ordinary table
    #[arg(value_name = "TABLE")]
    table: String,
    #[command(flatten)]
    calendar: CalendarArgs,
    #[command(flatten)]
    ahead: AheadArgs,
    /// What becomes of foreign keys to the table, where the column has to join its primary key
    #[arg(long, value_enum, default_value_t = IncomingArg::Refuse)]
    incoming_fk: IncomingArg,
    #[command(flatten)]
    disk: DiskArgs,
    /// Take back what an unfinished conversion has prepared
    #[arg(long, conflicts_with_all = ["undo", "incoming_fk"])]
    abort: bool,
    /// Make a converted table an ordinary one again
    #[arg(long, conflicts_with = "incoming_fk")]
    undo: bool,
}

const EXAMPLES: &str = "\
Examples:
  pgtend partition convert messages --by created_at --every month --dry-run
  pgtend partition convert messages --by created_at --every month --incoming-fk registry
  pgtend partition convert messages --undo";

#[derive(Clone, Copy, Debug, ValueEnum)]
enum IncomingArg {
    /// Explain, and change nothing
    Refuse,
    /// They refer to a table that holds each key once, which also keeps the keys unique
    Registry,
    /// They refer to both columns; each table that refers gets the second one, which a trigger fills
    Composite,
    /// They are dropped
    Drop,
}

const SCHEMA: &str = "pgtend.partition.convert/1";

impl ConvertArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let name = TableName::parse(&self.table);
        let (relation, found) = stage(&session, &name).await?;
        let work = Work {
            args: self,
            context,
            session: &session,
            shared: Shared::new(context),
            now: context.now(&session),
        };
        let (name, tally) = (relation.plain(), Tally::default());
        if context.args.dry_run {
            match work.plans(&relation, &found).await {
                Ok(plans) => return tally.show(context, &session, SCHEMA, &plans),
                Err(error) => tally.fail(context, &name, &error),
            }
            return tally.show(context, &session, SCHEMA, &[]);
        }
        match work.all(relation, found).await {
            Ok(outcome) => {
                if outcome.steps.is_empty() {
                    context.ui.chat(&format!("{name}: nothing to do"));
                }
                tally.finish(&name, &outcome);
            }
            Err(error) => tally.fail(context, &name, &error),
        }
        tally.end(context, SCHEMA)
    }
}

/// One run of the command on one table.
struct Work<'a> {
    args: &'a ConvertArgs,
    context: &'a Context,
    session: &'a Session,
    shared: Shared,
    now: DateTime<Utc>,
}

impl Work<'_> {
    /// Claims the table by the oid that it keeps through all of it. Another run may have brought it further meanwhile.
    async fn all(&self, mut relation: Relation, mut found: Stage) -> anyhow::Result<Outcome> {
        let name = TableName::parse(&self.args.table);
        loop {
            let claim = found.claim();
            let claimed = relation.clone();
            let subject = Subject { relation: &claimed, oid: claim, linked: false };
            let work = async {
                (relation, found) = stage(self.session, &name).await?;
                if found.claim() != claim {
                    return Ok(None);
                }
                self.claimed(&relation, &found).await.map(Some)
            };
            if let Some(outcome) = self.shared.claimed(self.context, self.session, &subject, work).await? {
                return Ok(outcome);
            }
        }
    }

    async fn claimed(&self, relation: &Relation, found: &Stage) -> anyhow::Result<Outcome> {
        settled(self.context, &self.shared, self.session, found.claim()).await?;
        let mut outcome = Outcome::default();
        // The first of two plans changes what the second one is made of.
        let mut plans = self.plans(relation, found).await?;
        if plans.len() > 1 {
            self.apply(plans.swap_remove(0), &mut outcome).await?;
            plans = self.plans(relation, found).await?;
        }
        for plan in plans {
            self.apply(plan, &mut outcome).await?;
        }
        if self.args.undo {
            // Back in its place, the table is what the rest is planned for.
            let plan = plan_left(&survey_convert(self.session, found.claim()).await?)?;
            self.apply(plan, &mut outcome).await?;
        }
        Ok(outcome)
    }

    async fn apply(&self, plan: Plan, outcome: &mut Outcome) -> anyhow::Result<()> {
        for note in &plan.notes {
            self.context.ui.status(&format!("{}: {note}", plan.target.plain()));
        }
        if plan.is_empty() {
            return Ok(());
        }
        let agree = |losses: &[&Loss]| self.context.ui.consent_to(losses, self.context.args.yes);
        let agreed = consent(vec![plan], agree)?;
        let consented = agreed.first().context("a plan was made and is gone")?;
        outcome.steps.extend(self.shared.apply(self.context, self.session, consented).await?.steps);
        Ok(())
    }

    async fn plans(&self, relation: &Relation, found: &Stage) -> anyhow::Result<Vec<Plan>> {
        let session = self.session;
        let plan = match (found, self.args.abort, self.args.undo) {
            (Stage::Ordinary(oid), true, _) => plan_abort(&survey_convert(session, *oid).await?)?,
            (Stage::Ordinary(oid), _, true) => plan_left(&survey_convert(session, *oid).await?)?,
            (Stage::Ordinary(oid), ..) => return self.plans_forward(relation, *oid).await,
            (Stage::Converted { .. }, true, _) => bail!(
                "{} is converted already: there is nothing to abort; --undo makes it an ordinary table again",
                relation.plain()
            ),
            (Stage::Converted { table, legacy }, _, true) => {
                plan_undo(&survey_undo(session, *table, *legacy).await?)?
            }
            (Stage::Converted { table, legacy }, ..) => {
                let table = whole(session, *table, relation).await?;
                let legacy = survey_convert(session, *legacy).await?.whole;
                plan_finish(&table, &legacy)?
            }
        };
        Ok(vec![plan])
    }

    /// The conversion; before it, where an empty partitioned table stands ready, what is taken over from that.
    async fn plans_forward(&self, relation: &Relation, oid: u32) -> anyhow::Result<Vec<Plan>> {
        let wish = self.wish(relation)?;
        let incoming = match self.args.incoming_fk {
            IncomingArg::Refuse => IncomingFk::Refuse,
            IncomingArg::Registry => IncomingFk::Registry,
            IncomingArg::Composite => IncomingFk::Composite,
            IncomingArg::Drop => IncomingFk::Drop,
        };
        let terms = ConvertTerms { policy: &wish.policy, incoming, now: self.now };
        let mut evidence = survey_convert(self.session, oid).await?;
        evidence.free = self.args.disk.free().or(evidence.free);
        let key = ConvertKey::read(relation, &evidence.whole.objects, &terms)?;
        let facts = survey_key(self.session, relation, &evidence.whole.objects, &key).await?;
        let plan = plan_convert(&evidence, &terms, &key, &facts)?;
        let before = plan_adopt(&evidence, &key)?;
        Ok([before, plan].into_iter().filter(|plan| !plan.is_empty()).collect())
    }

    /// The flags over what the configuration says of the table.
    fn wish(&self, relation: &Relation) -> anyhow::Result<Wish> {
        let config = self.context.config.partition.iter().find(|config| {
            let name = TableName::parse(&config.table);
            name.name == relation.name.raw()
                && name.schema.is_none_or(|schema| schema == relation.schema.raw())
        });
        Ok(Wish::configured(config)?.calendar(&self.args.calendar)?.ahead(&self.args.ahead))
    }
}
