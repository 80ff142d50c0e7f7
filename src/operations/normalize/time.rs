//! Dates and times as ISO 8601 writes them, in PostgreSQL's days and microseconds since 2000. Words such as `now` are
//! never evaluated, an offset is never dropped, what has none is UTC.
use chrono::{Datelike as _, NaiveDate};

use super::value::Reason;

const SPECIAL: [&str; 8] =
    ["now", "today", "tomorrow", "yesterday", "epoch", "infinity", "-infinity", "allballs"];
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// Days from the first of year 1, which is day 1, to 2000.
const YEAR_2000: i32 = 730_120;
/// From 1970 to 2000.
const EPOCH_DAYS: i64 = 10_957;

/// Days since 2000.
pub fn date(word: &str) -> Result<i32, Reason> {
    if is_special(word) {
        return Err(Reason("date_special"));
    }
    match day(word.as_bytes()) {
        Some((days, [])) => days.map_err(|()| Reason("date_range")),
        _ => Err(Reason("date_syntax")),
    }
}

/// Microseconds since 2000, UTC.
pub fn timestamp(word: &str) -> Result<i64, Reason> {
    if is_special(word) {
        return Err(Reason("ts_special"));
    }
    let syntax = Reason("ts_syntax");
    let (days, rest) = day(word.as_bytes()).ok_or(syntax)?;
    let micros = match rest {
        [] => 0,
        [b'T' | b' ', time @ ..] => time_of_day(time).ok_or(syntax)?,
        _ => return Err(syntax),
    };
    days.map(|days| i64::from(days) * DAY + micros).map_err(|()| Reason("ts_range"))
}

/// From a number of seconds (`scale` 1000) or milliseconds (1) since 1970.
pub fn epoch(number: &str, scale: i64) -> Result<i64, Reason> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let range = Reason("ts_range");
    let millis =
        whole.parse::<i128>().ok().and_then(|whole| whole.checked_mul(i128::from(scale))).ok_or(range)?;
    // Three decimals of a second are whole milliseconds.
    let (counting, rest) = decimals.split_at(decimals.len().min(if scale == 1000 { 3 } else { 0 }));
    if rest.bytes().any(|digit| digit != b'0') {
        return Err(Reason("ts_syntax"));
    }
    let padded = format!("{counting:0<3}");
    let part = if counting.is_empty() { 0 } else { padded.parse::<i128>().map_err(|_| range)? };
    let millis = if number.starts_with('-') { millis - part } else { millis + part };
    if !(-62_135_596_800_000..=253_402_300_799_999).contains(&millis) {
        return Err(range);
    }
    let millis = i64::try_from(millis).map_err(|_| range)?;
    Ok(millis * 1000 - EPOCH_DAYS * DAY)
}

/// To so many digits of the second, as the server rounds: halves away from zero.
pub const fn rounded(micros: i64, digits: u32) -> i64 {
    if digits >= 6 {
        return micros;
    }
    let unit = 10_i64.pow(6 - digits);
    if micros >= 0 { (micros + unit / 2) / unit * unit } else { -((-micros + unit / 2) / unit * unit) }
}

fn is_special(word: &str) -> bool {
    if word.starts_with(|first: char| first.is_ascii_digit()) {
        return false;
    }
    let word = word.trim_matches([' ', '\t', '\n', '\r']);
    SPECIAL.iter().any(|special| word.eq_ignore_ascii_case(special))
}

/// Days since 2000, or that the calendar has no such day; and what follows. `None`: it does not begin like a date.
fn day(text: &[u8]) -> Option<(Result<i32, ()>, &[u8])> {
    let (head, rest) = text.split_at_checked(10)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *head else { return None };
    let year = i32::from(two(y1, y2)?) * 100 + i32::from(two(y3, y4)?);
    let (month, day) = (two(m1, m2)?, two(d1, d2)?);
    let date = NaiveDate::from_ymd_opt(year, month.into(), day.into()).filter(|_| year > 0);
    Some((date.map(|date| date.num_days_from_ce() - YEAR_2000).ok_or(()), rest))
}

/// `hh:mm[:ss[.f]][Z|+hh[[:]mm]]` as microseconds in UTC.
fn time_of_day(text: &[u8]) -> Option<i64> {
    let [h1, h2, b':', m1, m2, rest @ ..] = text else { return None };
    let (hour, minute) = (below(24, *h1, *h2)?, below(60, *m1, *m2)?);
    let (mut micros, mut rest) = ((hour * 3600 + minute * 60) * SECOND, rest);
    if let [b':', s1, s2, after @ ..] = rest {
        micros += below(60, *s1, *s2)? * SECOND;
        rest = after;
        if let [b'.', after @ ..] = rest {
            let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if !(1..=20).contains(&digits) {
                return None;
            }
            micros += fraction(&rest[..=digits])?;
            rest = &after[digits..];
        }
    }
    match rest {
        [] | [b'Z'] => Some(micros),
        [sign @ (b'+' | b'-'), h1, h2, after @ ..] => {
            let minutes = match after {
                [] => 0,
                [b':', m1, m2] | [m1, m2] => below(60, *m1, *m2)?,
                _ => return None,
            };
            let offset = (below(16, *h1, *h2)? * 3600 + minutes * 60) * SECOND;
            Some(if *sign == b'+' { micros - offset } else { micros + offset })
        }
        _ => None,
    }
}

/// The microseconds of `.123`, rounded as the server rounds.
fn fraction(text: &[u8]) -> Option<i64> {
    let fraction: f64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some((fraction * SECOND as f64).round_ties_even() as i64)
}

fn two(tens: u8, ones: u8) -> Option<u8> {
    (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + ones - b'0')
}

fn below(limit: u8, tens: u8, ones: u8) -> Option<i64> {
    two(tens, ones).filter(|number| *number < limit).map(i64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_and_words_do_not() {
        let noon = timestamp("2024-05-01T12:00:00Z").unwrap();
        for same in [
            "2024-05-01T17:30:00+05:30",
            "2024-05-01 12:00",
            "2024-05-01T11:00:00.000-01",
            "2024-05-01 13:00+0100",
        ] {
            assert_eq!(timestamp(same), Ok(noon), "{same}");
        }
        assert_eq!(timestamp("2024-05-01"), Ok(noon - DAY / 2));
        assert_eq!(epoch("1714564800000", 1), Ok(noon));
        assert_eq!(epoch("1714564800.000", 1000), Ok(noon));
        for (word, reason) in [
            ("yesterday", "ts_special"),
            (" NOW ", "ts_special"),
            ("01/02/2024", "ts_syntax"),
            ("2024-05-01T25:00:00", "ts_syntax"),
            ("2024-05-01T12:00:00+16:00", "ts_syntax"),
            ("2024-13-45", "ts_range"),
            ("2023-02-29T00:00:00Z", "ts_range"),
            ("0000-01-01", "ts_range"),
        ] {
            assert_eq!(timestamp(word), Err(Reason(reason)), "{word}");
        }
    }

    #[test]
    fn rounding_is_the_servers() {
        assert_eq!(rounded(1_500, 3), 2_000);
        assert_eq!(rounded(-1_500, 3), -2_000);
        assert_eq!(rounded(1_499, 3), 1_000);
        assert_eq!(rounded(1_499, 6), 1_499);
    }
}
