//! What happened between two readings: pure, and exact wherever the server lets it be. Where the counters were begun anew
//! in between, what they show now is what has happened since, and the snapshot says so.
use std::collections::HashMap;
use std::hash::Hash;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::operations::stats::counters::{DatabaseWork, IndexWork, RelationWork, StatementWork};
use crate::operations::stats::reading::{Entry, Index, Moment, Reading, Relation, Statements};

/// What was counted in an interval.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Snapshot {
    #[serde(flatten)]
    pub interval: Interval,
    pub statements: Vec<StatementDelta>,
    pub relations: Vec<RelationDelta>,
    pub indexes: Vec<IndexDelta>,
}

/// When, and what stands against the numbers being all that happened.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Interval {
    /// None: counted since an unknown time, before the first capture.
    pub began: Option<DateTime<Utc>>,
    pub at: DateTime<Utc>,
    /// How many captures are summed in it.
    pub captures: i32,
    pub crashes: i32,
    pub restarts: i32,
    pub resets: i32,
    /// Statements that the server has put out in between for want of room; they may be counted too low.
    pub evictions: f64,
    /// Whether statements were to be read.
    pub has_statements: bool,
    pub server_version: i32,
    pub took_ms: Option<f64>,
    #[serde(flatten)]
    pub work: DatabaseWork,
}

impl Interval {
    pub fn middle(&self) -> Option<DateTime<Utc>> {
        self.began.map(|began| began + (self.at - began) / 2)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StatementDelta {
    pub fingerprint: i64,
    pub database_oid: u32,
    pub user_oid: u32,
    #[serde(flatten)]
    pub work: StatementWork,
    /// The sum of the squares of the times, from which the standard deviation comes.
    pub exec_ms_squared: f64,
    /// The slowest execution, where this interval has raised it.
    pub max_ms: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RelationDelta {
    pub oid: u32,
    pub root: u32,
    #[serde(flatten)]
    pub work: RelationWork,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndexDelta {
    pub oid: u32,
    pub root: u32,
    #[serde(flatten)]
    pub work: IndexWork,
}

/// The counters as they stand: what was counted since each was begun.
pub fn since_reset(now: &Reading) -> Snapshot {
    difference(None, now)
}

pub fn difference(earlier: Option<&Reading>, now: &Reading) -> Snapshot {
    // Counters of another server, or of the other side of a replication, are not these.
    let earlier = earlier.filter(|earlier| same_server(&earlier.moment, &now.moment));
    let crashed = earlier.is_some_and(|earlier| crashed(earlier, now));
    let was = earlier.and_then(|earlier| earlier.statements.as_ref());
    let tables_reset = earlier.is_some_and(|earlier| tables_reset(&earlier.moment, &now.moment));
    let statements_reset =
        matches!((was, &now.statements), (Some(was), Some(now)) if was.since.reset != now.since.reset);
    let interval = Interval {
        // A clock that was set back makes no interval that ends before it began.
        began: earlier.map(|earlier| earlier.moment.at.min(now.moment.at)),
        at: now.moment.at,
        captures: 1,
        crashes: i32::from(crashed),
        restarts: i32::from(earlier.is_some_and(|e| e.moment.started_at != now.moment.started_at)),
        // A crash resets everything, and is told as a crash.
        resets: i32::from((statements_reset || tables_reset) && !crashed),
        evictions: match (was, &now.statements) {
            (Some(was), Some(now)) if !statements_reset => {
                (now.since.evictions - was.since.evictions).max(0.0)
            }
            (_, Some(now)) => now.since.evictions,
            _ => 0.0,
        },
        has_statements: now.statements.is_some(),
        server_version: i32::try_from(now.moment.server_version).unwrap_or(0),
        took_ms: None,
        work: earlier.map_or(now.moment.work, |earlier| now.moment.work.since(&earlier.moment.work)),
    };
    let mut snapshot = Snapshot { interval, ..Snapshot::default() };
    if let Some(now) = &now.statements {
        // What was counted before anybody looked belongs to no interval.
        let unseen = earlier.is_some_and(|e| was.is_none() && now.since.reset < e.moment.at);
        snapshot.statements =
            if unseen { Vec::new() } else { statements(was.filter(|_| !statements_reset), now) };
    }
    // A counter that was begun anew may have grown past its old value already: none of the old ones counts.
    let earlier = earlier.filter(|_| !crashed && !tables_reset);
    snapshot.relations = relations(earlier.map_or(&[], |e| &e.relations), &now.relations);
    snapshot.indexes = indexes(earlier.map_or(&[], |e| &e.indexes), &now.indexes);
    snapshot
}

fn same_server(earlier: &Moment, now: &Moment) -> bool {
    let identifiers = earlier.system_identifier.as_ref().zip(now.system_identifier.as_ref());
    identifiers.is_none_or(|(one, other)| one == other)
        && earlier.standby == now.standby
        && earlier.database_oid == now.database_oid
}

/// A crash takes the counters of tables along, and the background writer's time of reset always tells of it. Somebody may
/// have reset that one alone: then nothing else has changed.
fn crashed(earlier: &Reading, now: &Reading) -> bool {
    let (was, is) = (&earlier.moment, &now.moment);
    let statements = earlier.statements.as_ref().zip(now.statements.as_ref());
    was.bgwriter_reset != is.bgwriter_reset
        && (is.work.began_anew(&was.work)
            || was.started_at != is.started_at
            || was.database_reset != is.database_reset
            || statements.is_some_and(|(was, is)| was.since.reset != is.since.reset))
}

/// Somebody has reset the database's statistics. The time of that changes also when a single table's are reset, which
/// leaves the database's own counters as they are.
fn tables_reset(was: &Moment, is: &Moment) -> bool {
    was.database_reset != is.database_reset && is.work.began_anew(&was.work)
}

fn statements(was: Option<&Statements>, now: &Statements) -> Vec<StatementDelta> {
    let known = by_key(was.map_or(&[], |was| &was.entries), |entry| entry.key);
    let mut deltas: HashMap<(i64, u32, u32), StatementDelta> = HashMap::new();
    for entry in now.entries.iter().filter(|entry| !entry.own) {
        let Some(fingerprint) = entry.fingerprint else { continue };
        let earlier = known.get(&entry.key).copied().filter(|earlier| !entry_began_anew(earlier, entry));
        let work = earlier.map_or(entry.work, |earlier| entry.work.since(&earlier.work));
        if work.calls == 0.0 {
            continue;
        }
        let key = (fingerprint, entry.key.database_oid, entry.key.user_oid);
        let delta = deltas.entry(key).or_insert_with(|| StatementDelta {
            fingerprint,
            database_oid: entry.key.database_oid,
            user_oid: entry.key.user_oid,
            ..StatementDelta::default()
        });
        delta.work.add(&work);
        delta.exec_ms_squared += (squares(entry) - earlier.map_or(0.0, squares)).max(0.0);
        if earlier.is_none_or(|earlier| entry.max_ms > earlier.max_ms) {
            delta.max_ms = Some(delta.max_ms.unwrap_or(0.0).max(entry.max_ms));
        }
    }
    let mut deltas: Vec<StatementDelta> = deltas.into_values().collect();
    deltas.sort_by_key(|delta| (delta.fingerprint, delta.database_oid, delta.user_oid));
    deltas
}

fn squares(entry: &Entry) -> f64 {
    let mean = entry.work.mean_ms().unwrap_or(0.0);
    entry.work.calls * (entry.stddev_ms * entry.stddev_ms + mean * mean)
}

/// An entry that was put out or reset, and has come back. Before version 1.11 the least and the greatest time tell, even
/// where every counter has grown past its old value again: while an entry lives, the one never rises and the other never
/// falls.
fn entry_began_anew(earlier: &Entry, now: &Entry) -> bool {
    match (earlier.since, now.since) {
        (Some(was), Some(is)) => was != is,
        _ => {
            now.work.began_anew(&earlier.work)
                || now.max_ms < earlier.max_ms
                || (now.min_ms > earlier.min_ms && earlier.work.calls > 0.0)
        }
    }
}

fn relations(was: &[Relation], now: &[Relation]) -> Vec<RelationDelta> {
    let known = by_key(was, |relation| relation.oid);
    let delta = |relation: &Relation| {
        let earlier = known.get(&relation.oid).map(|earlier| earlier.work).unwrap_or_default();
        let work = relation.work.since(&earlier);
        (!work.is_zero()).then_some(RelationDelta { oid: relation.oid, root: relation.root, work })
    };
    now.iter().filter_map(delta).collect()
}

fn indexes(was: &[Index], now: &[Index]) -> Vec<IndexDelta> {
    let known = by_key(was, |index| index.oid);
    let delta = |index: &Index| {
        let earlier = known.get(&index.oid).map(|earlier| earlier.work).unwrap_or_default();
        let work = index.work.since(&earlier);
        (!work.is_zero()).then_some(IndexDelta { oid: index.oid, root: index.root, work })
    };
    now.iter().filter_map(delta).collect()
}

fn by_key<T, K: Eq + Hash>(items: &[T], key: impl Fn(&T) -> K) -> HashMap<K, &T> {
    items.iter().map(|item| (key(item), item)).collect()
}
