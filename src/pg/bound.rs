//! Partition bounds as `pg_get_expr(relpartbound, oid)` prints them, taken apart into their values.
//! The grammar is that of `CREATE TABLE ... PARTITION OF`, manual: part VI.
use std::fmt;

use crate::pg::name::Literal;
use crate::pg::sql::SqlArg;

/// A partition's place among its siblings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartitionBound {
    Default,
    /// One value for each key column, on either side.
    Range {
        from: Vec<Datum>,
        to: Vec<Datum>,
    },
    /// A list or hash partition's bound, as printed.
    Other(String),
}

/// One value of a range bound. `Value` is the text of the literal, unquoted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Datum {
    MinValue,
    MaxValue,
    Value(String),
}

/// As `FOR VALUES FROM (...) TO (...)` wants it.
impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MinValue => f.write_str("minvalue"),
            Self::MaxValue => f.write_str("maxvalue"),
            Self::Value(text) => Literal(text.clone()).fmt(f),
        }
    }
}

impl SqlArg for Datum {}

impl PartitionBound {
    pub fn parse(text: &str) -> Self {
        if text == "DEFAULT" {
            return Self::Default;
        }
        range(text).unwrap_or_else(|| Self::Other(text.to_owned()))
    }
}

fn range(text: &str) -> Option<PartitionBound> {
    let rest = text.strip_prefix("FOR VALUES FROM (")?;
    let (from, rest) = data(rest)?;
    let rest = rest.strip_prefix(" TO (")?;
    let (to, rest) = data(rest)?;
    (rest.is_empty() && from.len() == to.len()).then_some(PartitionBound::Range { from, to })
}

/// Values up to the closing parenthesis, and what follows it.
fn data(mut rest: &str) -> Option<(Vec<Datum>, &str)> {
    let mut values = Vec::new();
    loop {
        let value;
        (value, rest) = datum(rest)?;
        values.push(value);
        if let Some(after) = rest.strip_prefix(')') {
            return Some((values, after));
        }
        rest = rest.strip_prefix(", ")?;
    }
}

fn datum(rest: &str) -> Option<(Datum, &str)> {
    if let Some(after) = rest.strip_prefix("MINVALUE") {
        return Some((Datum::MinValue, after));
    }
    if let Some(after) = rest.strip_prefix("MAXVALUE") {
        return Some((Datum::MaxValue, after));
    }
    match rest.strip_prefix('\'') {
        Some(quoted) => quoted_text(quoted),
        None => {
            let end = rest.find([',', ')'])?;
            Some((Datum::Value(rest[..end].to_owned()), &rest[end..]))
        }
    }
}

/// The text up to the closing quote; a doubled quote is one quote.
fn quoted_text(rest: &str) -> Option<(Datum, &str)> {
    let mut text = String::new();
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character != '\'' {
            text.push(character);
        } else if characters.next_if(|(_, next)| *next == '\'').is_some() {
            text.push('\'');
        } else {
            return Some((Datum::Value(text), &rest[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Datum {
        Datum::Value(text.to_owned())
    }

    #[test]
    fn ranges_are_taken_apart() {
        assert_eq!(
            PartitionBound::parse(
                "FOR VALUES FROM ('2026-11-01 00:00:00+00', MINVALUE, 'it''s') TO (MAXVALUE, '5', '')"
            ),
            PartitionBound::Range {
                from: vec![value("2026-11-01 00:00:00+00"), Datum::MinValue, value("it's")],
                to: vec![Datum::MaxValue, value("5"), value("")],
            }
        );
        assert_eq!(
            PartitionBound::parse("FOR VALUES FROM (1) TO (20)"),
            PartitionBound::Range { from: vec![value("1")], to: vec![value("20")] }
        );
    }

    #[test]
    fn what_is_no_range_is_kept_as_printed() {
        assert_eq!(PartitionBound::parse("DEFAULT"), PartitionBound::Default);
        for text in [
            "FOR VALUES IN ('a', 'b')",
            "FOR VALUES WITH (modulus 4, remainder 0)",
            "FOR VALUES FROM ('a) TO (",
        ] {
            assert_eq!(PartitionBound::parse(text), PartitionBound::Other(text.to_owned()));
        }
    }
}
