//! A JSON value as text that the server has checked, cut without building a tree. Cutting never fails: what is no JSON
//! ends the walk.
use std::borrow::Cow;

use memchr::{memchr, memchr2};

/// The text of one value, without space around it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json<'a>(&'a [u8]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

impl<'a> Json<'a> {
    pub fn new(text: &'a [u8]) -> Self {
        Self(text.trim_ascii())
    }

    pub fn kind(self) -> Kind {
        match self.0.first() {
            Some(b'[') => Kind::Array,
            Some(b'{') => Kind::Object,
            Some(b'"') => Kind::String,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') | None => Kind::Null,
            Some(_) => Kind::Number,
        }
    }

    pub const fn bytes(self) -> &'a [u8] {
        self.0
    }

    /// How many arrays and objects stand in one another, at most.
    pub fn depth(self) -> usize {
        let (mut at, mut depth, mut most) = (0, 0_usize, 0);
        while let Some(byte) = self.0.get(at) {
            match byte {
                b'"' => {
                    at = end_of_string(self.0, at);
                    continue;
                }
                b'[' | b'{' => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            most = most.max(depth);
            at += 1;
        }
        most
    }

    /// A string's characters; of anything else, its text.
    pub fn word(self) -> Cow<'a, str> {
        match self.0 {
            [b'"', inside @ .., b'"'] => unescaped(inside),
            other => text(other),
        }
    }

    /// The elements of an array; of anything else, none.
    pub const fn elements(self) -> Elements<'a> {
        Elements { rest: self.0, at: 0, open: b'[' }
    }

    /// The names and values of an object; of anything else, none.
    pub const fn entries(self) -> Entries<'a> {
        Entries(Elements { rest: self.0, at: 0, open: b'{' })
    }

    /// The value of a name in an object.
    pub fn get(self, name: &str) -> Option<Self> {
        self.entries().find(|(known, _)| known.is(name)).map(|(_, value)| value)
    }

    /// Whether a string has these characters.
    pub fn is(self, word: &str) -> bool {
        match self.0 {
            [b'"', inside @ .., b'"'] if inside == word.as_bytes() => !word.contains('\\'),
            [b'"', inside @ .., b'"'] if memchr(b'\\', inside).is_none() => false,
            _ => self.word() == word,
        }
    }
}

/// Walks over the values in an array or object; in an object, names are values like the others.
#[derive(Debug)]
pub struct Elements<'a> {
    rest: &'a [u8],
    at: usize,
    open: u8,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Json<'a>;

    fn next(&mut self) -> Option<Json<'a>> {
        let begin = self.find()?;
        self.cut(begin)
    }
}

impl<'a> Elements<'a> {
    /// The next value. The names and values of an object come into `entries`, so that it is cut once only.
    pub fn next_with(&mut self, entries: &mut Vec<(Json<'a>, Json<'a>)>) -> Option<Json<'a>> {
        entries.clear();
        let begin = self.find()?;
        if self.rest[begin] != b'{' {
            return self.cut(begin);
        }
        let mut inside = Json(&self.rest[begin..]).entries();
        entries.extend(inside.by_ref());
        self.at = self.rest.len().min(begin + inside.0.at + 1);
        Some(Json(&self.rest[begin..self.at]))
    }

    /// Where the next value begins.
    fn find(&mut self) -> Option<usize> {
        if self.at == 0 {
            if self.rest.first() != Some(&self.open) {
                return None;
            }
            self.at = 1;
        }
        while matches!(self.rest.get(self.at)?, b' ' | b',' | b':' | b'\n' | b'\t' | b'\r') {
            self.at += 1;
        }
        (!matches!(self.rest[self.at], b']' | b'}')).then_some(self.at)
    }

    fn cut(&mut self, begin: usize) -> Option<Json<'a>> {
        self.at = end_of_value(self.rest, begin);
        Some(Json(&self.rest[begin..self.at]))
    }
}

/// The entries of an object.
#[derive(Debug)]
pub struct Entries<'a>(Elements<'a>);

impl<'a> Iterator for Entries<'a> {
    type Item = (Json<'a>, Json<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        Some((self.0.next()?, self.0.next()?))
    }
}

/// Where the value that begins at `begin` ends; more than `begin`, if only by one.
fn end_of_value(text: &[u8], begin: usize) -> usize {
    match text.get(begin) {
        Some(b'"') => end_of_string(text, begin),
        Some(b'[' | b'{') => end_of_nest(text, begin),
        Some(_) => {
            let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b':' | b'\n' | b'\t' | b'\r');
            text[begin..].iter().position(ends).map_or(text.len(), |length| begin + length.max(1))
        }
        None => text.len(),
    }
}

fn end_of_nest(text: &[u8], begin: usize) -> usize {
    let (mut at, mut depth) = (begin, 0_usize);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                at = end_of_string(text, at);
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 1 => return at + 1,
            b']' | b'}' => depth -= 1,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

fn end_of_string(text: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while let Some(found) = text.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        if text[at + found] == b'"' {
            return at + found + 1;
        }
        at += found + 2;
    }
    text.len()
}

/// The server sends what it has checked: nothing is lost.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn unescaped(inside: &[u8]) -> Cow<'_, str> {
    let text = text(inside);
    if memchr(b'\\', inside).is_none() {
        return text;
    }
    // Escapes are rare: a name or emoji seldom holds one.
    let read = serde_json::from_str(&format!("\"{text}\""));
    Cow::Owned(read.unwrap_or_else(|_| text.into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_cut_where_they_end() {
        let json = Json::new(br#" [1, "a\"],[", {"k": [1, {"x": "}"}], "l": null}, [], true] "#);
        let cut: Vec<String> = json.elements().map(|e| String::from_utf8(e.0.to_vec()).unwrap()).collect();
        assert_eq!(cut, ["1", r#""a\"],[""#, r#"{"k": [1, {"x": "}"}], "l": null}"#, "[]", "true"]);
        let object = json.elements().nth(2).unwrap();
        assert_eq!(object.get("l").unwrap().kind(), Kind::Null);
        assert_eq!(object.get("k").unwrap().elements().count(), 2);
        assert_eq!(object.get("m"), None);
        assert_eq!(json.elements().nth(1).unwrap().word(), "a\"],[");
    }

    #[test]
    fn depth_counts_what_is_no_text() {
        for (text, depth) in [("1", 0), ("[]", 1), (r#"{"a[": [[1], {"b": "]]]["}]}"#, 3)] {
            assert_eq!(Json::new(text.as_bytes()).depth(), depth, "{text}");
        }
    }

    #[test]
    fn an_object_is_cut_once_with_its_entries() {
        let json = Json::new(br#"[ {"a": {"b": [1]}, "c": "}"} , [{"d": 1}], {}, 7]"#);
        let (mut elements, mut entries) = (json.elements(), Vec::new());
        let mut cut = Vec::new();
        while let Some(element) = elements.next_with(&mut entries) {
            cut.push((String::from_utf8(element.0.to_vec()).unwrap(), entries.len()));
        }
        let known = [(r#"{"a": {"b": [1]}, "c": "}"}"#, 2), (r#"[{"d": 1}]"#, 0), ("{}", 0), ("7", 0)];
        assert_eq!(cut, known.map(|(text, entries)| (text.to_owned(), entries)));
    }

    #[test]
    fn what_is_cut_short_ends_the_walk() {
        let whole = br#"{"a": [1, "b\\"], "c": {"d": "e"}}"#;
        for length in 0..whole.len() {
            let json = Json::new(&whole[..length]);
            assert!(json.entries().count() <= 2);
            assert!(json.elements().count() == 0);
        }
    }
}
