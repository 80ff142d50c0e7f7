//! CSV as the server writes it, taken apart into fields and put together again to the last byte.
use std::borrow::Cow;

use anyhow::{Context as _, bail};
use memchr::{memchr, memchr2, memchr3};

/// The fields of whole lines, one after the other.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

/// A value without its quotes; `None` is NULL.
pub(super) struct Field<'a> {
    pub text: Option<Cow<'a, [u8]>>,
    /// The last one of its line.
    pub last: bool,
}

impl<'a> Fields<'a> {
    pub const fn new(lines: &'a [u8]) -> Self {
        Self { rest: lines }
    }

    /// How much is left.
    pub const fn len(&self) -> usize {
        self.rest.len()
    }

    /// # Errors
    /// When it is no CSV of the server's.
    pub fn next(&mut self) -> anyhow::Result<Option<Field<'a>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (text, end) = match self.rest.strip_prefix(b"\"") {
            Some(quoted) => {
                let (text, length) = unquoted(quoted)?;
                (Some(text), length + 1)
            }
            None => {
                let end = memchr2(b',', b'\n', self.rest).context("a line of the CSV has no end")?;
                (Some(Cow::Borrowed(&self.rest[..end])).filter(|text| !text.is_empty()), end)
            }
        };
        let last = match self.rest.get(end) {
            Some(b',') => false,
            Some(b'\n') => true,
            _ => bail!("a quote of the CSV is closed before its value ends"),
        };
        self.rest = &self.rest[end + 1..];
        Ok(Some(Field { text, last }))
    }
}

/// What stands before the closing quote, and the length of it with that quote.
fn unquoted(quoted: &[u8]) -> anyhow::Result<(Cow<'_, [u8]>, usize)> {
    let mut text = Cow::Borrowed(&[][..]);
    let mut from = 0;
    loop {
        let quote = from + memchr(b'"', &quoted[from..]).context("a quote of the CSV is not closed")?;
        let doubled = quoted.get(quote + 1) == Some(&b'"');
        let part = &quoted[from..quote + usize::from(doubled)];
        if from == 0 {
            text = Cow::Borrowed(part);
        } else {
            text.to_mut().extend_from_slice(part);
        }
        if !doubled {
            return Ok((text, quote + 1));
        }
        from = quote + 2;
    }
}

/// Writes a value that may need quotes. `alone`: it is its line's only one.
pub(super) fn put(line: &mut Vec<u8>, text: &[u8], alone: bool) {
    let special = memchr3(b'"', b',', b'\n', text).is_some() || memchr(b'\r', text).is_some();
    let quoted = special || text.is_empty() || (alone && text == b"\\.");
    if !quoted {
        line.extend_from_slice(text);
        return;
    }
    line.push(b'"');
    let mut rest = text;
    while let Some(quote) = memchr(b'"', rest) {
        line.extend_from_slice(&rest[..=quote]);
        line.push(b'"');
        rest = &rest[quote + 1..];
    }
    line.extend_from_slice(rest);
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_again() {
        let csv = b"1,,\"\",a b,\"x,\"\"y\"\"\n\",\"\"\"\",\"\r\"\n\\.,\"\"\"a\",\"\"\"\"\"\",b,c,d,e\n";
        let (mut fields, mut again) = (Fields::new(csv), Vec::new());
        let mut texts = Vec::new();
        while let Some(field) = fields.next().unwrap() {
            if let Some(text) = &field.text {
                put(&mut again, text, false);
            }
            again.push(if field.last { b'\n' } else { b',' });
            texts.push(field.text.map(|text| String::from_utf8(text.into_owned()).unwrap()));
        }
        assert_eq!(again, csv);
        assert_eq!(texts[..4], [Some("1".into()), None, Some(String::new()), Some("a b".into())]);
        assert_eq!(texts[4].as_deref(), Some("x,\"y\"\n"));
        assert_eq!((texts[5].as_deref(), texts[9].as_deref()), (Some("\""), Some("\"\"")));
    }

    #[test]
    fn what_is_no_line_is_told() {
        for csv in ["1,2", "\"a", "\"a\"b\n"] {
            let mut fields = Fields::new(csv.as_bytes());
            let mut told = std::iter::from_fn(|| fields.next().transpose());
            assert!(told.any(|field| field.is_err()), "{csv}");
        }
    }
}
