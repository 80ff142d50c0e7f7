//! A stretch of time as the store, or the counters themselves, can tell of it: what was done in it, and how much of it
//! they saw.
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use anyhow::anyhow;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::failure::{Exit, Explain as _};
use crate::operations::stats::counters::{DatabaseWork, IndexWork, RelationWork, StatementWork};
use crate::operations::stats::difference::{Interval, Snapshot};
use crate::operations::stats::reading::Texts;

/// From when to when, in the server's time.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Span {
    /// So long a time, up to an instant.
    ///
    /// # Errors
    /// `Exit::Usage` when it begins before 1970.
    pub fn up_to(to: DateTime<Utc>, length: Duration) -> anyhow::Result<Self> {
        let length = TimeDelta::from_std(length).ok();
        let from = length.and_then(|length| to.checked_sub_signed(length));
        let from = from.filter(|from| *from >= DateTime::UNIX_EPOCH);
        let from = from.ok_or_else(|| anyhow!("the window begins before 1970").exit(Exit::Usage))?;
        Ok(Self { from, to })
    }
}

#[derive(Clone, Debug, Default)]
pub struct Window {
    pub coverage: Coverage,
    pub statements: Vec<StatementSum>,
    /// By the oid of the table itself, never of the partitioned one.
    pub relations: HashMap<u32, RelationSum>,
    pub indexes: HashMap<u32, IndexSum>,
    pub database: DatabaseWork,
}

/// All that one statement has done, in every database and for every role.
#[derive(Clone, Debug, Default)]
pub struct StatementSum {
    pub fingerprint: i64,
    pub text: Option<String>,
    pub work: StatementWork,
    pub exec_ms_squared: f64,
    /// None: no execution was slower than the slowest one before.
    pub max_ms: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct RelationSum {
    pub oid: u32,
    pub root: u32,
    #[serde(flatten)]
    pub work: RelationWork,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct IndexSum {
    pub oid: u32,
    pub root: u32,
    #[serde(flatten)]
    pub work: IndexWork,
}

/// Where the numbers of a window come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The counters as they stand, since each was begun.
    #[default]
    Counters,
    /// Two readings of this run.
    Live,
    Store,
}

/// How much of a window was seen. Where it was not whole, the numbers are lower bounds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Coverage {
    pub source: Source,
    /// Null where it is not known since when the server counts.
    pub from: Option<DateTime<Utc>>,
    pub to: DateTime<Utc>,
    pub wanted_s: Option<f64>,
    pub covered_s: Option<f64>,
    pub captures: i64,
    pub gaps: usize,
    pub gaps_s: f64,
    pub crashes: i64,
    pub restarts: i64,
    pub resets: i64,
    pub evictions: f64,
    pub has_statements: bool,
}

impl Coverage {
    /// Of intervals in the order of time.
    pub fn of(source: Source, span: Span, intervals: &[Interval]) -> Self {
        let mut coverage =
            Self { source, to: span.to, wanted_s: Some(seconds(span.to - span.from)), ..Self::default() };
        let mut end: Option<DateTime<Utc>> = None;
        let mut covered = 0.0;
        for interval in intervals {
            let began = interval.began.unwrap_or(interval.at);
            if let Some(gap) = end.map(|end| began - end).filter(|gap| *gap > TimeDelta::milliseconds(1)) {
                coverage.gaps += 1;
                coverage.gaps_s += seconds(gap);
            }
            covered += seconds(interval.at - began);
            end = Some(interval.at);
            coverage.captures += i64::from(interval.captures);
            coverage.crashes += i64::from(interval.crashes);
            coverage.restarts += i64::from(interval.restarts);
            coverage.resets += i64::from(interval.resets);
            coverage.evictions += interval.evictions;
            coverage.has_statements |= interval.has_statements;
        }
        coverage.from = intervals.first().and_then(|interval| interval.began);
        coverage.to = end.unwrap_or(span.to);
        coverage.covered_s = Some(covered);
        coverage
    }

    /// Something was lost to a crash, a reset or an eviction between two captures.
    pub const fn is_lower_bound(&self) -> bool {
        self.crashes > 0 || self.resets > 0 || self.evictions > 0.0
    }
}

fn seconds(time: TimeDelta) -> f64 {
    time.num_milliseconds() as f64 / 1000.0
}

/// Whether an interval counts to a window: its middle lies in it.
pub(super) fn lies_in(interval: &Interval, span: Span) -> bool {
    interval.middle().is_some_and(|middle| span.from <= middle && middle <= span.to)
}

/// Sums snapshots, which need not be in order.
pub fn sum(source: Source, span: Span, snapshots: &[&Snapshot], texts: &Texts) -> Window {
    let mut intervals: Vec<Interval> = snapshots.iter().map(|snapshot| snapshot.interval.clone()).collect();
    intervals.sort_by_key(|interval| interval.at);
    let mut window = Window { coverage: Coverage::of(source, span, &intervals), ..Window::default() };
    let mut statements: BTreeMap<i64, StatementSum> = BTreeMap::new();
    for snapshot in snapshots {
        window.database.add(&snapshot.interval.work);
        for delta in &snapshot.statements {
            let sum = statements.entry(delta.fingerprint).or_insert_with(|| StatementSum {
                fingerprint: delta.fingerprint,
                text: texts.get(&delta.fingerprint).cloned(),
                ..StatementSum::default()
            });
            sum.work.add(&delta.work);
            sum.exec_ms_squared += delta.exec_ms_squared;
            sum.max_ms = greater(sum.max_ms, delta.max_ms);
        }
        for delta in &snapshot.relations {
            let sum = window.relations.entry(delta.oid).or_default();
            (sum.oid, sum.root) = (delta.oid, delta.root);
            sum.work.add(&delta.work);
        }
        for delta in &snapshot.indexes {
            let sum = window.indexes.entry(delta.oid).or_default();
            (sum.oid, sum.root) = (delta.oid, delta.root);
            sum.work.add(&delta.work);
        }
    }
    window.statements = statements.into_values().collect();
    window
}

pub(super) fn greater(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    one.into_iter().chain(other).reduce(f64::max)
}

impl StatementSum {
    /// Of the times of the single executions.
    pub fn deviation_ms(&self) -> Option<f64> {
        let mean = self.work.mean_ms()?;
        Some((self.exec_ms_squared / self.work.calls - mean * mean).max(0.0).sqrt())
    }
}
