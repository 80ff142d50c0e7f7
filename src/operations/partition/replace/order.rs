//! What is asked for: which partitions go, and which come in their place. Conditions and bounds are written here.
use anyhow::{Context as _, bail};

use crate::ddl;
use crate::operations::partition::create::first_value;
use crate::operations::partition::replace::mark::{Place, Verb};
use crate::operations::partition::timeline::{Range, Timeline};
use crate::pg::catalog::Partition;
use crate::pg::lock::LockMode;
use crate::pg::name::Relation;
use crate::pg::sql::{Fragment, List, Sql};
use crate::plan::Lock;

/// Which partitions are replaced by which. Every row of the sources has its place in one of the pieces.
#[derive(Clone, Debug)]
pub struct Order {
    pub verb: Verb,
    pub sources: Vec<Source>,
    pub pieces: Vec<Piece>,
    /// What the reader should know.
    pub notes: Vec<String>,
}

impl Order {
    pub const fn nothing() -> Self {
        Self { verb: Verb::Split, sources: Vec::new(), pieces: Vec::new(), notes: Vec::new() }
    }

    /// Of the partitions that go. Of all of them one statement takes the locks: shared out, the time for each would be
    /// too short for a writer to end.
    pub fn locks(&self, table: &Relation, mode: LockMode) -> Vec<Lock> {
        let sources = self.sources.iter().map(|source| source.partition.relation.clone());
        if !self.is_undo() {
            return sources.map(|source| Lock::first(source, mode)).collect();
        }
        let all = ddl!("partition/replace/lock_all.sql", relation = *table, mode = mode.keyword());
        let first = Lock::taken_by(table.clone(), mode, all);
        [first].into_iter().chain(sources.map(|source| Lock::implied(source, mode))).collect()
    }

    /// The partitioned table itself goes, with all its partitions.
    pub fn is_undo(&self) -> bool {
        self.verb == Verb::Undo
    }
}

/// A partition that is to go.
#[derive(Clone, Debug)]
pub struct Source {
    pub partition: Partition,
    pub place: Place,
}

/// A partition that is to come.
#[derive(Clone, Debug)]
pub struct Piece {
    /// What it is called until it is a partition.
    pub relation: Relation,
    pub place: Place,
    /// The source whose name it gets.
    pub takes: Option<u32>,
    /// Rows that it will have, as far as they are known.
    pub rows: Option<u64>,
}

impl Piece {
    /// What it is called as a partition.
    pub fn partition(&self, sources: &[Source]) -> Relation {
        let takes = sources.iter().find(|source| Some(source.partition.oid) == self.takes);
        takes.map_or_else(|| self.relation.clone(), |source| source.partition.relation.clone())
    }
}

/// The ranges that partitions have once the order is carried out, in order, those that touch as one.
fn taken(timeline: &Timeline, order: &Order) -> Vec<Range> {
    let goes = |oid: u32| order.sources.iter().any(|source| source.partition.oid == oid);
    let stays = timeline.parts.iter().filter(|part| !goes(part.partition.oid)).map(|part| part.range);
    let comes = order.pieces.iter().filter_map(|piece| match piece.place {
        Place::Range(range) => Some(range),
        Place::Default | Place::Whole => None,
    });
    let mut ranges: Vec<Range> = stays.chain(comes).collect();
    ranges.sort_unstable();
    let mut runs: Vec<Range> = Vec::new();
    for range in ranges {
        match runs.last_mut() {
            Some(last) if last.hi == range.lo => last.hi = range.hi,
            _ => runs.push(range),
        }
    }
    runs
}

/// Whether a row has its place there.
pub(super) fn condition(timeline: &Timeline, order: &Order, place: Place) -> anyhow::Result<Fragment> {
    match place {
        Place::Range(range) => inside(timeline, range),
        Place::Default => outside(timeline, &taken(timeline, order)),
        Place::Whole => Ok(Fragment(ddl!("partition/replace/everywhere.sql"))),
    }
}

/// An open end needs no condition.
pub(super) fn inside(timeline: &Timeline, range: Range) -> anyhow::Result<Fragment> {
    let key = timeline.column.clone();
    Ok(Fragment(match (range.lo, range.hi) {
        (i64::MIN, i64::MAX) => ddl!("partition/replace/anywhere.sql", key = key),
        (i64::MIN, hi) => ddl!("partition/replace/before.sql", key = key, upper = first_value(timeline, hi)?),
        (lo, i64::MAX) => ddl!("partition/replace/since.sql", key = key, lower = first_value(timeline, lo)?),
        (lo, hi) => {
            let (lower, upper) = (first_value(timeline, lo)?, first_value(timeline, hi)?);
            ddl!("partition/inside.sql", key = key, lower = lower, upper = upper)
        }
    }))
}

/// Null, or between the ranges, in which there are partitions.
fn outside(timeline: &Timeline, ranges: &[Range]) -> anyhow::Result<Fragment> {
    let mut gaps = Vec::new();
    let mut lo = i64::MIN;
    for range in ranges {
        if lo < range.lo {
            gaps.push(Range { lo, hi: range.lo });
        }
        lo = range.hi;
    }
    if lo < i64::MAX || ranges.is_empty() {
        gaps.push(Range { lo, hi: i64::MAX });
    }
    let null: Sql = ddl!("partition/replace/nowhere.sql", key = timeline.column);
    let mut any = Fragment(null);
    for gap in gaps {
        any = Fragment(ddl!("partition/or.sql", left = any, right = inside(timeline, gap)?));
    }
    Ok(Fragment(ddl!("partition/replace/brackets.sql", condition = any)))
}

/// `ATTACH PARTITION`.
pub(super) fn attach(timeline: &Timeline, partition: &Relation, place: Place) -> anyhow::Result<Sql> {
    let parent = &timeline.table.relation;
    Ok(match place {
        Place::Whole => bail!("{} is no partition of {}", partition.plain(), parent.plain()),
        Place::Default => {
            ddl!("partition/replace/attach_default.sql", parent = *parent, partition = *partition)
        }
        Place::Range(range) => {
            let bound = |point| timeline.literal_or_open(point).context("write the bounds of a partition");
            let (from, to) = (bound(range.lo)?, bound(range.hi)?);
            ddl!(
                "partition/attach.sql",
                parent = *parent,
                partition = *partition,
                from = List(&from),
                to = List(&to)
            )
        }
    })
}
