//! The folders of an archive in Parquet, one for each part of a calendar, as Hive has named them and as its heirs read
//! them: `year=2026/month=8`. What lies in such a folder is taken by them to be of that month without a look.
use chrono::{Datelike as _, NaiveDateTime, Timelike as _};

use crate::operations::partition::every::Every;
use crate::operations::partition::timeline::{Range, Timeline};
use crate::plan::ArchivedColumn;

// Numbers without leading zeros: with them DuckDB takes them for text.

/// What says that rows of several values lie there.
const NO_VALUE: &str = "__HIVE_DEFAULT_PARTITION__";

/// A name, and the value of it that a time has.
type Part = (&'static str, fn(NaiveDateTime) -> i64);

const YEAR: Part = ("year", |time| time.year().into());
const QUARTER: Part = ("quarter", |time| (time.month0() / 3 + 1).into());
const MONTH: Part = ("month", |time| time.month().into());
const ISO_YEAR: Part = ("iso_year", |time| time.iso_week().year().into());
const WEEK: Part = ("week", |time| time.iso_week().week().into());
const DAY: Part = ("day", |time| time.day().into());
const HOUR: Part = ("hour", |time| time.hour().into());

const fn parts(every: Every) -> &'static [Part] {
    match every {
        Every::Year => &[YEAR],
        Every::Quarter => &[YEAR, QUARTER],
        Every::Month => &[YEAR, MONTH],
        Every::Week => &[ISO_YEAR, WEEK],
        Every::Day => &[YEAR, MONTH, DAY],
        Every::Hour => &[YEAR, MONTH, DAY, HOUR],
    }
}

/// The folders for rows of a range, in the calendar's zone. A table has the same ones for all its partitions: where a range
/// is longer than a period, those that are not the same all through it have no value.
pub(super) fn folders(timeline: &Timeline, range: Range, columns: &[ArchivedColumn]) -> String {
    let parts = parts(timeline.calendar.every);
    let prefix = prefix(parts, columns);
    let ends = ends(timeline, range);
    let mut same = true;
    let folder = |(name, value): &Part| {
        let both = ends.map(|(first, last)| (value(first), value(last)));
        same &= both.is_some_and(|(first, last)| first == last);
        match both {
            Some((value, _)) if same => format!("{prefix}{name}={value}"),
            _ => format!("{prefix}{name}={NO_VALUE}"),
        }
    };
    parts.iter().map(folder).collect::<Vec<_>>().join("/")
}

/// What the calendar's clock shows at the first and the last point of a range. `None`: it has no end, or is beyond the
/// calendar.
fn ends(timeline: &Timeline, range: Range) -> Option<(NaiveDateTime, NaiveDateTime)> {
    if range.lo == i64::MIN || range.hi == i64::MAX {
        return None;
    }
    let time = |point| timeline.calendar.label(point).map(|label| label.time);
    Some((time(range.lo)?, time(range.hi - 1)?))
}

/// Readers make columns of the folders, which must not hide those of the table.
fn prefix(parts: &[Part], columns: &[ArchivedColumn]) -> String {
    let mut prefix = String::new();
    let taken = |prefix: &str| {
        let taken = |name: &str| columns.iter().any(|column| column.name.eq_ignore_ascii_case(name));
        parts.iter().any(|(name, _)| taken(&format!("{prefix}{name}")))
    };
    while taken(&prefix) {
        prefix.push_str("partition_");
    }
    prefix
}
