//! `${name}` in a migration: replaced where the head declares the name, left alone where it does not.
use std::collections::BTreeMap;
use std::ops::Range;

use anyhow::{anyhow, bail};

use crate::failure::{Exit, Explain as _};
use crate::pg::name::{Ident, Literal};

/// Names and values.
#[derive(Clone, Debug, Default)]
pub struct Variables(pub BTreeMap<String, String>);

/// A text with its variables replaced, and where they stood.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    pub text: String,
    holes: Vec<Hole>,
}

#[derive(Clone, Debug)]
struct Hole {
    /// Bytes of the text as it was written.
    written: Range<usize>,
    /// Bytes of the value.
    filled: Range<usize>,
}

impl Filled {
    /// Where some bytes stand in the text as it was written. A part of a value is all of its variable.
    pub fn written(&self, span: &Range<usize>) -> Range<usize> {
        let at = |offset: usize, end: bool| {
            let behind = self.holes.iter().rev().find(|hole| hole.filled.start <= offset);
            match behind {
                None => offset,
                Some(hole) if offset < hole.filled.end => {
                    // An end at a value's first byte is that of what stands before it.
                    let inside = end && offset > hole.filled.start;
                    if inside { hole.written.end } else { hole.written.start }
                }
                Some(hole) => hole.written.end + (offset - hole.filled.end),
            }
        };
        at(span.start, false)..at(span.end, true)
    }
}

impl Variables {
    /// # Errors
    /// When a declared name has no value, or its value is no word and stands where nothing quotes it.
    pub fn fill(&self, text: &str, declared: &[String]) -> anyhow::Result<Filled> {
        let (mut filled, mut holes) = (String::with_capacity(text.len()), Vec::new());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, after) = rest.split_at(start);
            filled.push_str(before);
            let hole = after[2..].split_once('}').map(|(hole, _)| hole);
            let known = hole.filter(|hole| {
                let name = hole.split_once(':').map_or(*hole, |(name, _)| name);
                declared.iter().any(|declared| declared == name)
            });
            match known {
                Some(hole) => {
                    let (at, start) = (text.len() - after.len(), filled.len());
                    filled.push_str(&self.value(hole)?);
                    rest = &after[hole.len() + 3..];
                    let written = at..text.len() - rest.len();
                    holes.push(Hole { written, filled: start..filled.len() });
                }
                None => {
                    filled.push_str("${");
                    rest = &after[2..];
                }
            }
        }
        filled.push_str(rest);
        Ok(Filled { text: filled, holes })
    }

    fn value(&self, hole: &str) -> anyhow::Result<String> {
        let (name, form) = hole.split_once(':').unwrap_or((hole, ""));
        let Some(value) = self.0.get(name) else {
            let error = anyhow!("the variable `{name}` has no value").exit(Exit::Usage);
            return Err(
                error.hint(format!("pass --var {name}=VALUE, or set it in [migrate.vars] of pgtend.toml"))
            );
        };
        if value.chars().any(char::is_control) {
            return Err(anyhow!("the variable `{name}` holds a control character").exit(Exit::Usage));
        }
        match form {
            "ident" => Ok(Ident::new(value)?.to_string()),
            "literal" => Ok(Literal(value.clone()).to_string()),
            "" if !value.is_empty() && value.chars().all(|c| c.is_alphanumeric() || c == '_') => {
                Ok(value.clone())
            }
            "" => Err(anyhow!("the value of `{name}` is more than a word").exit(Exit::Usage).hint(format!(
                "write ${{{name}:ident}} where it is a name, or ${{{name}:literal}} where it is text"
            ))),
            other => bail!("`{other}` is none of `ident` and `literal`"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_declared_is_replaced_and_nothing_gets_in_unquoted() {
        let values = [("months", "12"), ("schema", "my \"app\""), ("note", "it's")];
        let variables = Variables(values.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
        let declared = ["months", "schema", "note", "absent"].map(str::to_owned);
        let fill = |text: &str| match variables.fill(text, &declared) {
            Ok(filled) => Ok(filled.text),
            Err(error) => Err(format!("{error:#}")),
        };
        assert_eq!(
            fill("f(${months}, ${schema:ident}, ${note:literal}) ${other} $${x} ${").unwrap(),
            "f(12, \"my \"\"app\"\"\", 'it''s') ${other} $${x} ${"
        );
        assert!(fill("${schema}").unwrap_err().contains("more than a word"));
        assert!(fill("${absent}").unwrap_err().contains("has no value"));
        assert!(fill("${months:raw}").unwrap_err().contains("none of"));
    }

    #[test]
    fn a_place_in_the_filled_text_is_one_in_the_written_text() {
        let variables = Variables([("t".to_owned(), "a long name".to_owned())].into());
        let (text, declared) = ("drop ${t:ident}, ${t:ident} now", ["t".to_owned()]);
        let filled = variables.fill(text, &declared).unwrap();
        assert_eq!(filled.text, "drop \"a long name\", \"a long name\" now");
        let written = |part: &str| {
            let start = filled.text.rfind(part).unwrap();
            &text[filled.written(&(start..start + part.len()))]
        };
        assert_eq!(written("drop"), "drop");
        assert_eq!(written("now"), "now");
        assert_eq!(written("\"a long name\""), "${t:ident}");
        assert_eq!(written("long"), "${t:ident}");
        assert_eq!(written(&filled.text), text);
        assert_eq!(written("\", \""), "${t:ident}, ${t:ident}");
    }
}
