//! `pgtend partition undo`
use anyhow::{Context as _, bail};
use clap::Args;

use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::partition::args::{CalendarArgs, Wish, encoding};
use crate::commands::partition::replace::{ReplaceArgs, Replacing};
use crate::commands::partition::targets::{find, section};
use crate::commands::work::{Shared, Subject, Tally};
use crate::failure::Exit;
use crate::operations::partition::{
    Encoding, Every, UndoStage, Verb, order_undo, plan_undone, survey_undone, undo_stage,
};
use crate::pg::catalog::TableName;
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::plan::Plan;

/// Make a partitioned table an ordinary one, while it is in use
///
/// The rows of all partitions are copied into one table, changes are noted by triggers and brought into the copy, and one
/// short transaction gives it the name of the partitioned table and all that hangs on it: every row is visible at every
/// instant. The partitions are dropped when the copy is proved equal. A run that was interrupted is gone on with by the
/// same command, or, before the exchange, taken back with --abort.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct UndoArgs {
    /// Partitioned table
    #[arg(value_name = "TABLE")]
    table: String,
    /// How a bigint, uuid or text key holds its time [default: as the partitions' bounds tell]
    #[arg(long, value_name = "ENCODING", value_parser = encoding)]
    encoding: Option<Encoding>,
    #[command(flatten)]
    replace: ReplaceArgs,
}

const EXAMPLES: &str = "\
Examples:
  pgtend partition undo events --dry-run
  pgtend partition undo events --yes
  pgtend partition undo events --abort";

impl UndoArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let (relation, stage) = undo_stage(&session, &TableName::parse(&self.table)).await?;
        let replacing = Replacing { context, verb: Verb::Undo, args: &self.replace };
        let work = Work { args: self, session: &session, shared: Shared::new(context), replacing };
        let (name, schema, tally) = (relation.plain(), work.replacing.schema(), Tally::default());
        if context.args.dry_run {
            match work.plan(&relation, stage).await {
                Ok(plan) => return tally.show(context, &session, &schema, plan.as_slice()),
                Err(error) => tally.fail(context, &name, &error),
            }
            return tally.show(context, &session, &schema, &[]);
        }
        let ended = work.all(relation, stage).await;
        if ended.as_ref().is_ok_and(|outcome| outcome.steps.is_empty()) {
            context.ui.chat(&format!("{name}: nothing to do"));
        }
        tally.settle(context, &name, ended);
        tally.end(context, &schema)
    }
}

/// One run of the command on one table.
struct Work<'a> {
    args: &'a UndoArgs,
    session: &'a Session,
    shared: Shared,
    replacing: Replacing<'a>,
}

impl Work<'_> {
    /// Claims the partitioned table by its oid, which it keeps until it is gone. Another run may have brought it further
    /// meanwhile.
    async fn all(&self, mut relation: Relation, mut stage: UndoStage) -> anyhow::Result<Outcome> {
        let name = TableName::parse(&self.args.table);
        loop {
            let Some(claim) = stage.claim() else { return Ok(Outcome::default()) };
            let claimed = relation.clone();
            let subject = Subject { relation: &claimed, oid: claim, linked: false };
            let work = async {
                (relation, stage) = undo_stage(self.session, &name).await?;
                if stage.claim() != Some(claim) {
                    return Ok(None);
                }
                match self.plan(&relation, stage).await? {
                    Some(plan) => self.replacing.apply(&self.shared, self.session, plan).await.map(Some),
                    None => Ok(None),
                }
            };
            let done = self.shared.claimed(self.replacing.context, self.session, &subject, work).await?;
            if let Some(outcome) = done {
                return Ok(outcome);
            }
        }
    }

    /// `None`: it is an ordinary table.
    async fn plan(&self, relation: &Relation, stage: UndoStage) -> anyhow::Result<Option<Plan>> {
        let abort = self.args.replace.abort;
        match stage {
            UndoStage::Ordinary => Ok(None),
            UndoStage::Exchanged { .. } if abort => bail!(
                "{} is an ordinary table already: there is nothing to abort; run it again without --abort to clean up",
                relation.plain()
            ),
            UndoStage::Exchanged { table, .. } => {
                plan_undone(&survey_undone(self.session, relation, table).await?).map(Some)
            }
            UndoStage::Partitioned(_) => self.plan_partitioned().await.map(Some),
        }
    }

    async fn plan_partitioned(&self) -> anyhow::Result<Plan> {
        let refine = |wish: Wish| {
            let calendar = CalendarArgs { encoding: self.args.encoding, ..CalendarArgs::default() };
            let mut wish = wish.calendar(&calendar)?;
            // The partitions need not tell how long a period is, for no new ones are made.
            wish.policy.every = wish.policy.every.or(Some(Every::Month));
            Ok(wish)
        };
        let named = std::slice::from_ref(&self.args.table);
        let targets = find(self.replacing.context, self.session, named, refine).await?;
        if let Some((_, error)) = targets.failed.into_iter().next() {
            return Err(error);
        }
        let target = targets.found.first().context("nothing was looked up")?;
        let order = async |_: &_, timeline: &_, _: &_, _| order_undo(timeline).map(Some);
        let mut plan = self.replacing.plan(self.session, target, &order).await?;
        if !plan.is_empty() && section(self.replacing.context, &target.table).is_some() {
            plan.notes.push(
                "the configuration has a [[partition]] section for it, which has to go when it is an ordinary table"
                    .to_owned(),
            );
        }
        Ok(plan)
    }
}
