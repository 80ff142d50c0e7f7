//! New tables that are filled beside those in use, and the proof that they hold the same. Data only; rows are moved by
//! `apply`.
use std::path::PathBuf;
use std::time::Duration;

use crate::pg::name::Relation;
use crate::pg::sql::Sql;

/// Work on tables that nobody uses yet, several at a time, each on a session of its own.
#[derive(Clone, Debug)]
pub struct Fill {
    pub tables: Vec<FillTable>,
    /// So many at a time; of a single table, so many copies.
    pub jobs: usize,
    pub pace: Pace,
    /// The planner's estimate of all rows to be copied.
    pub rows: Option<f64>,
}

#[derive(Clone, Debug)]
pub struct FillTable {
    pub relation: Relation,
    /// Before the first copy, in one transaction: what a killed run may have copied goes.
    pub empty: Vec<Sql>,
    /// Each a transaction of its own, in any order, with a look for a reason to pause before it.
    pub copies: Vec<Sql>,
    /// After them, in one transaction.
    pub finish: Vec<Sql>,
}

/// When copying pauses.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    /// While this file is there.
    pub file: Option<PathBuf>,
    /// While a standby replays what is older.
    pub lag: Option<Duration>,
    /// While a standby has more bytes to replay.
    pub lag_bytes: Option<i64>,
}

/// Brings the copies up to what was changed since, until little is left.
#[derive(Clone, Debug)]
pub struct CatchUp {
    /// One transaction. The last statement gives how many changed keys it has dealt with.
    pub replay: Vec<Sql>,
    /// Ends the run where copying has to begin again.
    pub guard: Sql,
    /// When the copies are to be proved equal.
    pub proof: Option<Proof>,
}

/// Two queries for one snapshot; each gives the number of rows and the sum of their hashes.
#[derive(Clone, Debug)]
pub struct Proof {
    pub old: Sql,
    pub new: Sql,
}

impl FillTable {
    pub fn statements(&self) -> impl Iterator<Item = &Sql> {
        self.empty.iter().chain(&self.copies).chain(&self.finish)
    }
}

impl Proof {
    pub fn queries(&self) -> [&Sql; 2] {
        [&self.old, &self.new]
    }
}
