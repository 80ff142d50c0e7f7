//! The store in a file: everything in one document, written beside it and renamed into its place, so that a reader sees
//! all of a capture or nothing of it.
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::books::{pack, unpack};
use super::{Held, Keep, Level, Pruned, Series, place};
use crate::failure::{Exit, Explain as _};
use crate::operations::stats::difference::{IndexDelta, Interval, RelationDelta, Snapshot, StatementDelta};
use crate::operations::stats::reading::{Reading, Texts};
use crate::operations::stats::window::{Source, Span, Window, greater, lies_in, sum};

#[derive(Clone, Debug)]
pub struct FileStore {
    pub path: PathBuf,
}

const SCHEMA: &str = "pgtend.stats.store/1";

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Document {
    schema: String,
    last: Option<Reading>,
    texts: Texts,
    snapshots: Vec<Kept>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    level: Level,
    #[serde(flatten)]
    snapshot: Snapshot,
}

/// The store while one run has it for itself.
#[derive(Debug)]
pub struct Claimed {
    document: Document,
    path: PathBuf,
    _lock: File,
}

impl FileStore {
    pub fn exists(&self) -> bool {
        self.path.is_file()
    }

    /// # Errors
    /// `Exit::Busy` when another run has it.
    pub fn claim(&self) -> anyhow::Result<Claimed> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder {
            fs::create_dir_all(folder).with_context(|| format!("create {}", folder.display()))?;
        }
        let lock_path = beside(&self.path, "lock");
        let lock = File::options()
            .create(true)
            .append(true)
            .open(&lock_path)
            .with_context(|| format!("open {}", lock_path.display()))?;
        flock(&lock, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| anyhow!("another run captures into {}", self.path.display()).exit(Exit::Busy))?;
        Ok(Claimed { document: self.read()?, path: self.path.clone(), _lock: lock })
    }

    fn read(&self) -> anyhow::Result<Document> {
        if !self.exists() {
            return Ok(Document { schema: SCHEMA.to_owned(), ..Document::default() });
        }
        let bytes = fs::read(&self.path).with_context(|| format!("read {}", self.path.display()))?;
        let document: Document =
            unpack(&bytes).with_context(|| format!("read the snapshots in {}", self.path.display()))?;
        anyhow::ensure!(document.schema == SCHEMA, "{} is of another version of pgtend", self.path.display());
        Ok(document)
    }

    pub(super) fn window(&self, span: Span) -> anyhow::Result<Window> {
        let document = self.read()?;
        let snapshots: Vec<&Snapshot> = document
            .snapshots
            .iter()
            .map(|kept| &kept.snapshot)
            .filter(|snapshot| lies_in(&snapshot.interval, span))
            .collect();
        Ok(sum(Source::Store, span, &snapshots, &document.texts))
    }

    pub(super) fn series(
        &self,
        fingerprints: &[i64],
        to: DateTime<Utc>,
        hours: usize,
    ) -> anyhow::Result<Vec<Series>> {
        let document = self.read()?;
        let mut series = vec![vec![0.0; hours]; fingerprints.len()];
        for kept in &document.snapshots {
            let Some(hour) = place(&kept.snapshot.interval, to, hours) else { continue };
            for delta in &kept.snapshot.statements {
                for (line, _) in series.iter_mut().zip(fingerprints).filter(|(_, f)| **f == delta.fingerprint)
                {
                    line[hour] += delta.work.exec_ms;
                }
            }
        }
        Ok(series)
    }

    pub(super) fn held(&self) -> anyhow::Result<Held> {
        let document = self.read()?;
        let size = fs::metadata(&self.path).map_or(0, |file| file.len());
        let intervals = || document.snapshots.iter().map(|kept| &kept.snapshot.interval);
        Ok(Held {
            snapshots: i64::try_from(document.snapshots.len())?,
            first: intervals().filter_map(|interval| interval.began).min(),
            last: document.last.as_ref().map(|last| last.moment.at),
            statements: i64::try_from(document.texts.len())?,
            size_bytes: i64::try_from(size)?,
        })
    }

    pub(super) fn prune(&self, now: DateTime<Utc>, keep: Keep) -> anyhow::Result<Pruned> {
        let mut claimed = self.claim()?;
        let (hour, day) = (TimeDelta::hours(1), TimeDelta::days(1));
        let mut pruned = Pruned::default();
        let snapshots = &mut claimed.document.snapshots;
        pruned.rolled_up += roll_up(snapshots, (Level::Capture, Level::Hour), now - keep.captures, hour)?;
        pruned.rolled_up += roll_up(snapshots, (Level::Hour, Level::Day), now - keep.hours, day)?;
        let before = snapshots.len();
        snapshots.retain(|kept| kept.snapshot.interval.at >= now - keep.days);
        pruned.dropped = (before - snapshots.len()) as u64;
        claimed.write()?;
        Ok(pruned)
    }
}

impl Claimed {
    pub const fn last(&self) -> Option<&Reading> {
        self.document.last.as_ref()
    }

    /// Adds a snapshot, none for a first reading that only begins the next one.
    pub fn append(mut self, snapshot: Option<Snapshot>, last: Reading, texts: Texts) -> anyhow::Result<()> {
        for (fingerprint, text) in texts {
            self.document.texts.entry(fingerprint).or_insert(text);
        }
        let kept = snapshot.map(|snapshot| Kept { level: Level::Capture, snapshot });
        self.document.snapshots.extend(kept);
        self.document.last = Some(last);
        self.write()
    }

    fn write(&self) -> anyhow::Result<()> {
        let new = beside(&self.path, "new");
        let write = || {
            let mut file = File::create(&new)?;
            file.write_all(&pack(&self.document)?)?;
            file.sync_all()?;
            fs::rename(&new, &self.path)?;
            anyhow::Ok(())
        };
        write().with_context(|| format!("write {}", self.path.display()))
    }
}

fn beside(path: &Path, what: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{what}"));
    name.into()
}

/// Sums the snapshots of one level before an instant into those of the next, one for each `unit` of time.
fn roll_up(
    snapshots: &mut Vec<Kept>,
    (from, to): (Level, Level),
    before: DateTime<Utc>,
    unit: TimeDelta,
) -> anyhow::Result<u64> {
    let before = before.duration_trunc(unit)?;
    let (old, mut kept): (Vec<Kept>, Vec<Kept>) =
        snapshots.drain(..).partition(|kept| kept.level == from && kept.snapshot.interval.at < before);
    let count = old.len() as u64;
    let mut buckets: std::collections::BTreeMap<DateTime<Utc>, Vec<Snapshot>> = Default::default();
    for one in old {
        buckets.entry(one.snapshot.interval.at.duration_trunc(unit)?).or_default().push(one.snapshot);
    }
    kept.extend(buckets.into_values().map(|bucket| Kept { level: to, snapshot: merge(bucket) }));
    kept.sort_by_key(|kept| kept.snapshot.interval.at);
    *snapshots = kept;
    Ok(count)
}

fn merge(snapshots: Vec<Snapshot>) -> Snapshot {
    let mut merged = Snapshot::default();
    let mut statements: std::collections::BTreeMap<_, StatementDelta> = Default::default();
    let mut relations: std::collections::BTreeMap<u32, RelationDelta> = Default::default();
    let mut indexes: std::collections::BTreeMap<u32, IndexDelta> = Default::default();
    for (index, snapshot) in snapshots.into_iter().enumerate() {
        merge_interval(&mut merged.interval, &snapshot.interval, index == 0);
        for delta in snapshot.statements {
            let key = (delta.fingerprint, delta.database_oid, delta.user_oid);
            match statements.get_mut(&key) {
                None => drop(statements.insert(key, delta)),
                Some(sum) => {
                    sum.work.add(&delta.work);
                    sum.exec_ms_squared += delta.exec_ms_squared;
                    sum.max_ms = greater(sum.max_ms, delta.max_ms);
                }
            }
        }
        for delta in snapshot.relations {
            match relations.get_mut(&delta.oid) {
                None => drop(relations.insert(delta.oid, delta)),
                Some(sum) => sum.work.add(&delta.work),
            }
        }
        for delta in snapshot.indexes {
            match indexes.get_mut(&delta.oid) {
                None => drop(indexes.insert(delta.oid, delta)),
                Some(sum) => sum.work.add(&delta.work),
            }
        }
    }
    merged.statements = statements.into_values().collect();
    merged.relations = relations.into_values().collect();
    merged.indexes = indexes.into_values().collect();
    merged
}

fn merge_interval(merged: &mut Interval, interval: &Interval, first: bool) {
    if first {
        *merged = interval.clone();
        return;
    }
    merged.began = merged.began.into_iter().chain(interval.began).min();
    merged.at = merged.at.max(interval.at);
    merged.captures += interval.captures;
    merged.crashes += interval.crashes;
    merged.restarts += interval.restarts;
    merged.resets += interval.resets;
    merged.evictions += interval.evictions;
    merged.has_statements |= interval.has_statements;
    merged.work.add(&interval.work);
}
