//! `pgtend partition archive rows`
use anyhow::{Context as _, anyhow};
use clap::Args;

use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::normalize::PaceArgs;
use crate::commands::work::{Shared, Subject, Tally};
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::{RowsWish, plan_rows, survey_rows};
use crate::pg::catalog::TableName;
use crate::pg::index_statement::condition;
use crate::pg::session::Session;
use crate::plan::{Consented, Plan, consent};

/// Move rows that meet a condition into another table, a batch at a time
///
/// Each batch is one short transaction, in which the server compares what arrives with what leaves: a row is in one of
/// the two tables at every instant, and a run that was stopped is finished by the next. Rows that others refer to by a
/// foreign key are not moved without them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RowsArgs {
    /// Table that the rows leave, partitioned or not
    #[arg(value_name = "TABLE")]
    table: String,
    /// Which rows, as after WHERE in SQL
    #[arg(long = "where", value_name = "CONDITION")]
    condition: String,
    /// Table that they go to, with columns of the same names and types; made like the other one where it is not there
    #[arg(long, value_name = "TABLE")]
    to: String,
    /// Let the rows of a table that refer to them go along, to another table; may be given more than once
    #[arg(long = "with", value_name = "TABLE=TABLE", value_parser = pair)]
    along: Vec<(String, String)>,
    #[command(flatten)]
    pace: PaceArgs,
}

const EXAMPLES: &str = "\
Examples:
  pgtend partition archive rows sessions --to sessions_closed \\
      --where \"state = 'closed' and closed_at < now() - interval '90 days'\" --dry-run
  pgtend partition archive rows sessions --to sessions_closed --with orders=orders_closed \\
      --where \"closed_at < '2026-01-01'\" --yes --window 01:00-05:00";

const SCHEMA: &str = "pgtend.partition.archive_rows/1";

fn pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(table, target)| !table.is_empty() && !target.is_empty());
    let pair = pair.ok_or("two tables are written as orders=orders_closed")?;
    Ok((pair.0.to_owned(), pair.1.to_owned()))
}

impl RowsArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let wish = self.wish()?;
        self.pace.check(context).await?;
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let tally = Tally::default();
        let plan = plan(&session, &wish).await?;
        if context.args.dry_run {
            tally.finish(&plan.target.plain(), &Outcome::default());
            return tally.show(context, &session, SCHEMA, &[plan]);
        }
        let name = plan.target.plain();
        if plan.is_empty() {
            context.ui.chat(&format!("{name}: no row meets the condition"));
            tally.finish(&name, &Outcome::default());
            return tally.end(context, SCHEMA);
        }
        for note in &plan.notes {
            context.ui.status(&format!("{name}: {note}"));
        }
        let mut agreed = consent(vec![plan], |losses| context.ui.consent_to(losses, context.args.yes))?;
        let agreed = agreed.pop().context("a plan was agreed to and is gone")?;
        tally.settle(context, &name, self.apply(context, &session, agreed, &wish).await);
        tally.end(context, SCHEMA)
    }

    /// The plan is made again under the claim.
    async fn apply(
        &self,
        context: &Context,
        session: &Session,
        agreed: Consented,
        wish: &RowsWish,
    ) -> anyhow::Result<Outcome> {
        let shared = Shared::new(context);
        let (relation, oid) = (agreed.plan().target.clone(), agreed.plan().oid);
        let work = async {
            let fresh = plan(session, wish).await?;
            if fresh.is_empty() {
                return Ok(Outcome::default());
            }
            shared.apply_at_pace(context, session, &agreed.renewed(fresh)?, self.pace.pace()).await
        };
        shared.claimed(context, session, &Subject { relation: &relation, oid, linked: true }, work).await
    }

    fn wish(&self) -> anyhow::Result<RowsWish> {
        let name = |typed: &String| TableName::parse(typed);
        let along: Vec<(TableName, TableName)> =
            self.along.iter().map(|(table, target)| (name(table), name(target))).collect();
        let twice =
            along.iter().enumerate().find(|(at, (table, _))| along[..*at].iter().any(|(t, _)| t == table));
        if let Some((_, (table, _))) = twice {
            return Err(anyhow!("{table} is named twice by --with").exit(Exit::Usage));
        }
        let condition = condition(&self.condition)?;
        Ok(RowsWish { source: name(&self.table), target: name(&self.to), condition, along })
    }
}

async fn plan(session: &Session, wish: &RowsWish) -> anyhow::Result<Plan> {
    plan_rows(&wish.condition, &survey_rows(session, wish).await?)
}
