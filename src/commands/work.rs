//! Applying to many tables: two at a time, each on a session of its own, one failing table stopping no other.
use std::cell::RefCell;
use std::collections::VecDeque;

use anyhow::{Context as _, anyhow};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::apply::{Budget, Journal, Opened, Outcome, Pace, Patience, Runner, Target as Claim};
use crate::commands::context::Context;
use crate::failure::{Exit, Explain as _, one_line};
use crate::output::{Unplanned, exit_of};
use crate::pg::catalog::PartitionedTable;
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::plan::{Consented, Plan};

pub const AT_ONCE: usize = 2;

/// What a run came to, table by table.
#[derive(Debug, Default)]
pub struct Tally {
    tables: RefCell<Vec<TableResult>>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TableResult {
    pub table: String,
    /// `done`, `nothing_to_do` or `failed`
    pub outcome: &'static str,
    pub steps: usize,
    pub error: Option<String>,
    /// Of the first failure.
    #[serde(skip)]
    exit: Option<Exit>,
}

#[derive(Debug, Serialize)]
struct Summary {
    exit_code: u8,
    tables: Vec<TableResult>,
}

impl Tally {
    pub fn finish(&self, table: &str, outcome: &Outcome) {
        let steps = outcome.steps.len();
        self.change(table, |known| {
            known.steps += steps;
            if steps > 0 && known.exit.is_none() {
                known.outcome = "done";
            }
        });
    }

    /// Notes how the work on a table ended.
    pub fn settle(&self, context: &Context, table: &str, ended: anyhow::Result<Outcome>) {
        match ended {
            Ok(outcome) => self.finish(table, &outcome),
            Err(error) => self.fail(context, table, &error),
        }
    }

    /// Prints the error and goes on.
    pub fn fail(&self, context: &Context, table: &str, error: &anyhow::Error) {
        self.fail_all(context, &[table.to_owned()], error);
    }

    /// One error for all these tables, printed unless it was told of them before.
    pub fn fail_all(&self, context: &Context, tables: &[String], error: &anyhow::Error) {
        let text = one_line(error);
        let mut news = false;
        for table in tables {
            context.ui.target_done(table);
            self.change(table, |known| {
                news |= known.error.as_ref() != Some(&text);
                known.outcome = "failed";
                known.exit = known.exit.or(Some(exit_of(error)));
                known.error.get_or_insert_with(|| text.clone());
            });
        }
        match (context.stop.requested(), context.args.dry_run) {
            _ if !news => {}
            (Some(_), _) => context.ui.left(error),
            (None, false) => context.ui.error(error),
            // The document that holds the plans names it too.
            (None, true) => context.ui.complain(error),
        }
    }

    fn change(&self, table: &str, change: impl FnOnce(&mut TableResult)) {
        let mut tables = self.tables.borrow_mut();
        if let Some(known) = tables.iter_mut().find(|result| result.table == table) {
            return change(known);
        }
        let outcome = "nothing_to_do";
        let mut new = TableResult { table: table.to_owned(), outcome, steps: 0, error: None, exit: None };
        change(&mut new);
        tables.push(new);
    }

    /// The exit code of the whole: the failures' own where no table is finished and they agree, else 6.
    pub fn exit(&self) -> Exit {
        let tables = self.tables.borrow();
        let failed: Vec<Exit> = tables.iter().filter_map(|table| table.exit).collect();
        match failed.first() {
            None => Exit::Done,
            Some(_) if failed.len() < tables.len() => Exit::Partly,
            Some(first) if failed.iter().all(|exit| exit == first) => *first,
            Some(_) => Exit::Failed,
        }
    }

    /// Writes the plans of a dry run, and which targets have none because of an error.
    pub fn show(
        &self,
        context: &Context,
        session: &Session,
        schema: &str,
        plans: &[Plan],
    ) -> anyhow::Result<Exit> {
        let tables = self.tables.borrow();
        let unplanned = |result: &TableResult| {
            let (target, error) = (result.table.clone(), result.error.clone()?);
            Some(Unplanned { target, error })
        };
        let failed: Vec<Unplanned> = tables.iter().filter_map(unplanned).collect();
        context.ui.plans(schema, plans, context.timeouts(session), &failed)?;
        Ok(self.exit())
    }

    /// Says how the whole went.
    pub fn end(&self, context: &Context, schema: &str) -> anyhow::Result<Exit> {
        context.stop.check()?;
        let exit = self.exit();
        let tables = self.tables.borrow();
        let failed = tables.iter().filter(|table| table.exit.is_some()).count();
        if context.ui.is_json() {
            context.ui.line(schema, &Summary { exit_code: exit.code(), tables: tables.clone() })?;
        }
        if exit == Exit::Partly && failed < tables.len() {
            context.ui.status(&format!("{failed} failed, the others are finished"));
        }
        Ok(exit)
    }
}

/// Applies to each target what `one` makes of it, `at_once` at a time. The first session is the one that is there, the
/// others are the pool's.
pub async fn each<T, F>(context: &Context, session: &Session, at_once: usize, targets: Vec<T>, one: F)
where
    F: AsyncFn(&Session, T),
{
    let workers = targets.len().min(at_once);
    let queue = RefCell::new(VecDeque::from(targets));
    let next = || queue.borrow_mut().pop_front();
    let work = async |session: &Session| {
        while let Some(target) = next() {
            one(session, target).await;
        }
    };
    let helper = async || match context.lease(false).await {
        Ok(session) => work(&session).await,
        // As where a role may have one connection: the first session does it all.
        Err(error) => tracing::debug!("work with one session: {error:#}"),
    };
    let helpers = futures_util::future::join_all((1..workers).map(|_| helper()));
    tokio::join!(work(session), helpers);
}

/// A relation that one run at a time works on.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub relation: &'a Relation,
    pub oid: u32,
    /// Foreign keys lead to it or away from it.
    pub linked: bool,
}

impl<'a> From<&'a PartitionedTable> for Subject<'a> {
    fn from(table: &'a PartitionedTable) -> Self {
        let linked = table.references_out + table.references_in > 0;
        Self { relation: &table.relation, oid: table.oid, linked }
    }
}

/// What all the relations of a run share.
#[derive(Debug)]
pub struct Shared {
    pub budget: Budget,
    journal: RefCell<Option<Option<Journal>>>,
    foreign_keys: Mutex<()>,
}

impl Shared {
    pub fn new(context: &Context) -> Self {
        let budget = Budget::new(&context.patience);
        Self { budget, journal: RefCell::new(None), foreign_keys: Mutex::new(()) }
    }

    /// For a change that takes the journal itself away.
    pub fn without_journal(context: &Context) -> Self {
        Self { journal: RefCell::new(Some(None)), ..Self::new(context) }
    }

    /// Does the work as the only run on the relation.
    pub async fn claimed<T>(
        &self,
        context: &Context,
        session: &Session,
        subject: &Subject<'_>,
        work: impl Future<Output = anyhow::Result<T>>,
    ) -> anyhow::Result<T> {
        // Two tables that refer to a third would wait for each other's lock on it.
        let _alone = if subject.linked { Some(self.foreign_keys.lock().await) } else { None };
        let claim = Claim::claim(session, subject.relation, subject.oid, &self.budget, &context.stop).await?;
        let result = work.await;
        let released = claim.release().await;
        // When the work has failed, its error is the one that tells why.
        let value = result?;
        released.map(|()| value)
    }

    /// Applies a plan that was agreed to; the session must hold the claim on its target.
    pub async fn apply(
        &self,
        context: &Context,
        session: &Session,
        consented: &Consented,
    ) -> anyhow::Result<Outcome> {
        self.apply_within(context, session, consented, context.patience, &self.budget).await
    }

    /// The same with a patience and a budget of its own.
    pub async fn apply_within(
        &self,
        context: &Context,
        session: &Session,
        consented: &Consented,
        patience: Patience,
        budget: &Budget,
    ) -> anyhow::Result<Outcome> {
        self.run(context, session, consented, (patience, budget), Pace::default()).await
    }

    /// The same for a plan that moves rows.
    pub async fn apply_at_pace(
        &self,
        context: &Context,
        session: &Session,
        consented: &Consented,
        pace: Pace,
    ) -> anyhow::Result<Outcome> {
        self.run(context, session, consented, (context.patience, &self.budget), pace).await
    }

    async fn run(
        &self,
        context: &Context,
        session: &Session,
        consented: &Consented,
        (patience, budget): (Patience, &Budget),
        pace: Pace,
    ) -> anyhow::Result<Outcome> {
        let journal = self.journal(context, session).await?;
        let settings = context.settings()?;
        let tell = |event: &_| context.ui.event(event);
        let runner = Runner::new(
            session,
            &settings,
            &context.purpose,
            patience,
            budget,
            &context.stop,
            journal.as_ref(),
            &tell,
        )
        .at_pace(pace);
        let target = consented.plan().target.plain();
        let outcome = runner.apply(consented).await;
        context.ui.target_done(&target);
        outcome
    }

    /// The journal is looked for once in a run, at the first change.
    pub async fn journal(&self, context: &Context, session: &Session) -> anyhow::Result<Option<Journal>> {
        let config = &context.config.journal;
        if !config.enabled {
            return Ok(None);
        }
        let known = self.journal.borrow().clone();
        if let Some(known) = known {
            if let Some(journal) = &known {
                journal.join(session).await?;
            }
            return Ok(known);
        }
        let schema = Ident::new(&config.schema).context("name the journal's schema").exit(Exit::Usage)?;
        let opened = Journal::open(session, &schema, &context.purpose.application_name).await;
        let opened = opened.map_err(|error| anyhow!(error).context("open the journal"))?;
        // The other session may have looked at the same time.
        let first = self.journal.borrow().is_none();
        let journal = match opened {
            Opened::Journal(journal) => Some(journal),
            Opened::Denied => None,
            Opened::Distrusted(why) => {
                if first {
                    let schema = &config.schema;
                    context.ui.warning(&format!("the journal in schema `{schema}` is not used: {why}"));
                }
                None
            }
        };
        *self.journal.borrow_mut() = Some(journal.clone());
        Ok(journal)
    }
}
