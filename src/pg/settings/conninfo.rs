//! Connection strings of the form `host=db1 dbname='my shop'`, read by libpq's rules. No value is repeated in an
//! error, since any piece of a malformed string may belong to a password.
use anyhow::{Context as _, anyhow};

use crate::failure::Explain as _;
use crate::pg::settings::keyword;
use crate::pg::settings::parameters::Parameters;

/// Reads a connection string.
///
/// # Errors
/// When an equals sign or a closing quote is missing, or a keyword is unknown.
pub fn parse(text: &str) -> anyhow::Result<Parameters> {
    let mut parameters = Parameters::default();
    let mut rest = text.trim_start_matches(is_space);
    while !rest.is_empty() {
        let (name, after) = rest.split_at(rest.find(|c| c == '=' || is_space(c)).unwrap_or(rest.len()));
        let Some(value) = after.trim_start_matches(is_space).strip_prefix('=') else {
            let place = text.len() - after.len();
            return Err(anyhow!("missing \"=\" after byte {place} of the connection string"))
                .hint("write keyword=value pairs; a value with spaces is written in single quotes");
        };
        let trimmed = value.trim_start_matches(is_space);
        if trimmed.len() < value.len() && begins_a_pair(trimmed) {
            return Err(anyhow!(
                "a value is missing before byte {} of the connection string",
                text.len() - trimmed.len()
            ))
            .hint("write keyword='' where no value is meant");
        }
        let (value, after) = value_at(trimmed)?;
        parameters.set(name, value)?;
        rest = after.trim_start_matches(is_space);
    }
    Ok(parameters)
}

/// The value as it must stand in a connection string.
pub fn quote(value: &str) -> String {
    let plain = !value.is_empty() && !value.contains(|c| is_space(c) || c == '\'' || c == '\\');
    if plain { value.to_owned() } else { format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'")) }
}

/// libpq takes `host= password=x` for a host of the name `password=x`, and would show it.
fn begins_a_pair(text: &str) -> bool {
    text.split_once('=').is_some_and(|(name, _)| keyword::find(name).is_some())
}

/// The value that `text` begins with, and what follows it.
fn value_at(text: &str) -> anyhow::Result<(String, &str)> {
    let Some(quoted) = text.strip_prefix('\'') else {
        let (value, end) = unescape_until(text, is_space);
        return Ok((value, end.map_or("", |end| &text[end..])));
    };
    let (value, end) = unescape_until(quoted, |c| c == '\'');
    let end = end.context("a quoted value of the connection string has no closing quote")?;
    Ok((value, &quoted[end + 1..]))
}

/// The text before the first `stop` that no backslash protects, without those backslashes, and where it ended.
fn unescape_until(text: &str, stop: impl Fn(char) -> bool) -> (String, Option<usize>) {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if stop(c) {
            return (value, Some(at));
        }
        // A backslash at the very end stands for nothing.
        value.extend(if c == '\\' { chars.next().map(|(_, escaped)| escaped) } else { Some(c) });
    }
    (value, None)
}

/// The white space of C's `isspace`.
fn is_space(c: char) -> bool {
    c.is_ascii_whitespace() || c == '\x0b'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(text: &str) -> Vec<(&'static str, String)> {
        parse(text).unwrap().iter().map(|(name, value)| (name, value.to_owned())).collect()
    }

    #[test]
    fn values_are_read_by_libpqs_rules() {
        for (text, name, value) in [
            ("host=db1", "host", "db1"),
            ("  host = db1  ", "host", "db1"),
            ("host\t=\n'db 1'", "host", "db 1"),
            (r"host='it\'s'", "host", "it's"),
            (r"host=it\'s", "host", "it's"),
            (r"host=a\ b", "host", "a b"),
            (r"host='a\\b'", "host", r"a\b"),
            (r"host=a\", "host", "a"),
            ("host=", "host", ""),
            ("host=''", "host", ""),
            ("host=a'b", "host", "a'b"),
            ("password=a=b==", "password", "a=b=="),
            ("host=a host=b", "host", "b"),
            ("host=\u{e9}t\u{e9}", "host", "\u{e9}t\u{e9}"),
            ("requiressl=1", "sslmode", "require"),
            ("requiressl=0", "sslmode", "prefer"),
        ] {
            assert_eq!(pairs(text), [(name, value.to_owned())], "{text}");
        }
        assert_eq!(pairs("host='a'port=1"), [("host", "a".to_owned()), ("port", "1".to_owned())]);
        assert_eq!(pairs("host= a=1"), [("host", "a=1".to_owned())], "the value may stand after spaces");
        assert_eq!(pairs(" \t\r\n\x0b\x0c"), []);
    }

    #[test]
    fn what_is_malformed_is_refused_without_repeating_it() {
        for (text, told) in [
            ("password=hunter2 swordfish", "missing \"=\" after byte 26"),
            ("swordfish", "missing \"=\" after byte 9"),
            ("password='swordfish", "no closing quote"),
            (r"password='swordfish\'", "no closing quote"),
            ("host= password=swordfish", "a value is missing before byte 6"),
            ("password=a swordfish=b", "unknown connection keyword after the password"),
            ("=swordfish", "unknown connection keyword \"\""),
        ] {
            let error = format!("{0:#} {0:#?}", parse(text).unwrap_err());
            assert!(error.contains(told), "{text}: {error}");
            assert!(!error.contains("swordfish"), "{text}: {error}");
        }
    }

    #[test]
    fn an_unknown_keyword_names_its_neighbour() {
        let error = format!("{0:#} {0:#?}", parse("sslmod=require").unwrap_err());
        assert!(
            error.contains("unknown connection keyword \"sslmod\"") && error.contains("sslmode"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn a_quoted_value_is_read_back(value: String, user in "\\PC*") {
            let text = format!("password={} user = {}", quote(&value), quote(&user));
            let read = parse(&text).unwrap();
            prop_assert_eq!(read.get("password"), Some(value.as_str()));
            prop_assert_eq!(read.get("user"), Some(user.as_str()));
        }

        #[test]
        fn no_text_makes_it_panic(text: String, tail in "[ ='\\\\a-z\u{e9}]*") {
            let _ = parse(&text);
            let _ = parse(&format!("host={tail}"));
            let _ = parse(&tail);
        }
    }
}
