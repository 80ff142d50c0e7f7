//! Identifiers and literals that are quoted by construction, so that no other text can reach a statement.
//! The rules are those of the manual's chapter 4.1, "Lexical Structure".
use std::fmt;

use anyhow::ensure;
use serde::{Serialize, Serializer};

use crate::pg::script::quoted_length;

/// PostgreSQL cuts longer names silently (`NAMEDATALEN` - 1), so that two names could become one.
pub const IDENT_MAX_BYTES: usize = 63;

/// One SQL identifier; `Display` quotes it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ident(String);

/// A relation's name with its schema; `Display` quotes both parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Relation {
    pub schema: Ident,
    pub name: Ident,
}

/// A string literal; `Display` quotes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Literal(pub String);

/// A column with the alias of its table; `Display` quotes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column(pub &'static str, pub Ident);

impl Ident {
    /// # Errors
    /// When the name is empty, holds a NUL byte, or is longer than [`IDENT_MAX_BYTES`].
    pub fn new(raw: impl Into<String>) -> anyhow::Result<Self> {
        let raw = raw.into();
        ensure!(!raw.is_empty(), "an identifier cannot be empty");
        ensure!(!raw.contains('\0'), "an identifier cannot contain a NUL byte");
        ensure!(
            raw.len() <= IDENT_MAX_BYTES,
            "the name `{raw}` has {} bytes; PostgreSQL keeps {IDENT_MAX_BYTES}",
            raw.len()
        );
        Ok(Self(raw))
    }

    /// The same name with an ending, the beginning cut where both would not fit.
    #[must_use]
    pub fn ending_in(&self, ending: &str) -> Self {
        let mut head = self.0.as_str();
        while head.len() + ending.len() > IDENT_MAX_BYTES {
            let end = head.char_indices().next_back().map_or(0, |(at, _)| at);
            head = &head[..end];
        }
        Self(format!("{head}{ending}"))
    }

    /// The name as the catalog stores it, without quotes.
    pub fn raw(&self) -> &str {
        &self.0
    }

    /// For people: quoted only where SQL would need it.
    pub fn plain(&self) -> String {
        plain(&self.0)
    }
}

impl Relation {
    /// # Errors
    /// As [`Ident::new`], for either part.
    pub fn new(schema: impl Into<String>, name: impl Into<String>) -> anyhow::Result<Self> {
        Ok(Self { schema: Ident::new(schema)?, name: Ident::new(name)? })
    }

    /// For people: quoted only where SQL would need it.
    pub fn plain(&self) -> String {
        format!("{}.{}", plain(self.schema.raw()), plain(self.name.raw()))
    }
}

/// SQL in which no quoted name holds a control character: such names are written with escapes, as `U&"a\000ab"`, which a
/// terminal, a comment and a paste leave as they are.
pub fn pasteable(sql: &str) -> String {
    let mut safe = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(start) = rest.find(['"', '\'']) {
        let quote = if rest[start..].starts_with('"') { '"' } else { '\'' };
        let Some(length) = quoted_length(&rest[start..], quote, false) else { break };
        let (before, quoted) = (&rest[..start], &rest[start..start + length]);
        safe.push_str(before);
        if quote == '"' && quoted.contains(char::is_control) {
            safe.push_str("U&");
            for c in quoted.chars() {
                match c {
                    '\\' => safe.push_str("\\\\"),
                    c if c.is_control() => safe.extend(format!("\\{:04x}", u32::from(c)).chars()),
                    c => safe.push(c),
                }
            }
        } else {
            safe.push_str(quoted);
        }
        rest = &rest[start + length..];
    }
    safe.push_str(rest);
    safe
}

fn plain(raw: &str) -> String {
    let simple = raw.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && raw.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if simple { raw.to_owned() } else { Ident(raw.to_owned()).to_string() }
}

impl fmt::Display for Ident {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.replace('"', "\"\""))
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.schema, self.name)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = self.0.replace('\'', "''");
        // The E form reads the same whatever standard_conforming_strings says.
        if quoted.contains('\\') {
            write!(f, " E'{}'", quoted.replace('\\', "\\\\"))
        } else {
            write!(f, "'{quoted}'")
        }
    }
}

impl Serialize for Relation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.plain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_stays_one_identifier() {
        assert_eq!(Ident::new("a\"; drop table x; --").unwrap().to_string(), "\"a\"\"; drop table x; --\"");
        assert_eq!(Literal("a'; drop table x; --\\".into()).to_string(), " E'a''; drop table x; --\\\\'");
    }

    #[test]
    fn a_name_with_control_characters_can_be_pasted() {
        let same = "drop index public.\"a b\"; -- 'x\ny'\nselect 1;";
        assert_eq!(pasteable(same), same);
        let hostile = "-- duplicate of public.\"i\"\"1\ndrop table x; --\\\"\ndrop index \"i2\";";
        let safe = "-- duplicate of public.U&\"i\"\"1\\000adrop table x; --\\\\\"\ndrop index \"i2\";";
        assert_eq!(pasteable(hostile), safe);
    }

    #[test]
    fn a_name_that_postgresql_would_cut_is_refused() {
        assert!(Ident::new("x".repeat(63)).is_ok());
        let error = Ident::new("é".repeat(32)).unwrap_err().to_string();
        assert!(error.contains("has 64 bytes"), "{error}");
        assert!(Ident::new("").is_err());
        assert!(Ident::new("a\0b").is_err());
    }

    #[test]
    fn an_ending_always_fits() {
        assert_eq!(Ident::new("events").unwrap().ending_in("_legacy").raw(), "events_legacy");
        assert_eq!(Ident::new("é".repeat(31)).unwrap().ending_in("_legacy").raw().len(), 63);
    }

    #[test]
    fn people_see_quotes_only_where_sql_needs_them() {
        assert_eq!(Relation::new("public", "events_p2026_11").unwrap().plain(), "public.events_p2026_11");
        assert_eq!(Relation::new("App", "a b").unwrap().plain(), "\"App\".\"a b\"");
    }
}
