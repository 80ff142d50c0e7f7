//! What happens while a plan is applied. Terminal, cron log and JSON lines are listeners on this one stream.
use serde::Serialize;

use crate::pg::lock::{Blocker, IndexProgress};

#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    StepStarted {
        target: String,
        step: usize,
        steps: usize,
        summary: String,
    },
    /// Locks were not to be had in time; the attempt left nothing behind and is repeated.
    LockBusy {
        target: String,
        attempt: u32,
        next_try_ms: u64,
        blockers: Vec<Blocker>,
    },
    /// A statement waits for others, or pgtend waits before beginning one. Nobody is held up by it.
    Waiting {
        target: String,
        waited_ms: u64,
        blockers: Vec<Blocker>,
    },
    /// An earlier attempt at the step was found half-done, or done.
    Recovered {
        target: String,
        summary: String,
        found: String,
    },
    /// How far the server has come with an index, several times a second; listeners choose what they tell.
    IndexProgress {
        target: String,
        summary: String,
        elapsed_ms: u64,
        #[serde(flatten)]
        progress: IndexProgress,
    },
    BatchDone {
        target: String,
        rows: u64,
    },
    /// A stream of rows has committed a batch.
    Loaded(LoadReport),
    /// A stream of rows pauses.
    Throttled {
        target: String,
        reason: String,
    },
    StepFinished(StepReport),
    Note {
        target: String,
        text: String,
    },
}

/// How far a stream of rows has come.
#[derive(Clone, Debug, Serialize)]
pub struct LoadReport {
    pub target: String,
    pub source_rows: u64,
    /// The planner's estimate.
    pub source_rows_estimate: Option<f64>,
    pub rows: u64,
    pub rejected: u64,
    pub elapsed_ms: f64,
    pub batch_ms: f64,
}

/// One finished step. Times in milliseconds; the lock times are those of the attempt that succeeded.
#[derive(Clone, Debug, Serialize)]
pub struct StepReport {
    pub target: String,
    pub step: usize,
    pub steps: usize,
    pub summary: String,
    /// As [`crate::plan::Step::minor`].
    pub minor: bool,
    pub attempts: u32,
    pub elapsed_ms: f64,
    /// How long the step waited for its locks; null where it takes none of its own.
    pub lock_wait_ms: Option<f64>,
    /// The attempt that succeeded, of a transaction: its waits for locks and its work.
    #[serde(skip)]
    pub attempt_ms: Option<f64>,
    /// From the last lock's grant to the end of the transaction.
    pub lock_held_ms: Option<f64>,
}
