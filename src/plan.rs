//! What a change would do, as data: ordered steps with their SQL, the locks that each takes, and what is there when
//! one is interrupted. A plan is made by a pure function, printed, consented to, and only then applied.
mod archive;
mod fill;
mod rows;
mod stored;

use std::ops::Range;

use serde::Serialize;

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::pg::lock::LockMode;
use crate::pg::name::Relation;
use crate::pg::sql::Sql;
pub use archive::{
    Archive, ArchivedColumn, Digest, FileFormat, Form, Key, MANIFEST_SCHEMA, Manifest, Restore, Store,
    StoreCommand, StoredFile, Subject,
};
pub use fill::{CatchUp, Fill, FillTable, Pace, Proof};
pub use rows::Move;
pub use stored::{Element, Stored};

/// Everything that one command would do to one relation. No steps: nothing to do.
#[derive(Clone, Debug)]
pub struct Plan {
    pub target: Relation,
    /// The target's oid, by which one run at a time is kept.
    pub oid: u32,
    pub steps: Vec<Step>,
    /// What the reader should know before agreeing.
    pub notes: Vec<String>,
}

/// One act. It is either done, or not begun, or half-done in a way that `recover` knows.
#[derive(Clone, Debug)]
pub struct Step {
    pub summary: String,
    pub run: Run,
    /// A transaction of its own before each attempt at that of the step, so that what it locks is free again by then.
    pub ahead: Vec<Sql>,
    pub locks: Vec<Lock>,
    /// What is gone for good once the step is done.
    pub destroys: Option<Loss>,
    /// What an interruption leaves, and what the next run does about it.
    pub interrupted: &'static str,
    pub recover: Option<Recover>,
    pub standing: Standing,
    /// The step begins only when no old transaction holds a lock on this relation.
    pub after_transactions_on: Option<Relation>,
    /// A means to the end of another step, which alone is told where one line for each change is enough.
    pub minor: bool,
    /// It holds statements that others wrote: what they set in the session is undone after it.
    pub foreign: bool,
}

#[derive(Clone, Debug)]
pub enum Run {
    /// One transaction under the lock timeout, repeated as a whole while locks are busy. `prepare` comes before the
    /// step's locks are taken, `act` after.
    Transaction { prepare: Vec<Sql>, act: Vec<Sql> },
    /// A statement with transactions of its own, without timeouts, on a connection of its own, which `prepare` has set
    /// up. `guard` is asked last, and stops the step by failing.
    Alone { prepare: Vec<Sql>, statement: Sql, guard: Option<Sql> },
    /// The same statement for ever smaller batches of rows, the largest first. Each gives the number of rows that it
    /// touched, and runs in a transaction of its own after `guard`, until it touches none. The next smaller one takes
    /// over when one takes longer than the lock timeout.
    Batches { guard: Vec<Sql>, statements: Vec<Sql> },
    /// Rows out into a file that is read back and proved equal before the next step begins.
    Archive(Box<Archive>),
    /// Rows of such a file back into a table.
    Restore(Box<Restore>),
    /// Rows into new tables, several at a time.
    Fill(Box<Fill>),
    /// What was changed meanwhile, again and again until little is left.
    CatchUp(Box<CatchUp>),
    /// Rows into another table, some blocks at a time, until no row meets the condition.
    Move(Box<Move>),
}

/// When a step runs. Steps are named by their index in the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// In its turn, unless an earlier step has failed.
    Ordinary,
    /// In its turn, and also after a failure, when the step whose traces it takes away is done.
    CleansUp { after: usize },
    /// Only after a failure, when `after` is done and `before` is not.
    TakesBack { after: usize, before: usize },
    /// Only when just this step has failed by itself: a run that was told to stop leaves it to the next one.
    AfterFailureOf { step: usize },
}

impl Standing {
    /// Whether to run the step, when so many steps were done before the first failure.
    pub const fn runs(self, failed: bool, done: usize) -> bool {
        match self {
            Self::Ordinary => !failed,
            Self::CleansUp { after } => !failed || after < done,
            Self::TakesBack { after, before } => failed && after < done && done <= before,
            Self::AfterFailureOf { step } => failed && done == step,
        }
    }
}

/// A lock that a step takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lock {
    pub relation: Relation,
    pub mode: LockMode,
    /// Taken by a `LOCK TABLE` of its own before the work; otherwise the statements take it.
    pub first: bool,
    pub held: Held,
    /// What takes it first where `LOCK TABLE` cannot, as on a materialized view: the step's first act.
    #[serde(skip)]
    pub by: Option<Sql>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// For changes of the catalog only.
    Briefly,
    /// As long as the statement reads the table.
    WhileReading,
}

/// Rows that a step destroys. `rows` is the planner's estimate.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Loss {
    pub what: String,
    /// Rows of other tables that go or change with it.
    pub also: Vec<String>,
    pub rows: Option<f64>,
    pub bytes: Option<i64>,
}

/// How a step that was interrupted is recognised and brought to an end.
#[derive(Clone, Debug)]
pub struct Recover {
    /// A query of one text value: `untouched`, `half`, or `done`.
    pub state: Sql,
    /// From `half` to `done`, in one transaction under the lock timeout, after `locks`. Empty: what is half-done cannot
    /// be finished, and stays a failure.
    pub finish: Vec<Sql>,
    pub locks: Vec<Lock>,
}

impl Step {
    /// A step of one transaction that destroys nothing.
    pub fn transaction(summary: String, prepare: Vec<Sql>, act: Vec<Sql>) -> Self {
        Self {
            summary,
            run: Run::Transaction { prepare, act },
            ahead: Vec::new(),
            locks: Vec::new(),
            destroys: None,
            interrupted: "nothing has happened; the next run does it",
            recover: None,
            standing: Standing::Ordinary,
            after_transactions_on: None,
            minor: false,
            foreign: false,
        }
    }

    /// A step of one statement that has transactions of its own, and destroys nothing.
    pub fn alone(summary: String, statement: Sql) -> Self {
        let run = Run::Alone { prepare: Vec::new(), statement, guard: None };
        Self { run, ..Self::transaction(summary, Vec::new(), Vec::new()) }
    }

    /// The statements of the step in order, without the frame that the executor puts around them; of batches, the
    /// largest.
    pub fn statements(&self) -> Vec<&Sql> {
        match &self.run {
            Run::Transaction { prepare, act } => {
                let first = self.locks.iter().filter_map(|lock| lock.by.as_ref());
                self.ahead.iter().chain(prepare).chain(first).chain(act).collect()
            }
            Run::Alone { prepare, statement, .. } => prepare.iter().chain([statement]).collect(),
            Run::Batches { guard, statements } => guard.iter().chain(statements.first()).collect(),
            Run::Archive(archive) => vec![&archive.digest, &archive.copy],
            Run::Restore(restore) => vec![&restore.copy, &restore.digest],
            Run::Fill(fill) => fill.tables.iter().flat_map(FillTable::statements).collect(),
            Run::CatchUp(catch_up) => {
                catch_up.replay.iter().chain(catch_up.proof.iter().flat_map(Proof::queries)).collect()
            }
            Run::Move(moving) => moving.path.iter().chain([&moving.left]).collect(),
        }
    }
}

impl Lock {
    pub const fn first(relation: Relation, mode: LockMode) -> Self {
        Self { relation, mode, first: true, held: Held::Briefly, by: None }
    }

    pub const fn implied(relation: Relation, mode: LockMode) -> Self {
        Self { relation, mode, first: false, held: Held::Briefly, by: None }
    }

    pub const fn taken_by(relation: Relation, mode: LockMode, by: Sql) -> Self {
        Self { relation, mode, first: true, held: Held::Briefly, by: Some(by) }
    }
}

/// One transaction as it is sent: the frame, the timeouts, then the body with the locks in the plan's order.
#[derive(Debug)]
pub struct Framed {
    pub begin: [Sql; 2],
    /// What prepares, the locks, what acts, and the commit.
    pub body: Vec<Sql>,
    /// Where in the body the `LOCK TABLE` statements stand.
    pub locks: Range<usize>,
}

/// Frames a transaction. The lock timeout is shared out, so that the locks of one attempt, waited for one after the
/// other while the earlier ones are held, together hold up nobody for longer than it.
pub fn framed(prepare: &[Sql], locks: &[Lock], act: &[Sql], lock_ms: u32, statement_ms: u32) -> Framed {
    let locks: Vec<Sql> = locks
        .iter()
        .filter(|lock| lock.first)
        .map(|lock| match &lock.by {
            Some(statement) => statement.clone(),
            None => ddl!("apply/lock.sql", relation = lock.relation, mode = lock.mode.keyword()),
        })
        .collect();
    // The server needs a moment to give up and to let the next in line go on, who waits for that as well.
    let waiting = lock_ms - lock_ms / 20;
    let share = (waiting / u32::try_from(locks.len().max(1)).unwrap_or(u32::MAX)).max(1);
    let timeouts = ddl!("apply/timeouts.sql", lock_ms = share, statement_ms = statement_ms);
    let range = prepare.len()..prepare.len() + locks.len();
    let body = [prepare, &locks, act, &[ddl!("apply/commit.sql")]].concat();
    Framed { begin: [ddl!("apply/begin.sql"), timeouts], body, locks: range }
}

/// Proof that somebody agreed to the plan, or that it destroys nothing. Only [`consent`] makes one.
#[derive(Debug)]
pub struct Consented(Plan);

impl Consented {
    pub fn plan(&self) -> &Plan {
        &self.0
    }

    /// The same consent for a plan that was made again, when it destroys nothing more.
    ///
    /// # Errors
    /// When it would destroy what nobody was asked about.
    pub fn renewed(self, fresh: Plan) -> anyhow::Result<Self> {
        let agreed = |loss: &Loss| self.0.losses().any(|known| known.what == loss.what);
        if let Some(new) = fresh.losses().find(|loss| !agreed(loss)) {
            let error =
                anyhow::anyhow!("{} became due while this run was waiting; nothing was changed", new.what);
            return Err(error.hint("run the same command again"));
        }
        Ok(Self(fresh))
    }
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    pub fn losses(&self) -> impl Iterator<Item = &Loss> {
        self.steps.iter().filter_map(|step| step.destroys.as_ref())
    }
}

/// Asks once for all the plans. `agree` is asked only when something would be destroyed.
///
/// # Errors
/// When `agree` fails or says no; nothing was changed then.
pub fn consent(
    plans: Vec<Plan>,
    agree: impl FnOnce(&[&Loss]) -> anyhow::Result<bool>,
) -> anyhow::Result<Vec<Consented>> {
    let losses: Vec<&Loss> = plans.iter().flat_map(Plan::losses).collect();
    if !losses.is_empty() && !agree(&losses)? {
        return Err(anyhow::anyhow!("not agreed; nothing was changed").exit(Exit::Usage));
    }
    Ok(plans.into_iter().map(Consented).collect())
}
