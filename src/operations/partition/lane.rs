//! A partitioned table drawn as a lane of time: where its partitions lie, where they do not, and where now is. Every
//! place is a share of the stretch that is shown, 0 its begin and 1 its end.
use crate::operations::partition::policy::Policy;
use crate::operations::partition::retire::due;
use crate::operations::partition::timeline::{Part, Timeline};
use crate::pg::catalog::RelationKind;

const PERIODS_BACK: i64 = 240;
const PERIODS_AHEAD: i64 = 120;

#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    pub from: String,
    pub to: String,
    pub now: f64,
    /// Rows before it are to go.
    pub kept_from: Option<f64>,
    pub blocks: Vec<Block>,
}

/// Partitions that lie side by side, or a stretch that has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub begin: f64,
    pub end: f64,
    pub kind: BlockKind,
    pub partitions: usize,
    /// None before the first ANALYZE.
    pub rows_estimate: Option<f64>,
    pub from: String,
    pub to: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockKind {
    Past,
    /// Older than what is kept.
    Due,
    Current,
    Ahead,
    /// No partition, between others or before the horizon that is wanted.
    Missing,
}

/// What lies in the points of the key, before it is drawn.
struct Piece {
    lo: i64,
    hi: i64,
    kind: BlockKind,
    partitions: usize,
    rows_estimate: Option<f64>,
}

/// `now` is a point of the key; neighbours of one kind are drawn together where there are more than `most`. None for a
/// table that has no partition with a begin and an end.
pub fn lane(timeline: &Timeline, policy: &Policy, now: i64, most: usize) -> Option<Lane> {
    let bounds = timeline.parts.iter().flat_map(|part| [part.range.lo, part.range.hi]);
    let (lo, hi) = ends(bounds.filter(|point| !matches!(*point, i64::MIN | i64::MAX)))?;
    let (near, far) = around(timeline, now);
    let (lo, hi) = (lo.min(now).max(near), hi.max(wanted(timeline, policy, now).unwrap_or(now)).min(far));
    let hi = hi.max(now.saturating_add(1));
    let horizon = due(timeline, policy, now).ok().flatten().map(|retired| retired.horizon);
    let pieces = thinned(pieces(timeline, (lo, hi), now, horizon), most);
    let share = |point: i64| (point as f64 - lo as f64) / (hi as f64 - lo as f64);
    let block = |piece: Piece| Block {
        begin: share(piece.lo),
        end: share(piece.hi),
        kind: piece.kind,
        partitions: piece.partitions,
        rows_estimate: piece.rows_estimate,
        from: day(&timeline.show(piece.lo)),
        to: day(&timeline.show(piece.hi)),
    };
    Some(Lane {
        from: day(&timeline.show(lo)),
        to: day(&timeline.show(hi)),
        now: share(now),
        kept_from: horizon.filter(|horizon| (lo..hi).contains(horizon)).map(share),
        blocks: pieces.into_iter().map(block).collect(),
    })
}

fn ends(points: impl Iterator<Item = i64>) -> Option<(i64, i64)> {
    let (lo, hi) = points.fold((i64::MAX, i64::MIN), |(lo, hi), point| (lo.min(point), hi.max(point)));
    (lo < hi).then_some((lo, hi))
}

/// Beyond these nothing is drawn: one partition up to the year 9999 would leave no room for the others.
fn around(timeline: &Timeline, now: i64) -> (i64, i64) {
    let begin = timeline.calendar.floor(now);
    let period =
        begin.and_then(|begin| timeline.calendar.next(begin)?.checked_sub(begin)).unwrap_or(i64::MAX);
    let so_many = |periods| period.saturating_mul(periods);
    (now.saturating_sub(so_many(PERIODS_BACK)), now.saturating_add(so_many(PERIODS_AHEAD)))
}

/// The end of the last period that there should be a partition for.
fn wanted(timeline: &Timeline, policy: &Policy, now: i64) -> Option<i64> {
    let calendar = &timeline.calendar;
    let mut end = calendar.next(calendar.floor(now)?)?;
    for _ in 0..policy.ahead {
        end = calendar.next(end)?;
    }
    Some(end)
}

/// Partitions and the stretches between them, in the order of time.
fn pieces(timeline: &Timeline, (lo, hi): (i64, i64), now: i64, horizon: Option<i64>) -> Vec<Piece> {
    let missing = |lo, hi| Piece { lo, hi, kind: BlockKind::Missing, partitions: 0, rows_estimate: None };
    let mut pieces = Vec::new();
    let mut end = lo;
    for part in &timeline.parts {
        let (from, to) = (part.range.lo.clamp(lo, hi), part.range.hi.clamp(lo, hi));
        if from > end {
            pieces.push(missing(end, from));
        }
        if to > from {
            let rows_estimate = part.partition.rows_estimate;
            pieces.push(Piece {
                lo: from,
                hi: to,
                kind: kind(part, now, horizon),
                partitions: 1,
                rows_estimate,
            });
        }
        end = end.max(to);
    }
    if end < hi {
        pieces.push(missing(end, hi));
    }
    pieces
}

fn kind(part: &Part, now: i64, horizon: Option<i64>) -> BlockKind {
    let range = part.range;
    match horizon {
        _ if range.lo <= now && now < range.hi => BlockKind::Current,
        _ if range.lo > now => BlockKind::Ahead,
        Some(horizon) if range.hi <= horizon && part.partition.kind != RelationKind::ForeignTable => {
            BlockKind::Due
        }
        _ => BlockKind::Past,
    }
}

/// So many neighbours of one kind together that about `most` pieces are left.
fn thinned(pieces: Vec<Piece>, most: usize) -> Vec<Piece> {
    let together = pieces.len().div_ceil(most.max(1));
    let mut thin: Vec<Piece> = Vec::new();
    for piece in pieces {
        match thin.last_mut() {
            Some(last) if last.kind == piece.kind && last.hi == piece.lo && last.partitions < together => {
                last.hi = piece.hi;
                last.partitions += piece.partitions;
                last.rows_estimate = match (last.rows_estimate, piece.rows_estimate) {
                    (Some(one), Some(other)) => Some(one + other),
                    (known, None) | (None, known) => known,
                };
            }
            _ => thin.push(piece),
        }
    }
    thin
}

/// Of a time at midnight the date is enough.
pub fn day(point: &str) -> String {
    let midnight = point.strip_suffix("+00").unwrap_or(point).strip_suffix(" 00:00:00");
    midnight.unwrap_or(point).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(lo: i64, kind: BlockKind) -> Piece {
        Piece {
            lo,
            hi: lo + 1,
            kind,
            partitions: usize::from(kind != BlockKind::Missing),
            rows_estimate: Some(2.0),
        }
    }

    #[test]
    fn neighbours_of_one_kind_are_drawn_together_when_there_are_many() {
        let kinds = [(0..40, BlockKind::Past), (40..41, BlockKind::Current), (41..50, BlockKind::Ahead)];
        let many = || {
            let pieces = kinds.iter().flat_map(|(range, kind)| range.clone().map(|lo| piece(lo, *kind)));
            pieces.collect::<Vec<_>>()
        };
        assert_eq!(thinned(many(), 50).len(), 50);
        let thin = thinned(many(), 10);
        assert_eq!(thin.len(), 11);
        assert_eq!(thin.iter().map(|piece| piece.partitions).sum::<usize>(), 50);
        assert_eq!((thin[0].lo, thin[0].hi, thin[0].rows_estimate), (0, 5, Some(10.0)));
    }

    #[test]
    fn what_is_missing_stays_apart() {
        let pieces = vec![piece(0, BlockKind::Past), piece(1, BlockKind::Missing), piece(2, BlockKind::Past)];
        assert_eq!(thinned(pieces, 1).len(), 3);
    }

    #[test]
    fn midnight_is_not_told() {
        assert_eq!(day("2026-01-01 00:00:00+00"), "2026-01-01");
        assert_eq!(day("2026-01-01 05:00:00+00"), "2026-01-01 05:00:00+00");
        assert_eq!(day("2026-01-01"), "2026-01-01");
    }
}
