//! What to add up for a window: the sum of an hour or a day where all of it lies in the window, what it sums where not.
use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use super::Level;
use crate::operations::stats::difference::Interval;
use crate::operations::stats::window::{Span, lies_in};

/// A snapshot without its differences.
#[derive(Clone, Debug, Deserialize)]
pub struct Entered {
    pub id: i64,
    level: Level,
    /// The sum that it is part of.
    part_of: Option<i64>,
    /// Of a sum: how many of its parts are there beside it.
    parts: usize,
    #[serde(flatten)]
    pub interval: Interval,
}

/// The finest intervals that are known of a window, in the order of `entered`.
pub fn intervals(entered: &[Entered], span: Span) -> Vec<Interval> {
    finest(entered, span).map(|one| one.interval.clone()).collect()
}

/// Of what lies in the window, what is no sum of others that are there.
fn finest(entered: &[Entered], span: Span) -> impl Iterator<Item = &Entered> {
    entered.iter().filter(move |one| one.parts == 0 && lies_in(&one.interval, span))
}

/// The fewest snapshots whose sum is that of the finest ones in the window; none is of a level above `coarsest`.
pub fn terms(entered: &[Entered], span: Span, coarsest: Level) -> Vec<&Entered> {
    let mut whole: HashSet<i64> = finest(entered, span).map(|one| one.id).collect();
    for level in [Level::Hour, Level::Day].into_iter().filter(|level| *level <= coarsest) {
        let mut inside: HashMap<i64, usize> = HashMap::new();
        for sum in entered.iter().filter(|one| whole.contains(&one.id)).filter_map(|one| one.part_of) {
            *inside.entry(sum).or_default() += 1;
        }
        let sums = entered.iter().filter(|one| one.level == level && one.parts > 0);
        whole.extend(sums.filter(|one| inside.get(&one.id) == Some(&one.parts)).map(|one| one.id));
    }
    let counted =
        |one: &&Entered| whole.contains(&one.id) && one.part_of.is_none_or(|sum| !whole.contains(&sum));
    entered.iter().filter(counted).collect()
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;

    fn at(minutes: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
    }

    fn entered(id: i64, level: Level, part_of: Option<i64>, parts: usize, minutes: [i64; 2]) -> Entered {
        let [began, at] = minutes.map(at);
        Entered {
            id,
            level,
            part_of,
            parts,
            interval: Interval { began: Some(began), at, ..Interval::default() },
        }
    }

    /// Two hours of two captures each, a day of both, and an hour whose captures are gone.
    fn store() -> Vec<Entered> {
        use Level::{Capture, Day, Hour};
        vec![
            entered(1, Hour, Some(9), 0, [0, 60]),
            entered(2, Capture, Some(4), 0, [60, 90]),
            entered(3, Capture, Some(4), 0, [90, 120]),
            entered(4, Hour, Some(9), 2, [60, 120]),
            entered(5, Capture, Some(7), 0, [120, 150]),
            entered(6, Capture, Some(7), 0, [150, 180]),
            entered(7, Hour, Some(9), 2, [120, 180]),
            entered(8, Capture, None, 0, [180, 210]),
            entered(9, Day, None, 3, [0, 180]),
        ]
    }

    fn of(from: i64, to: i64, coarsest: Level) -> (Vec<i64>, usize) {
        let (store, span) = (store(), Span { from: at(from), to: at(to) });
        let ids = terms(&store, span, coarsest).iter().map(|one| one.id).collect();
        (ids, intervals(&store, span).len())
    }

    #[test]
    fn a_sum_stands_for_its_parts_where_all_of_them_are_wanted() {
        assert_eq!(of(0, 210, Level::Day), (vec![8, 9], 6));
        assert_eq!(of(0, 210, Level::Hour), (vec![1, 4, 7, 8], 6));
        assert_eq!(of(0, 210, Level::Capture), (vec![1, 2, 3, 5, 6, 8], 6));
        assert_eq!(of(61, 210, Level::Day), (vec![4, 7, 8], 5));
        assert_eq!(of(80, 210, Level::Day), (vec![3, 7, 8], 4));
        assert_eq!(of(80, 140, Level::Day), (vec![3, 5], 2));
        assert_eq!(of(300, 400, Level::Day), (vec![], 0));
    }
}
