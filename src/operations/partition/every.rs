//! The calendar of partitions: where a period begins and which comes next, in wall-clock time or in a time zone.
//! Points in time are microseconds since 1970-01-01: of the wall clock for `date` and `timestamp`, of UTC otherwise.
use chrono::{DateTime, Datelike, Days, MappedLocalTime, Months, NaiveDate, NaiveDateTime, Offset as _};
use chrono::{TimeDelta, TimeZone as _, Timelike as _, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::operations::partition::keep::Span;

const HOUR: i64 = 3_600_000_000;
/// A day on which every zone has the offset that it has today, without summer time on the southern islands.
const REFERENCE: NaiveDateTime = NaiveDate::from_ymd_opt(2020, 7, 1).unwrap().and_hms_opt(0, 0, 0).unwrap();

/// The length of a partition's range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Every {
    pub const ALL: [Self; 6] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }

    /// The begin of the period that a wall-clock time lies in. Weeks begin on Monday (ISO 8601).
    fn floor(self, time: NaiveDateTime) -> Option<NaiveDateTime> {
        let date = time.date();
        let begin = match self {
            Self::Hour => return date.and_hms_opt(time.hour(), 0, 0),
            Self::Day => date,
            Self::Week => {
                date.checked_sub_days(Days::new(u64::from(date.weekday().num_days_from_monday())))?
            }
            Self::Month => date.with_day(1)?,
            Self::Quarter => NaiveDate::from_ymd_opt(date.year(), date.month0() / 3 * 3 + 1, 1)?,
            Self::Year => NaiveDate::from_ymd_opt(date.year(), 1, 1)?,
        };
        begin.and_hms_opt(0, 0, 0)
    }

    fn next(self, begin: NaiveDateTime) -> Option<NaiveDateTime> {
        match self {
            Self::Hour => begin.checked_add_signed(TimeDelta::hours(1)),
            Self::Day => begin.checked_add_days(Days::new(1)),
            Self::Week => begin.checked_add_days(Days::new(7)),
            Self::Month => begin.checked_add_months(Months::new(1)),
            Self::Quarter => begin.checked_add_months(Months::new(3)),
            Self::Year => begin.checked_add_months(Months::new(12)),
        }
    }
}

/// Periods laid over a key's points in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Calendar {
    pub every: Every,
    pub zone: Tz,
    /// The key is a wall-clock time (`date`, `timestamp`): its points know no zone.
    pub wall: bool,
}

/// A period's begin for a name: the wall clock in the calendar's zone, and whether it is the second time that the
/// clock shows this hour, as happens when summer time ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    pub time: NaiveDateTime,
    pub repeated: bool,
}

impl Calendar {
    /// The key's point for an instant.
    pub fn point(&self, now: DateTime<Utc>) -> i64 {
        if self.wall { micros(now.with_timezone(&self.zone).naive_local()) } else { now.timestamp_micros() }
    }

    /// The begin of the period that holds the point. `None`: beyond the calendar.
    pub fn floor(&self, point: i64) -> Option<i64> {
        let local = self.local(point)?;
        let begin = self.every.floor(local)?;
        if self.wall {
            return Some(micros(begin));
        }
        if self.every == Every::Hour {
            return Some(point - (point + self.minutes_of_zone()).rem_euclid(HOUR));
        }
        Some(self.instant(begin)?.timestamp_micros())
    }

    /// By how much the zone's hours begin apart from UTC's. Taken at one date, for hours that all have sixty minutes:
    /// on one island summer time shifts the clock by half an hour.
    fn minutes_of_zone(&self) -> i64 {
        let offset = self.zone.offset_from_utc_datetime(&REFERENCE).fix();
        i64::from(offset.local_minus_utc()).rem_euclid(3600) * 1_000_000
    }

    /// The begin of the period after the one that begins at the point.
    pub fn next(&self, begin: i64) -> Option<i64> {
        if self.every == Every::Hour {
            return begin.checked_add(HOUR);
        }
        let next = self.every.next(self.every.floor(self.local(begin)?)?)?;
        if self.wall { Some(micros(next)) } else { Some(self.instant(next)?.timestamp_micros()) }
    }

    pub fn previous(&self, begin: i64) -> Option<i64> {
        self.floor(begin.checked_sub(1)?)
    }

    /// The point that lies a span of calendar time before the given one.
    pub fn before(&self, point: i64, span: Span) -> Option<i64> {
        let local = self.local(point)?;
        let earlier = local
            .checked_sub_months(Months::new(span.months))?
            .checked_sub_days(Days::new(u64::from(span.days)))?;
        let begin = if self.wall { micros(earlier) } else { self.instant(earlier)?.timestamp_micros() };
        // Hours have sixty minutes whatever the clock on the wall does.
        begin.checked_sub(i64::from(span.hours).checked_mul(HOUR)?)
    }

    pub fn label(&self, begin: i64) -> Option<Label> {
        let time = self.local(begin)?;
        let repeated = !self.wall
            && match self.zone.from_local_datetime(&time) {
                MappedLocalTime::Ambiguous(_, later) => later.timestamp_micros() == begin,
                _ => false,
            };
        Some(Label { time, repeated })
    }

    /// The key's point for what the calendar's clock shows.
    pub fn at(&self, local: NaiveDateTime) -> Option<i64> {
        if self.wall { Some(micros(local)) } else { Some(self.instant(local)?.timestamp_micros()) }
    }

    /// Whether a period begins at the point.
    pub fn is_begin(&self, point: i64) -> bool {
        self.floor(point) == Some(point)
    }

    fn local(&self, point: i64) -> Option<NaiveDateTime> {
        let utc = DateTime::from_timestamp_micros(point)?;
        Some(if self.wall { utc.naive_utc() } else { utc.with_timezone(&self.zone).naive_local() })
    }

    /// The instant of a local time; where the clock skips it, the instant of the skip; where it comes twice, the first.
    fn instant(&self, local: NaiveDateTime) -> Option<DateTime<Tz>> {
        const LONGEST_SKIP_MINUTES: i64 = 25 * 60;
        (0..LONGEST_SKIP_MINUTES).find_map(|minutes| {
            let time = local.checked_add_signed(TimeDelta::minutes(minutes))?;
            self.zone.from_local_datetime(&time).earliest()
        })
    }
}

fn micros(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp_micros()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar(every: Every, zone: Tz, wall: bool) -> Calendar {
        Calendar { every, zone, wall }
    }

    fn at(text: &str) -> i64 {
        text.parse::<DateTime<Utc>>().unwrap().timestamp_micros()
    }

    fn show(point: i64) -> String {
        DateTime::from_timestamp_micros(point).unwrap().format("%Y-%m-%dT%H:%MZ").to_string()
    }

    #[test]
    fn each_period_begins_where_people_expect_it() {
        let point = at("2026-11-21T09:30:15Z");
        let expected = [
            (Every::Hour, "2026-11-21T09:00Z", "2026-11-21T10:00Z"),
            (Every::Day, "2026-11-21T00:00Z", "2026-11-22T00:00Z"),
            (Every::Week, "2026-11-16T00:00Z", "2026-11-23T00:00Z"),
            (Every::Month, "2026-11-01T00:00Z", "2026-12-01T00:00Z"),
            (Every::Quarter, "2026-10-01T00:00Z", "2027-01-01T00:00Z"),
            (Every::Year, "2026-01-01T00:00Z", "2027-01-01T00:00Z"),
        ];
        for (every, begin, end) in expected {
            for wall in [true, false] {
                let calendar = calendar(every, Tz::UTC, wall);
                let floor = calendar.floor(point).unwrap();
                assert_eq!(
                    (show(floor), show(calendar.next(floor).unwrap())),
                    (begin.into(), end.into()),
                    "{every:?}"
                );
            }
        }
    }

    #[test]
    fn midnight_that_summer_time_skips_is_the_instant_of_the_skip() {
        // In Amman the clock went from 2022-02-25 00:00 to 01:00.
        let days = calendar(Every::Day, Tz::Asia__Amman, false);
        let begin = days.floor(at("2022-02-25T10:00:00Z")).unwrap();
        assert_eq!(show(begin), "2022-02-24T22:00Z");
        assert_eq!(show(days.next(begin).unwrap()), "2022-02-25T21:00Z");
        assert_eq!(show(days.previous(begin).unwrap()), "2022-02-23T22:00Z");
    }

    #[test]
    fn periods_follow_each_other_without_gap_or_overlap_in_every_zone() {
        for zone in
            [Tz::UTC, Tz::America__New_York, Tz::Asia__Kolkata, Tz::Asia__Amman, Tz::Australia__Lord_Howe]
        {
            for every in Every::ALL {
                let calendar = calendar(every, zone, false);
                let mut begin = calendar.floor(at("2021-12-30T03:04:05Z")).unwrap();
                for _ in 0..2500 {
                    let next = calendar.next(begin).unwrap();
                    assert!(next > begin, "{every:?} {zone}");
                    assert_eq!(calendar.floor(next), Some(next), "{every:?} {zone} {}", show(next));
                    assert_eq!(calendar.floor(next - 1), Some(begin), "{every:?} {zone} {}", show(next));
                    begin = next;
                }
            }
        }
    }

    #[test]
    fn a_kept_hour_has_sixty_minutes_also_when_summer_time_begins() {
        let hours = calendar(Every::Hour, Tz::America__New_York, false);
        let span = |text: &str| text.parse::<Span>().unwrap();
        let before = |now: &str, text| show(hours.before(at(now), span(text)).unwrap());
        assert_eq!(before("2026-03-08T07:30:00Z", "1 hour"), "2026-03-08T06:30Z");
        assert_eq!(before("2026-03-08T20:10:00Z", "24 hours"), "2026-03-07T20:10Z");
    }

    #[test]
    fn the_hour_that_comes_twice_has_two_labels() {
        let hours = calendar(Every::Hour, Tz::America__New_York, false);
        let first = hours.label(at("2026-11-01T05:00:00Z")).unwrap();
        let second = hours.label(at("2026-11-01T06:00:00Z")).unwrap();
        assert_eq!(first.time, second.time);
        assert!(!first.repeated && second.repeated);
    }

    #[test]
    fn half_hour_zones_have_their_own_hours() {
        let hours = calendar(Every::Hour, Tz::Asia__Kolkata, false);
        assert_eq!(show(hours.floor(at("2026-11-21T09:45:00Z")).unwrap()), "2026-11-21T09:30Z");
    }
}
