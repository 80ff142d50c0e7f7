//! A JSON value as text that the server has checked, cut without building a tree. Cutting never fails: what is no JSON
//! ends the walk.
use std::borrow::Cow;

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

    /// A string's characters; of anything else, its text.
    pub fn word(self) -> Cow<'a, str> {
        match self.0 {
            [b'"', inside @ .., b'"'] => unescaped(inside),
            other => String::from_utf8_lossy(other),
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
            [b'"', inside @ .., b'"'] if !inside.contains(&b'\\') => inside == word.as_bytes(),
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
        if self.at == 0 {
            if self.rest.first() != Some(&self.open) {
                return None;
            }
            self.at = 1;
        }
        while matches!(self.rest.get(self.at)?, b' ' | b',' | b':' | b'\n' | b'\t' | b'\r') {
            self.at += 1;
        }
        if matches!(self.rest[self.at], b']' | b'}') {
            return None;
        }
        let begin = self.at;
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
    let mut at = begin;
    let mut depth = 0_usize;
    loop {
        match text.get(at) {
            None => return text.len(),
            Some(b'"') => at = end_of_string(text, at),
            Some(b'[' | b'{') => {
                depth += 1;
                at += 1;
            }
            Some(b']' | b'}') => {
                depth = depth.saturating_sub(1);
                at += 1;
            }
            Some(_) if depth > 0 => {
                at += 1;
                continue;
            }
            Some(_) => {
                let ends =
                    |byte: &u8| matches!(byte, b',' | b']' | b'}' | b' ' | b':' | b'\n' | b'\t' | b'\r');
                at = text[at..].iter().position(ends).map_or(text.len(), |length| at + length.max(1));
            }
        }
        if depth == 0 {
            return at;
        }
    }
}

fn end_of_string(text: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    loop {
        match text.get(at) {
            None => return text.len(),
            Some(b'\\') => at += 2,
            Some(b'"') => return at + 1,
            Some(_) => at += 1,
        }
    }
}

fn unescaped(inside: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(inside);
    if !inside.contains(&b'\\') {
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
    fn what_is_cut_short_ends_the_walk() {
        let whole = br#"{"a": [1, "b\\"], "c": {"d": "e"}}"#;
        for length in 0..whole.len() {
            let json = Json::new(&whole[..length]);
            assert!(json.entries().count() <= 2);
            assert!(json.elements().count() == 0);
        }
    }
}
