//! Statements as others may see and keep them: without the passwords that somebody typed into them. Of SQL it knows
//! quotes and the word, for what it reads may be the body of a function, or the connection string of a subscription.
use std::borrow::Cow;

use serde::{Deserialize as _, Deserializer};

const WORD: &str = "password";
const MASK: &str = "***";

/// The text with `***` for what follows the word `password` in quotes, for its value in a connection string, and for the
/// password of a URI.
pub fn masked(text: &str) -> Cow<'_, str> {
    let spans = spans(text);
    if spans.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut from = 0;
    for (start, end) in spans.into_iter().filter(|(start, end)| start < end) {
        if start >= from {
            shown.push_str(&text[from..start]);
            shown.push_str(MASK);
            from = end;
        }
    }
    shown.push_str(&text[from..]);
    Cow::Owned(shown)
}

/// For a field that holds a statement.
///
/// # Errors
/// When it is no text.
pub fn deserialize_masked<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.map(|text| masked(&text).into_owned()))
}

fn spans(text: &str) -> Vec<(usize, usize)> {
    let lower = text.to_ascii_lowercase();
    let words = lower.match_indices(WORD).filter_map(|(at, _)| after_word(text, at + WORD.len()));
    let uris = text.match_indices("://").filter_map(|(at, _)| of_uri(text, at + 3));
    let mut spans: Vec<(usize, usize)> = words.chain(uris).collect();
    spans.sort_unstable();
    spans
}

/// Where the secret is that follows the word, which ends at `at`.
fn after_word(text: &str, at: usize) -> Option<(usize, usize)> {
    let rest = &text[at..];
    if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
        return None;
    }
    let assigned = rest.trim_start().starts_with('=');
    let value = rest.trim_start().trim_start_matches('=').trim_start();
    let start = text.len() - value.len();
    let bare = value.trim_start_matches(['e', 'E', 'n', 'N']);
    if bare.starts_with('\'') && value.len() - bare.len() <= 1 {
        return quoted(text, text.len() - bare.len());
    }
    if let Some(tag) = value.strip_prefix('$').and_then(|tag| tag.split_once('$')).map(|(tag, _)| tag)
        && tag.chars().all(|c| c.is_alphanumeric() || c == '_')
        && !tag.starts_with(|c: char| c.is_ascii_digit())
    {
        let fence = format!("${tag}$");
        let start = start + fence.len();
        let end = text[start..].find(&fence).map_or(text.len(), |length| start + length);
        return Some((start, end));
    }
    // Only in a connection string, which is a literal, has a value no quotes.
    let within = text[..at].matches('\'').count() % 2 == 1;
    (assigned && within).then(|| {
        let length = value.find(|c: char| c.is_whitespace() || "'\"&;".contains(c)).unwrap_or(value.len());
        (start, start + length)
    })
}

/// Between quotes, which are as many as the depth of literals in literals asks for.
fn quoted(text: &str, at: usize) -> Option<(usize, usize)> {
    let run = |from: usize| text[from..].bytes().take_while(|byte| *byte == b'\'').count();
    let fence = run(at);
    let start = at + fence;
    // An even number without anything after it is an empty literal.
    let empty = !text[start..].starts_with(|c: char| !c.is_whitespace() && !";,)".contains(c));
    if fence % 2 == 0 && empty {
        return None;
    }
    let mut end = start;
    while let Some(length) = text[end..].find('\'') {
        let quotes = run(end + length);
        end += length;
        if quotes % (2 * fence) != 0 {
            return Some((start, end));
        }
        end += quotes;
    }
    Some((start, text.len()))
}

/// Between the user and the host of a URI that begins behind `at`.
fn of_uri(text: &str, at: usize) -> Option<(usize, usize)> {
    let authority = text[at..].split(|c: char| c.is_whitespace() || "/'\"".contains(c)).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let (name, password) = user.split_once(':')?;
    let start = at + name.len() + 1;
    Some((start, start + password.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_as_a_password_is_not_shown() {
        for (text, shown) in [
            ("create role x password 'abc'", "create role x password '***'"),
            (
                "ALTER USER x WITH ENCRYPTED PASSWORD E'a''b' valid until 'z'",
                "ALTER USER x WITH ENCRYPTED PASSWORD E'***' valid until 'z'",
            ),
            ("alter role x password $s$abc$s$;", "alter role x password $s$***$s$;"),
            ("options (user 'u', password 'a b')", "options (user 'u', password '***')"),
            (
                "do 'begin execute ''alter role x password ''''abc'''' ''; end'",
                "do 'begin execute ''alter role x password ''''***'''' ''; end'",
            ),
            (
                "do $$ begin alter role x password 'abc'; end $$",
                "do $$ begin alter role x password '***'; end $$",
            ),
            ("connection 'host=h password=abc dbname=d'", "connection 'host=h password=*** dbname=d'"),
            ("dblink('postgresql://u:abc@h/d')", "dblink('postgresql://u:***@h/d')"),
            ("create role x password 'cut off in the mid", "create role x password '***"),
        ] {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn everything_else_stays() {
        for text in [
            "select password from users where password = $1",
            "update users set password = crypt($1, gen_salt('bf'))",
            "alter role x password null",
            "alter role x password ''",
            "insert into passwords values ('a')",
            "select 'https://host/a@b'",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
