//! One number for all statements of one shape, whatever the server's query identifier does: up to PostgreSQL 17 that
//! changes when a table is made again, and with the length of an `IN` list. It knows tokens and no grammar.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::mark;
use crate::pg::script::quoted_length;
use crate::query;

/// The mark that pgtend's own queries begin with.
const OWN: &str = mark!();

/// pgtend asked it, not the application: it bears the mark, or is one of the settings that each session of pgtend begins
/// with, which go out as one message and are counted one by one.
pub fn is_own(text: &str) -> bool {
    text.trim_start().starts_with(OWN) || settings().contains(&fingerprint(text))
}

fn settings() -> &'static BTreeSet<i64> {
    static SETTINGS: OnceLock<BTreeSet<i64>> = OnceLock::new();
    SETTINGS.get_or_init(|| {
        let files = [
            query!("session/settings.sql"),
            query!("session/read_only.sql"),
            query!("session/liveness.sql"),
            query!("session/clean.sql"),
            query!("report/patience.sql"),
            query!("health/patience.sql"),
        ];
        files.iter().flat_map(|file| file.text.split(';')).map(fingerprint).collect()
    })
}

/// Of the text with comments left out, white space folded, words in lower case, and every literal, parameter, and list
/// of them as one placeholder.
pub fn fingerprint(text: &str) -> i64 {
    const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let mut hash = BASIS;
    for token in shape(text) {
        for byte in token.bytes().chain([b' ']) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        }
    }
    i64::from_ne_bytes(hash.to_ne_bytes())
}

/// As people name a statement: eight hexadecimal digits.
pub fn short(fingerprint: i64) -> String {
    long(fingerprint)[..8].to_owned()
}

/// All sixteen digits.
pub fn long(fingerprint: i64) -> String {
    format!("{fingerprint:016x}")
}

fn shape(text: &str) -> Vec<String> {
    let mut shape: Vec<String> = Vec::new();
    for token in tokens(text) {
        // A list of placeholders is one, however long it is.
        let repeated = token == "?" && shape.ends_with(&["?".to_owned(), ",".to_owned()]);
        if repeated {
            shape.pop();
        } else if token != ";" {
            shape.push(token);
        }
    }
    shape
}

fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = token(rest, first, tokens.last().map(String::as_str));
        tokens.extend(token);
        rest = &rest[length..];
    }
    tokens
}

/// The first token, none for what is left out, and its length in bytes.
fn token(rest: &str, first: char, before: Option<&str>) -> (Option<String>, usize) {
    let placeholder = || Some("?".to_owned());
    match rest.as_bytes() {
        [b'-', b'-', ..] => (None, rest.find('\n').unwrap_or(rest.len())),
        [b'/', b'*', ..] => (None, comment(rest)),
        [b'\'', ..] => (placeholder(), quoted(rest, '\'', false)),
        [b'e' | b'E', b'\'', ..] => (placeholder(), 1 + quoted(&rest[1..], '\'', true)),
        [b'b' | b'B' | b'x' | b'X' | b'n' | b'N', b'\'', ..] => {
            (placeholder(), 1 + quoted(&rest[1..], '\'', false))
        }
        [b'"', ..] => {
            let length = quoted(rest, '"', false);
            (Some(rest[..length].to_owned()), length)
        }
        [b'$', digit, ..] if digit.is_ascii_digit() => (placeholder(), 1 + digits(&rest[1..])),
        [b'$', ..] => dollar_quoted(rest),
        [digit, ..] if digit.is_ascii_digit() => (placeholder(), number(rest)),
        // A sign belongs to the number where no value stands before it.
        [b'-' | b'+', digit, ..] if digit.is_ascii_digit() && opens(before) => {
            (placeholder(), 1 + number(&rest[1..]))
        }
        _ if first.is_whitespace() => (None, first.len_utf8()),
        _ if is_word(first) => {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            (Some(rest[..length].to_lowercase()), length)
        }
        _ => (Some(first.to_string()), first.len_utf8()),
    }
}

fn opens(before: Option<&str>) -> bool {
    before.is_none_or(|token| matches!(token, "(" | "," | "=" | "<" | ">" | "+" | "-" | "*" | "/"))
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}

fn digits(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len())
}

/// `12`, `1.5`, `1e-9`
fn number(text: &str) -> usize {
    let mut end =
        text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '_')).unwrap_or(text.len());
    let exponent = text[..end].ends_with(['e', 'E']) && text[end..].starts_with(['-', '+']);
    if exponent {
        end += 1 + digits(&text[end + 1..]);
    }
    end
}

/// Comments nest.
fn comment(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// From the opening quote to the closing one, or to the end of a text that was cut off.
fn quoted(text: &str, quote: char, backslashes: bool) -> usize {
    quoted_length(text, quote, backslashes).unwrap_or(text.len())
}

/// `$tag$ ... $tag$`
fn dollar_quoted(text: &str) -> (Option<String>, usize) {
    let tag = text[1..].find('$').map(|end| &text[..end + 2]);
    let is_tag = |tag: &str| tag[1..tag.len() - 1].chars().all(|c| c.is_alphanumeric() || c == '_');
    match tag.filter(|tag| is_tag(tag)) {
        Some(tag) => {
            let closing = text[tag.len()..].find(tag).map(|at| at + 2 * tag.len());
            (Some("?".to_owned()), closing.unwrap_or(text.len()))
        }
        None => (Some("$".to_owned()), 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_of_one_shape_are_one() {
        let same = [
            ["select * from t where id = $1", "SELECT *\n  FROM t -- which\n WHERE id = 42;"],
            ["select 1 where a in ($1, $2, $3)", "select $1 where a in ($2)"],
            ["select 'it''s'", "select E'it\\'s'"],
            ["select $$a b$$", "select $x$ a $$ b $x$"],
            ["/* app:1 */ select /* /* nested */ */ 1.5e-9", "select 3"],
        ];
        for [one, other] in same {
            assert_eq!(shape(one), shape(other));
            assert_eq!(fingerprint(one), fingerprint(other));
        }
        let different = [
            ["select a from t", "select b from t"],
            ["select \"A\" from t", "select \"a\" from t"],
            ["select a - 1", "select a, 1"],
        ];
        for [one, other] in different {
            assert_ne!(fingerprint(one), fingerprint(other), "{one} / {other}");
        }
        assert!(is_own("/* pgtend */\nselect 1") && !is_own("select 1 /* pgtend */"));
    }

    #[test]
    fn no_text_is_too_odd() {
        for text in ["", "'", "$", "$$", "$a", "/*", "--", "\"", "1e-", "é'", "$é$x", "E'\\", "\u{1F600}"] {
            let _ = fingerprint(text);
        }
    }
}
