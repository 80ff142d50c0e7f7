//! Which indexes are used, and which cost and do not serve. A partitioned index is one index.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::operations::report::frame::{Answer, Note, counted};
use crate::operations::report::read::{Read, Rights, rows};
use crate::operations::stats::Window;
use crate::pg::session::Session;
use crate::query;

const LAST_READ_SINCE: u32 = 16;
/// A smaller index is not worth a word.
const LEAST_BYTES: i64 = 1024 * 1024;
const SHOWN: usize = 5;

/// What speaks against an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    Invalid,
    Duplicate,
    Covered,
    Unused,
}

impl Finding {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Duplicate => "duplicate",
            Self::Covered => "covered",
            Self::Unused => "unused",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct IndexUsage {
    pub index: String,
    pub table: String,
    pub partitions: i64,
    pub size_bytes: i64,
    pub scans: f64,
    pub entries_read: f64,
    /// Null before PostgreSQL 16, which does not know.
    pub last_read: Option<DateTime<Utc>>,
    pub unique: bool,
    pub constraint: bool,
    pub finding: Option<Finding>,
    /// The index that makes this one needless.
    pub other: Option<String>,
}

#[derive(Deserialize)]
pub struct Index {
    oid: u32,
    index: String,
    table: String,
    partitioned: bool,
    is_partition: bool,
    partitions: i64,
    size_bytes: i64,
    last_read: Option<DateTime<Utc>>,
    unique: bool,
    constraint: bool,
    replica_identity: bool,
    valid: bool,
    may_be_building: bool,
    same_as: Option<String>,
    covered_by: Option<String>,
}

async fn read(session: &Session, partitions: bool) -> Read<Vec<Index>> {
    let query = if session.facts().version.major() >= LAST_READ_SINCE {
        query!("report/indexes_16.sql")
    } else {
        query!("report/indexes.sql")
    };
    rows(session, &query, &[&partitions]).await
}

/// `only`: the findings that are wanted, none for every index.
pub async fn index_usage(
    session: &Session,
    rights: &Rights,
    window: &Window,
    partitions: bool,
    only: &[Finding],
) -> Read<Answer<IndexUsage>> {
    let indexes = read(session, partitions).await?;
    let server = Server { standby: session.facts().standby, counts: rights.counts };
    Ok(judge(indexes, window, partitions, only, server))
}

/// What decides whether an index without a scan is one without use.
#[derive(Clone, Copy)]
struct Server {
    standby: bool,
    counts: bool,
}

fn judge(
    indexes: Vec<Index>,
    window: &Window,
    partitions: bool,
    only: &[Finding],
    server: Server,
) -> Answer<IndexUsage> {
    let mut scans: HashMap<u32, (f64, f64)> = HashMap::new();
    for sum in window.indexes.values() {
        let of = scans.entry(if partitions { sum.oid } else { sum.root }).or_default();
        of.0 += sum.work.scans;
        of.1 += sum.work.entries;
    }
    let work = |index: &Index| scans.get(&index.oid).copied().unwrap_or_default();
    let found = findings(&indexes, |index| server.counts.then_some(work(index).0));
    let mut rows = Vec::new();
    let mut drops = Vec::new();
    for (index, (finding, other)) in indexes.into_iter().zip(found) {
        if let Some(finding) = finding.filter(|finding| only.is_empty() || only.contains(finding)) {
            drops.extend(
                drop_statement(&index, finding, other.as_deref()).map(|drop| (index.size_bytes, drop)),
            );
        }
        let work = work(&index);
        rows.push(row(index, work, finding, other));
    }
    rows.sort_by(|a, b| b.size_bytes.cmp(&a.size_bytes).then_with(|| a.index.cmp(&b.index)));
    rows.sort_by_key(|row| row.finding.is_none());
    drops.sort_by_key(|(size, _)| -size);
    let count = |finding| rows.iter().filter(|row| row.finding == Some(finding)).count();
    let found: Vec<String> = [Finding::Invalid, Finding::Duplicate, Finding::Covered, Finding::Unused]
        .into_iter()
        .filter(|finding| count(*finding) > 0)
        .map(|finding| format!("{} {}", count(finding), finding.word()))
        .collect();
    let found = if found.is_empty() { "nothing speaks against any".to_owned() } else { found.join(", ") };
    let verdict = format!("{}: {found}", counted(rows.len(), "index").replace("indexs", "indexes"));
    let unused = count(Finding::Unused) > 0;
    let note = unused.then(|| {
        let here = if server.standby { "the primary and the other standbys" } else { "standbys" };
        Note::new(format!("unused on this server, in this window; {here} count their own reads"))
    });
    rows.retain(|row| only.is_empty() || row.finding.is_some_and(|finding| only.contains(&finding)));
    Answer::new(verdict, rows).next(drops.into_iter().take(SHOWN).map(|(_, drop)| drop)).note(note)
}

/// What speaks against an index, and the index that makes it needless.
type Found = (Option<Finding>, Option<String>);

/// What speaks against each. An index that another one is needless for stays, however little it was read: it will do the
/// work of both. `scans`: none where the server does not count them.
fn findings(indexes: &[Index], scans: impl Fn(&Index) -> Option<f64>) -> Vec<Found> {
    let found: Vec<Found> = indexes.iter().map(|index| finding(index, scans(index))).collect();
    let stay: HashSet<String> = found.iter().filter_map(|(_, other)| other.clone()).collect();
    let unless_it_stays = |(index, found): (&Index, Found)| match found {
        (Some(Finding::Unused), _) if stay.contains(&index.index) => (None, None),
        found => found,
    };
    indexes.iter().zip(found).map(unless_it_stays).collect()
}

/// `scans`: none where the server does not count them.
fn finding(index: &Index, scans: Option<f64>) -> Found {
    if !index.valid {
        return if index.may_be_building { (None, None) } else { (Some(Finding::Invalid), None) };
    }
    let needed = index.constraint || index.replica_identity;
    if let (Some(same), false) = (&index.same_as, needed) {
        return (Some(Finding::Duplicate), Some(same.clone()));
    }
    if let (Some(covering), false) = (&index.covered_by, needed) {
        return (Some(Finding::Covered), Some(covering.clone()));
    }
    let unused = scans == Some(0.0) && !needed && !index.unique && index.size_bytes >= LEAST_BYTES;
    (unused.then_some(Finding::Unused), None)
}

/// None for a partition's index: it goes with the partitioned index, and not without.
fn drop_statement(index: &Index, finding: Finding, other: Option<&str>) -> Option<String> {
    if index.is_partition {
        return None;
    }
    let why = match other {
        Some(other) => format!("-- {} of {other}", finding.word()).replace("covered of", "covered by"),
        None => format!("-- {}", finding.word()),
    };
    let name = &index.index;
    Some(if index.partitioned {
        format!(
            "{why}; holds ACCESS EXCLUSIVE on {} for a moment\nset lock_timeout = '200ms'; drop index {name};",
            index.table
        )
    } else {
        format!("{why}\ndrop index concurrently {name};")
    })
}

fn row(
    index: Index,
    (scans, entries): (f64, f64),
    finding: Option<Finding>,
    other: Option<String>,
) -> IndexUsage {
    IndexUsage {
        index: index.index,
        table: index.table,
        partitions: index.partitions,
        size_bytes: index.size_bytes,
        scans,
        entries_read: entries,
        last_read: index.last_read,
        unique: index.unique,
        constraint: index.constraint,
        finding,
        other,
    }
}
