//! Applying to many tables: two at a time, each on a session of its own, one failing table stopping no other.
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use anyhow::{Context as _, anyhow};
use serde::Serialize;

use crate::apply::{Budget, Journal, Outcome, Runner, Target as Claim};
use crate::commands::context::Context;
use crate::failure::{Exit, Explain as _};
use crate::output::exit_of;
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::plan::Consented;

const AT_ONCE: usize = 2;

/// What a run came to, table by table.
#[derive(Debug, Default)]
pub struct Tally {
    finished: Cell<usize>,
    exits: RefCell<Vec<Exit>>,
    tables: RefCell<Vec<TableResult>>,
}

#[derive(Clone, Debug, Serialize)]
pub struct TableResult {
    pub table: String,
    /// `done`, `nothing_to_do` or `failed`
    pub outcome: &'static str,
    pub steps: usize,
    pub error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Summary {
    exit_code: u8,
    tables: Vec<TableResult>,
}

impl Tally {
    pub fn finish(&self, table: &str, outcome: &Outcome) {
        self.finished.set(self.finished.get() + 1);
        let done = if outcome.steps.is_empty() { "nothing_to_do" } else { "done" };
        self.record(table, done, outcome.steps.len(), None);
    }

    /// Prints the error and goes on.
    pub fn fail(&self, context: &Context, table: &str, error: &anyhow::Error) {
        self.exits.borrow_mut().push(exit_of(error));
        context.ui.target_done(table);
        self.record(table, "failed", 0, Some(format!("{error:#}")));
        if context.stop.requested().is_none() {
            context.ui.error(error);
        }
    }

    fn record(&self, table: &str, outcome: &'static str, steps: usize, error: Option<String>) {
        let mut tables = self.tables.borrow_mut();
        match tables.iter_mut().find(|result| result.table == table) {
            Some(known) => {
                known.steps += steps;
                known.error = error.or(known.error.take());
                if outcome == "failed" || (outcome == "done" && known.outcome != "failed") {
                    known.outcome = outcome;
                }
            }
            None => tables.push(TableResult { table: table.to_owned(), outcome, steps, error }),
        }
    }

    /// The exit code of the whole: the failures' own where nothing was finished and they agree, else 6.
    pub fn exit(&self) -> Exit {
        let exits = self.exits.borrow();
        match exits.first() {
            None => Exit::Done,
            Some(first) if self.finished.get() == 0 && exits.iter().all(|exit| exit == first) => *first,
            Some(_) if self.finished.get() == 0 => Exit::Failed,
            Some(_) => Exit::Partly,
        }
    }

    /// Says how the whole went.
    pub fn end(&self, context: &Context, schema: &str) -> anyhow::Result<Exit> {
        context.stop.check()?;
        let exit = self.exit();
        if context.ui.is_json() {
            let summary = Summary { exit_code: exit.code(), tables: self.tables.borrow().clone() };
            context.ui.line(schema, &summary)?;
        }
        if exit == Exit::Partly {
            let failed = self.exits.borrow().len();
            context.ui.status(&format!("{failed} failed, the others are finished"));
        }
        Ok(exit)
    }
}

/// Applies to each target what `one` makes of it, two at a time. The first session is the one that is there.
pub async fn each<T, F>(
    context: &Context,
    session: &Rc<Session>,
    targets: Vec<T>,
    one: F,
) -> anyhow::Result<()>
where
    F: AsyncFn(Rc<Session>, T),
{
    let workers = targets.len().min(AT_ONCE);
    let queue = RefCell::new(VecDeque::from(targets));
    let next = || queue.borrow_mut().pop_front();
    let work = async |first: Option<Rc<Session>>| -> anyhow::Result<()> {
        let mut own = first;
        while let Some(target) = next() {
            let session = match &own {
                Some(session) => Rc::clone(session),
                None => context.connect().await?,
            };
            own = Some(Rc::clone(&session));
            one(session, target).await;
        }
        Ok(())
    };
    match workers {
        0 => Ok(()),
        1 => work(Some(Rc::clone(session))).await,
        _ => {
            let (a, b) = tokio::join!(work(Some(Rc::clone(session))), work(None));
            a.and(b)
        }
    }
}

/// What all the tables of a run share.
#[derive(Debug)]
pub struct Shared {
    pub budget: Budget,
    journal: RefCell<Option<Option<Journal>>>,
}

impl Shared {
    pub fn new(context: &Context) -> Self {
        Self { budget: Budget::new(&context.patience), journal: RefCell::new(None) }
    }

    /// Becomes the only run on the table.
    pub async fn claim<'s>(
        &self,
        context: &Context,
        session: &'s Session,
        relation: &Relation,
        oid: u32,
    ) -> anyhow::Result<Claim<'s>> {
        Claim::claim(session, relation, oid, &self.budget, &context.stop).await
    }

    /// Applies a plan that was agreed to; the session must hold the claim on its target.
    pub async fn apply(
        &self,
        context: &Context,
        session: &Session,
        consented: &Consented,
    ) -> anyhow::Result<Outcome> {
        let journal = self.journal(context, session).await?;
        let settings = context.settings()?;
        let tell = |event: &_| context.ui.event(event);
        let runner = Runner::new(
            session,
            &settings,
            &context.purpose,
            context.patience,
            &self.budget,
            &context.stop,
            journal.as_ref(),
            &tell,
        );
        let target = consented.plan().target.plain();
        let outcome = runner.apply(consented).await;
        context.ui.target_done(&target);
        outcome.with_context(|| target)
    }

    /// The journal is looked for once in a run, at the first change.
    async fn journal(&self, context: &Context, session: &Session) -> anyhow::Result<Option<Journal>> {
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
        let journal = Journal::open(session, &schema, &context.purpose.application_name).await;
        let journal = journal.map_err(|error| anyhow!(error).context("open the journal"))?;
        *self.journal.borrow_mut() = Some(journal.clone());
        Ok(journal)
    }
}
