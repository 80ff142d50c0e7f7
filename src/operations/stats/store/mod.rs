//! Where snapshots are kept: in pgtend's schema, or in a file beside pgtend for a standby and for a role that may not
//! write.
mod books;
mod file;
mod schema;
mod terms;

use std::path::PathBuf;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::operations::stats::difference::Interval;
use crate::operations::stats::window::{Span, Window};
use crate::pg::name::Ident;
use crate::pg::session::Session;

pub use file::FileStore;
pub use schema::{SchemaState, SchemaStore, schema_state, transaction};

/// How long snapshots are kept, and how finely.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    pub captures: TimeDelta,
    pub hours: TimeDelta,
    pub days: TimeDelta,
}

/// How long a snapshot is, as a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Level {
    Capture,
    Hour,
    Day,
}

/// What a store holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Held {
    pub snapshots: i64,
    pub first: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
    pub statements: i64,
    pub size_bytes: i64,
}

/// What pruning came to, in snapshots.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    pub rolled_up: u64,
    pub dropped: u64,
}

/// Execution time of one statement, hour by hour of the clock; the last value is of the hour in which the window ends.
pub type Series = Vec<f64>;

/// The beginning of the hour.
pub fn hour_of(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::hours(1)).unwrap_or(at)
}

/// In which of so many hours, of which the last one is that of `to`, most of an interval lies.
fn place(interval: &Interval, to: DateTime<Utc>, hours: usize) -> Option<usize> {
    let ago = (hour_of(to) - hour_of(interval.middle()?)).num_hours();
    hours.checked_sub(1)?.checked_sub(usize::try_from(ago).ok()?)
}

#[derive(Clone, Debug)]
pub enum Store {
    Schema(SchemaStore),
    File(FileStore),
}

impl Store {
    pub const fn schema(schema: Ident) -> Self {
        Self::Schema(SchemaStore { schema })
    }

    pub const fn file(path: PathBuf) -> Self {
        Self::File(FileStore { path })
    }

    /// Where it is, in words.
    pub fn place(&self) -> String {
        match self {
            Self::Schema(store) => format!("schema {}", store.schema.raw()),
            Self::File(store) => format!("file {}", store.path.display()),
        }
    }

    /// What was done in a stretch of time.
    pub async fn window(&self, session: &Session, span: Span) -> anyhow::Result<Window> {
        match self {
            Self::Schema(store) => store.window(session, span).await,
            Self::File(store) => store.window(span),
        }
    }

    /// As [`Store::window`], of tables and indexes nothing.
    pub async fn statements(&self, session: &Session, span: Span) -> anyhow::Result<Window> {
        match self {
            Self::Schema(store) => store.statements(session, span).await,
            Self::File(store) => store.window(span),
        }
    }

    /// For each of the statements, by its fingerprint, the time that it took in each hour up to that of `to`.
    pub async fn series(
        &self,
        session: &Session,
        fingerprints: &[i64],
        to: DateTime<Utc>,
        hours: usize,
    ) -> anyhow::Result<Vec<Series>> {
        match self {
            Self::Schema(store) => store.series(session, fingerprints, to, hours).await,
            Self::File(store) => store.series(fingerprints, to, hours),
        }
    }

    pub async fn held(&self, session: &Session) -> anyhow::Result<Held> {
        match self {
            Self::Schema(store) => store.held(session).await,
            Self::File(store) => store.held(),
        }
    }

    /// Sums old snapshots up by the hour, older ones by the day, and drops the oldest.
    pub async fn prune(&self, session: &Session, now: DateTime<Utc>, keep: Keep) -> anyhow::Result<Pruned> {
        match self {
            Self::Schema(store) => store.prune(session, now, keep).await,
            Self::File(store) => store.prune(now, keep),
        }
    }
}
