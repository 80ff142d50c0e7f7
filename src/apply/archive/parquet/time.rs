//! Dates and timestamps: the server's text in ISO style, and days or microseconds since 1970-01-01.
use chrono::{Datelike as _, Days, NaiveDate};

const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
const DAY: i64 = 86_400_000_000;

/// `None`: it is infinite, beyond the calendar, or no date.
pub(super) fn parse_date(text: &[u8]) -> Option<i32> {
    let (text, year_of) = era(text);
    i32::try_from(days(text, year_of)?).ok()
}

/// Of UTC where it ends with its offset, else of a clock on the wall. `None`: as [`parse_date`].
pub(super) fn parse_timestamp(text: &[u8], utc: bool) -> Option<i64> {
    let (text, year_of) = era(text);
    let text = if utc { text.strip_suffix(b"+00")? } else { text };
    let (date, time) = text.split_at(memchr::memchr(b' ', text)?);
    let (clock, fraction) = time[1..].split_at_checked(8)?;
    let [h1, h2, b':', m1, m2, b':', s1, s2] = *clock else { return None };
    let seconds = (number(&[h1, h2])? * 60 + number(&[m1, m2])?) * 60 + number(&[s1, s2])?;
    let fraction = match fraction.strip_prefix(b".") {
        None if fraction.is_empty() => 0,
        Some(digits) if (1..=6).contains(&digits.len()) => {
            digits.iter().chain([b'0'; 6].iter()).take(6).try_fold(0, |all, digit| add(all, *digit))?
        }
        _ => return None,
    };
    days(date, year_of)?.checked_mul(DAY)?.checked_add(seconds * 1_000_000 + fraction)
}

/// What stands before the era, and what a year of it is.
fn era(text: &[u8]) -> (&[u8], fn(i64) -> i64) {
    match text.strip_suffix(b" BC") {
        Some(text) => (text, |year| 1 - year),
        None => (text, |year| year),
    }
}

fn days(date: &[u8], year_of: fn(i64) -> i64) -> Option<i64> {
    let (year, rest) = date.split_at_checked(date.len().checked_sub(6)?)?;
    let [b'-', m1, m2, b'-', d1, d2] = *rest else { return None };
    let (month, day) = (number(&[m1, m2])?, number(&[d1, d2])?);
    let year = i32::try_from(year_of(number(year)?)).ok()?;
    let date = NaiveDate::from_ymd_opt(year, u32::try_from(month).ok()?, u32::try_from(day).ok()?)?;
    Some(date.signed_duration_since(EPOCH).num_days())
}

fn number(digits: &[u8]) -> Option<i64> {
    if digits.is_empty() || digits.len() > 9 {
        return None;
    }
    digits.iter().try_fold(0, |all, digit| add(all, *digit))
}

fn add(all: i64, digit: u8) -> Option<i64> {
    digit.is_ascii_digit().then(|| all * 10 + i64::from(digit - b'0'))
}

/// `None`: beyond the calendar.
pub(super) fn render_date(days: i32, out: &mut Vec<u8>) -> Option<()> {
    let before_christ = put_date(days.into(), out)?;
    put_era(before_christ, out);
    Some(())
}

pub(super) fn render_timestamp(micros: i64, utc: bool, out: &mut Vec<u8>) -> Option<()> {
    let before_christ = put_date(micros.div_euclid(DAY), out)?;
    let (seconds, fraction) = (micros.rem_euclid(DAY) / 1_000_000, micros.rem_euclid(1_000_000));
    for (sign, value) in [(b' ', seconds / 3600), (b':', seconds / 60 % 60), (b':', seconds % 60)] {
        out.push(sign);
        put_two(value, out);
    }
    if fraction != 0 {
        out.push(b'.');
        for two in [fraction / 10_000, fraction / 100 % 100, fraction % 100] {
            put_two(two, out);
        }
        while out.last() == Some(&b'0') {
            out.pop();
        }
    }
    if utc {
        out.extend_from_slice(b"+00");
    }
    put_era(before_christ, out);
    Some(())
}

/// Tells whether it lies before Christ.
fn put_date(days: i64, out: &mut Vec<u8>) -> Option<bool> {
    let far = Days::new(days.unsigned_abs());
    let date = if days < 0 { EPOCH.checked_sub_days(far) } else { EPOCH.checked_add_days(far) }?;
    let before_christ = date.year() <= 0;
    let year = i64::from(if before_christ { 1 - date.year() } else { date.year() });
    if year < 10_000 {
        put_two(year / 100, out);
        put_two(year % 100, out);
    } else {
        out.extend_from_slice(itoa::Buffer::new().format(year).as_bytes());
    }
    for value in [date.month(), date.day()] {
        out.push(b'-');
        put_two(value.into(), out);
    }
    Some(before_christ)
}

fn put_era(before_christ: bool, out: &mut Vec<u8>) {
    if before_christ {
        out.extend_from_slice(b" BC");
    }
}

/// A number below 100 in two digits.
fn put_two(value: i64, out: &mut Vec<u8>) {
    let digit = |value: i64| b'0' + u8::try_from(value % 10).unwrap_or(0);
    out.extend_from_slice(&[digit(value / 10), digit(value)]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_the_same_again() {
        for (text, days) in [
            ("1970-01-01", Some(0)),
            ("2026-11-22", Some(20_779)),
            ("1969-12-31", Some(-1)),
            ("10000-01-01", Some(2_932_897)),
            ("4714-11-24 BC", Some(-2_440_588)),
            ("0001-12-31 BC", Some(-719_163)),
            ("infinity", None),
            ("-infinity", None),
            ("5874897-12-31", None),
            ("2026-02-30", None),
        ] {
            assert_eq!(parse_date(text.as_bytes()), days, "{text}");
            let mut again = Vec::new();
            if let Some(days) = days {
                render_date(days, &mut again).unwrap();
                assert_eq!(String::from_utf8(again).unwrap(), text);
            }
        }
    }

    #[test]
    fn times_are_the_same_again() {
        for (text, micros) in [
            ("1970-01-01 00:00:00", Some(0)),
            ("1970-01-01 00:00:00.000001+00", Some(1)),
            ("2026-08-31 23:59:59.99+00", Some(1_788_220_799_990_000)),
            ("0044-03-15 12:00:00 BC", Some(-63_517_780_800_000_000)),
            ("0044-03-15 12:00:00.5+00 BC", Some(-63_517_780_799_500_000)),
            ("294276-12-31 23:59:59.999999", None),
            ("infinity", None),
            ("2026-08-31 23:59:59+02", None),
        ] {
            let utc = text.contains('+');
            assert_eq!(parse_timestamp(text.as_bytes(), utc), micros, "{text}");
            let mut again = Vec::new();
            if let Some(micros) = micros {
                render_timestamp(micros, utc, &mut again).unwrap();
                assert_eq!(String::from_utf8(again).unwrap(), text);
            }
        }
    }
}
