//! The partition key's first column: how a point in time is written in it, and read back from a bound.
//! UUID v7 is RFC 9562, section 5.7; ULID and KSUID are the layouts that their authors published.
use chrono::{DateTime, Datelike as _, NaiveDate, NaiveTime, Utc};
use serde::{Deserialize, Serialize};

/// How a time is kept in a column whose type does not say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// Seconds since 1970 in an integer.
    EpochS,
    /// Milliseconds since 1970 in a bigint.
    EpochMs,
    /// UUID version 7.
    #[serde(rename = "uuidv7")]
    UuidV7,
    /// ULID in text: 26 characters of Crockford's base 32.
    Ulid,
    /// KSUID in text: 27 characters of base 62.
    Ksuid,
}

impl Encoding {
    pub const ALL: [Self; 5] = [Self::EpochS, Self::EpochMs, Self::UuidV7, Self::Ulid, Self::Ksuid];

    pub const fn word(self) -> &'static str {
        match self {
            Self::EpochS => "epoch-s",
            Self::EpochMs => "epoch-ms",
            Self::UuidV7 => "uuidv7",
            Self::Ulid => "ulid",
            Self::Ksuid => "ksuid",
        }
    }
}

/// What the key's first column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    Date,
    Timestamp,
    Timestamptz,
    Encoded(Encoding),
}

const SECOND: i64 = 1_000_000;
const MILLISECOND: i64 = 1_000;
const DAY: i64 = 86_400 * SECOND;
const ULID_DIGITS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const KSUID_DIGITS: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const KSUID_EPOCH_S: i64 = 1_400_000_000;
const KSUID_LENGTH: usize = 27;

impl KeyKind {
    /// The kinds that a column of the type could be, in the order in which they are tried. Names as `regtype` prints.
    pub fn of_type(type_name: &str) -> &'static [Self] {
        match type_name {
            "date" => &[Self::Date],
            "timestamp without time zone" => &[Self::Timestamp],
            "timestamp with time zone" => &[Self::Timestamptz],
            "bigint" => &[Self::Encoded(Encoding::EpochMs), Self::Encoded(Encoding::EpochS)],
            "integer" => &[Self::Encoded(Encoding::EpochS)],
            "uuid" => &[Self::Encoded(Encoding::UuidV7)],
            "text" | "character varying" | "character" => {
                &[Self::Encoded(Encoding::Ulid), Self::Encoded(Encoding::Ksuid)]
            }
            _ => &[],
        }
    }

    /// Whether the key is a time of the wall clock, without a zone.
    pub const fn wall(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp)
    }

    /// The digits whose order the column's collation must keep.
    pub const fn digits(self) -> Option<&'static [u8]> {
        match self {
            Self::Encoded(Encoding::Ulid) => Some(ULID_DIGITS),
            Self::Encoded(Encoding::Ksuid) => Some(KSUID_DIGITS),
            _ => None,
        }
    }

    /// The smallest key value at or after a point, as the text of a literal. `None`: the type cannot hold it.
    pub fn encode(self, point: i64) -> Option<String> {
        let time = DateTime::from_timestamp_micros(point)?;
        Some(match self {
            Self::Date if point.rem_euclid(DAY) != 0 => return None,
            Self::Date => written(time, "-%m-%d"),
            Self::Timestamp => written(time, "-%m-%d %H:%M:%S%.f"),
            Self::Timestamptz => written(time, "-%m-%d %H:%M:%S%.f+00"),
            Self::Encoded(encoding) => return encoding.encode(point),
        })
    }

    /// The point of a bound's value, as the server prints it with `DateStyle` ISO and `TimeZone` UTC.
    pub fn decode(self, text: &str) -> Option<i64> {
        match self {
            Self::Date | Self::Timestamp | Self::Timestamptz => decode_time(text),
            Self::Encoded(encoding) => encoding.decode(text),
        }
    }
}

/// As the server writes years: no sign before those beyond 9999, and an era where there is no year 0.
fn written(time: DateTime<Utc>, rest: &str) -> String {
    let year = time.year();
    let (year, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    format!("{year:04}{}{era}", time.format(rest))
}

impl Encoding {
    fn encode(self, point: i64) -> Option<String> {
        let milliseconds = u64::try_from(point.div_euclid(MILLISECOND)).ok().filter(|ms| *ms < 1 << 48);
        match self {
            Self::EpochS => Some(point.div_euclid(SECOND).to_string()),
            Self::EpochMs => Some(point.div_euclid(MILLISECOND).to_string()),
            Self::UuidV7 => {
                let hex = format!("{:012x}", milliseconds?);
                Some(format!("{}-{}-0000-0000-000000000000", &hex[..8], &hex[8..]))
            }
            Self::Ulid => {
                let ms = milliseconds?;
                let digit = |place: u32| char::from(ULID_DIGITS[(ms >> (5 * place) & 31) as usize]);
                Some((0..10).rev().map(digit).chain(std::iter::repeat_n('0', 16)).collect())
            }
            Self::Ksuid => {
                let seconds = u32::try_from(point.div_euclid(SECOND) - KSUID_EPOCH_S).ok()?;
                Some(base62(seconds))
            }
        }
    }

    fn decode(self, text: &str) -> Option<i64> {
        match self {
            Self::EpochS => text.parse::<i64>().ok()?.checked_mul(SECOND),
            Self::EpochMs => text.parse::<i64>().ok()?.checked_mul(MILLISECOND),
            Self::UuidV7 => {
                let hex: String = text.chars().filter(|c| *c != '-').collect();
                let (time, rest) = hex.split_at_checked(12)?;
                let lowest = ["00000000000000000000", "70008000000000000000"];
                lowest.contains(&rest).then_some(())?;
                i64::from_str_radix(time, 16).ok()?.checked_mul(MILLISECOND)
            }
            Self::Ulid => {
                let (time, rest) = text.split_at_checked(10)?;
                (rest.bytes().all(|b| b == b'0') && rest.len() <= 16).then_some(())?;
                let value = time.bytes().try_fold(0_i64, |sum, b| Some(sum << 5 | digit(ULID_DIGITS, b)?));
                value?.checked_mul(MILLISECOND)
            }
            Self::Ksuid => {
                let seconds = un_base62(text)?;
                Some((i64::from(seconds) + KSUID_EPOCH_S) * SECOND)
            }
        }
    }
}

fn digit(digits: &[u8], byte: u8) -> Option<i64> {
    digits.iter().position(|d| *d == byte).and_then(|at| i64::try_from(at).ok())
}

/// `seconds`, then 16 zero bytes, as one number of 27 digits in base 62.
fn base62(seconds: u32) -> String {
    let mut bytes = [0_u8; 20];
    bytes[..4].copy_from_slice(&seconds.to_be_bytes());
    let mut digits = vec![0_u8; KSUID_LENGTH];
    for place in digits.iter_mut().rev() {
        let mut rest = 0_u32;
        for byte in &mut bytes {
            let value = rest << 8 | u32::from(*byte);
            *byte = (value / 62).to_le_bytes()[0];
            rest = value % 62;
        }
        *place = KSUID_DIGITS[rest as usize];
    }
    digits.into_iter().map(char::from).collect()
}

/// The seconds of a KSUID whose other bytes are zero.
fn un_base62(text: &str) -> Option<u32> {
    if text.len() != KSUID_LENGTH {
        return None;
    }
    let mut bytes = [0_u8; 20];
    for byte in text.bytes() {
        let mut carry = u32::try_from(digit(KSUID_DIGITS, byte)?).ok()?;
        for place in bytes.iter_mut().rev() {
            let value = u32::from(*place) * 62 + carry;
            *place = value.to_le_bytes()[0];
            carry = value >> 8;
        }
        if carry != 0 {
            return None;
        }
    }
    let (time, rest) = bytes.split_first_chunk::<4>()?;
    rest.iter().all(|b| *b == 0).then(|| u32::from_be_bytes(*time))
}

/// `2026-11-01 00:00:00+00`, `2026-11-01`, `infinity`, years beyond four digits, `BC`.
fn decode_time(text: &str) -> Option<i64> {
    match text {
        "infinity" => return Some(i64::MAX),
        "-infinity" => return Some(i64::MIN),
        _ => {}
    }
    let (text, before_christ) = text.strip_suffix(" BC").map_or((text, false), |text| (text, true));
    let (date, clock) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let clock = clock.strip_suffix("+00").unwrap_or(clock);
    let clock = NaiveTime::parse_from_str(clock, "%H:%M:%S%.f").ok()?;
    let clock = clock.signed_duration_since(NaiveTime::MIN).num_microseconds()?;
    let mut parts = date.splitn(3, '-');
    let year: i64 = parts.next()?.parse().ok()?;
    let year = if before_christ { 1 - year } else { year };
    let (month, day) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    days(year, month, day)?.checked_mul(DAY)?.checked_add(clock)
}

/// Days since 1970-01-01. The server's years go further than chrono's; the Gregorian calendar repeats every 400.
fn days(year: i64, month: u32, day: u32) -> Option<i64> {
    const DAYS_IN_400_YEARS: i64 = 146_097;
    let (cycles, near) = (year.div_euclid(400), year.rem_euclid(400) + 2000);
    let near = NaiveDate::from_ymd_opt(i32::try_from(near).ok()?, month, day)?;
    let near = near.signed_duration_since(NaiveDate::default()).num_days();
    near.checked_add((cycles - 5).checked_mul(DAYS_IN_400_YEARS)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER: i64 = 1_793_491_200 * SECOND; // 2026-11-01T00:00:00Z

    #[test]
    fn every_kind_reads_back_what_it_writes() {
        let all = Encoding::ALL.map(KeyKind::Encoded);
        let kinds = [KeyKind::Date, KeyKind::Timestamp, KeyKind::Timestamptz].into_iter().chain(all);
        for kind in kinds {
            let text = kind.encode(NOVEMBER).unwrap();
            assert_eq!(kind.decode(&text), Some(NOVEMBER), "{kind:?} {text}");
        }
    }

    #[test]
    fn literals_say_their_zone_and_keep_their_width() {
        assert_eq!(KeyKind::Timestamptz.encode(NOVEMBER).unwrap(), "2026-11-01 00:00:00+00");
        assert_eq!(KeyKind::Timestamp.encode(NOVEMBER).unwrap(), "2026-11-01 00:00:00");
        assert_eq!(KeyKind::Date.encode(NOVEMBER + 1), None);
        let uuid = Encoding::UuidV7.encode(NOVEMBER).unwrap();
        assert!(uuid.ends_with("-0000-0000-000000000000") && uuid.len() == 36, "{uuid}");
        assert_eq!(Encoding::Ulid.encode(NOVEMBER).unwrap().len(), 26);
        assert_eq!(Encoding::Ksuid.encode(NOVEMBER).unwrap().len(), 27);
    }

    #[test]
    fn known_identifiers_hold_their_published_times() {
        // RFC 9562, appendix A.6: 017F22E2-79B0-7CC3-98C4-DC0C0C07398F is 2022-02-22T19:22:22Z.
        assert_eq!(
            Encoding::UuidV7.encode(1_645_557_742_000 * MILLISECOND).unwrap(),
            "017f22e2-79b0-0000-0000-000000000000"
        );
        // The ULID specification's example: 01ARZ3NDEKTSV4RRFFQ69G5FAV is 1469922850259 ms.
        assert!(Encoding::Ulid.encode(1_469_922_850_259 * MILLISECOND).unwrap().starts_with("01ARZ3NDEK"));
        // The KSUID readme's example: 0ujtsYcgvSTl8PAuAdqWYSMnLOv has the timestamp 107608047.
        let low = Encoding::Ksuid.encode((107_608_047 + KSUID_EPOCH_S) * SECOND).unwrap();
        let high = Encoding::Ksuid.encode((107_608_048 + KSUID_EPOCH_S) * SECOND).unwrap();
        let id = "0ujtsYcgvSTl8PAuAdqWYSMnLOv";
        assert!(low.as_str() <= id && id < high.as_str(), "{low} {high}");
    }

    #[test]
    fn times_that_only_the_server_can_hold_are_read() {
        assert_eq!(decode_time("52217-01-01 00:00:00+00"), Some(days(52_217, 1, 1).unwrap() * DAY));
        assert_eq!(decode_time("1970-01-02"), Some(DAY));
        assert_eq!(decode_time("0001-12-31 BC"), Some(days(0, 12, 31).unwrap() * DAY));
        assert_eq!(decode_time("infinity"), Some(i64::MAX));
        assert_eq!(decode_time("2026-11-01 05:30:00.5+00"), Some(NOVEMBER + (19_800 * SECOND) + SECOND / 2));
        assert_eq!(decode_time("not a time"), None);
    }

    #[test]
    fn years_are_written_as_the_server_reads_them() {
        for (text, kind) in [
            ("52217-01-01 00:00:00+00", KeyKind::Timestamptz),
            ("0001-12-31 BC", KeyKind::Date),
            ("0044-03-15 12:00:00 BC", KeyKind::Timestamp),
        ] {
            let point = kind.decode(text).unwrap();
            assert_eq!(kind.encode(point).unwrap(), text);
        }
    }

    #[test]
    fn bounds_that_are_no_times_are_not_taken_for_one() {
        assert_eq!(Encoding::UuidV7.decode("7f000000-0000-4000-8000-000000000001"), None);
        assert_eq!(Encoding::Ulid.decode("hello"), None);
        assert_eq!(Encoding::Ksuid.decode("zzzzzzzzzzzzzzzzzzzzzzzzzzz"), None);
    }
}
