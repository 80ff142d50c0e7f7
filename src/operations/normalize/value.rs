//! From a JSON value to the bytes of a column of its type, or the reason why there are none. The functions of the same
//! names in `migrations/pgtend/V0005__backfill.sql` answer the same.
use super::json::{Json, Kind};
use super::mapping::{ColumnRule, Epoch};
use super::numeric::Numeric;
use super::time;

/// The type of a column of the target, as far as reading needs to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    Int2,
    Int4,
    Int8,
    /// Digits in all, and those behind the point.
    Numeric(Option<(u16, u16)>),
    /// Characters at most.
    Text(Option<u32>),
    Boolean,
    Uuid,
    Date,
    /// Digits of the second; with a time zone or without.
    Timestamp(u32),
    Jsonb,
    /// Of any type, as a column of the source has it: never read from JSON.
    Other,
}

/// Why a value has no row. The word is what the books say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reason(pub &'static str);

/// What became of a value that could be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    Plain,
    /// It had another type or form, which means the same.
    Coerced,
}

impl ColumnType {
    /// Appends the value's bytes as COPY wants them, without their length.
    pub fn read(self, json: Json<'_>, rule: &ColumnRule, out: &mut Vec<u8>) -> Result<Read, Reason> {
        match self {
            Self::Int2 => integer(json, rule, i64::from(i16::MIN), i64::from(i16::MAX))
                .map(|(n, read)| put(out, &n.to_be_bytes()[6..], read)),
            Self::Int4 => integer(json, rule, i64::from(i32::MIN), i64::from(i32::MAX))
                .map(|(n, read)| put(out, &n.to_be_bytes()[4..], read)),
            Self::Int8 => {
                integer(json, rule, i64::MIN, i64::MAX).map(|(n, read)| put(out, &n.to_be_bytes(), read))
            }
            Self::Numeric(limits) => numeric(json, rule, limits, out),
            Self::Text(most) => text(json, rule, most, out),
            Self::Boolean => boolean(json, rule).map(|(truth, read)| put(out, &[u8::from(truth)], read)),
            Self::Uuid => uuid(json).map(|bytes| put(out, &bytes, Read::Plain)),
            Self::Date => {
                let days = match json.kind() {
                    Kind::String => time::date(&json.word())?,
                    _ => return Err(Reason("date_syntax")),
                };
                Ok(put(out, &days.to_be_bytes(), Read::Plain))
            }
            Self::Timestamp(digits) => {
                let (micros, read) = instant(json, rule.epoch)?;
                Ok(put(out, &time::rounded(micros, digits).to_be_bytes(), read))
            }
            Self::Jsonb => {
                out.push(1);
                Ok(put(out, json.bytes(), Read::Plain))
            }
            Self::Other => Err(Reason("type_unknown")),
        }
    }

    /// Appends bytes that order and tell apart as the values do, for those types that have an order of bytes.
    pub fn put_comparable(self, bytes: &[u8], out: &mut Vec<u8>) {
        match (self, bytes.split_first()) {
            // Two's complement, with the sign turned round.
            (Self::Int2 | Self::Int4 | Self::Int8 | Self::Date | Self::Timestamp(_), Some((first, rest))) => {
                out.push(first ^ 0x80);
                out.extend_from_slice(rest);
            }
            (Self::Numeric(_), _) => Numeric::put_comparable(bytes, out),
            _ => out.extend_from_slice(bytes),
        }
        out.push(0);
    }

    /// Whether `min` and `max` can be told from the comparable bytes.
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Int2 | Self::Int4 | Self::Int8 | Self::Date | Self::Timestamp(_))
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8], read: Read) -> Read {
    out.extend_from_slice(bytes);
    read
}

const fn space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

fn integer(json: Json<'_>, rule: &ColumnRule, least: i64, most: i64) -> Result<(i64, Read), Reason> {
    let syntax = Reason("int_syntax");
    let (number, read) = match json.kind() {
        Kind::Number if json.bytes().len() <= 18 && json.bytes().iter().all(u8::is_ascii_digit) => {
            let digit = |sum: i128, digit: &u8| sum * 10 + i128::from(digit - b'0');
            (Ok(json.bytes().iter().fold(0, digit)), Read::Plain)
        }
        Kind::Number => {
            // What the server has checked needs no second check.
            let text = std::str::from_utf8(json.bytes()).map_err(|_| syntax)?;
            match text.split_once('.') {
                None => (text.parse::<i128>(), Read::Plain),
                Some((whole, decimals)) if rule.coerce && decimals.bytes().all(|d| d == b'0') => {
                    (whole.parse::<i128>(), Read::Coerced)
                }
                Some(_) => return Err(Reason("int_not_integral")),
            }
        }
        Kind::String if rule.coerce => {
            let word = json.word();
            let word = word.trim_matches(space);
            let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
            if !(1..=40).contains(&digits.len()) || !digits.bytes().all(|d| d.is_ascii_digit()) {
                return Err(syntax);
            }
            (word.parse::<i128>(), Read::Coerced)
        }
        _ => return Err(syntax),
    };
    // More digits than an i128 holds are out of range as well.
    match number.ok().and_then(|number| i64::try_from(number).ok()) {
        Some(number) if (least..=most).contains(&number) => Ok((number, read)),
        _ => Err(Reason("int_range")),
    }
}

fn numeric(
    json: Json<'_>,
    rule: &ColumnRule,
    limits: Option<(u16, u16)>,
    out: &mut Vec<u8>,
) -> Result<Read, Reason> {
    let syntax = Reason("numeric_syntax");
    let word = json.word();
    let (word, read) = match json.kind() {
        Kind::Number => (word.as_ref(), Read::Plain),
        Kind::String if rule.coerce && word.trim_matches(space).len() <= 1000 => {
            (word.trim_matches(space), Read::Coerced)
        }
        _ => return Err(syntax),
    };
    let number = Numeric::parse(word).ok_or(syntax)?;
    if let Some((digits, decimals)) = limits {
        if number.decimals() > usize::from(decimals) {
            return Err(Reason("numeric_scale"));
        }
        if number.whole_digits() > usize::from(digits.saturating_sub(decimals)) {
            return Err(Reason("numeric_range"));
        }
    }
    number.put(out, limits.map(|(_, decimals)| decimals));
    Ok(read)
}

fn text(json: Json<'_>, rule: &ColumnRule, most: Option<u32>, out: &mut Vec<u8>) -> Result<Read, Reason> {
    let read = match json.kind() {
        Kind::String => Read::Plain,
        Kind::Number | Kind::Boolean if rule.coerce => Read::Coerced,
        _ => return Err(Reason("text_wrong_type")),
    };
    let word = json.word();
    if word.is_empty() && !rule.empty {
        return Err(Reason("text_empty"));
    }
    if most.is_some_and(|most| word.len() > most as usize && word.chars().count() > most as usize) {
        return Err(Reason("text_too_long"));
    }
    Ok(put(out, word.as_bytes(), read))
}

fn boolean(json: Json<'_>, rule: &ColumnRule) -> Result<(bool, Read), Reason> {
    match (json.kind(), json.word().trim_matches(space)) {
        (Kind::Boolean, word) => Ok((word == "true", Read::Plain)),
        (Kind::String, word @ ("true" | "false")) if rule.coerce => Ok((word == "true", Read::Coerced)),
        _ => Err(Reason("boolean_syntax")),
    }
}

fn uuid(json: Json<'_>) -> Result<[u8; 16], Reason> {
    let syntax = Reason("uuid_syntax");
    let word = json.word();
    if json.kind() != Kind::String || word.len() != 36 {
        return Err(syntax);
    }
    let mut digits = Vec::with_capacity(32);
    for (place, character) in word.char_indices() {
        match (place, character.to_digit(16)) {
            (8 | 13 | 18 | 23, None) if character == '-' => {}
            (8 | 13 | 18 | 23, _) | (_, None) => return Err(syntax),
            (_, Some(digit)) => digits.push(u8::try_from(digit).map_err(|_| syntax)?),
        }
    }
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    Ok(bytes)
}

fn instant(json: Json<'_>, epoch: Option<Epoch>) -> Result<(i64, Read), Reason> {
    match json.kind() {
        Kind::String => time::timestamp(&json.word()).map(|micros| (micros, Read::Plain)),
        Kind::Number => {
            let scale = match epoch {
                None => return Err(Reason("ts_numeric")),
                Some(Epoch::Seconds) => 1000,
                Some(Epoch::Milliseconds) => 1,
            };
            time::epoch(&json.word(), scale).map(|micros| (micros, Read::Coerced))
        }
        _ => Err(Reason("ts_wrong_type")),
    }
}
