//! Which values of a JSON document are elements: a path as in PostgreSQL's jsonpath, of `[*]`, `.*` and `.name` only.
use std::fmt;
use std::str::FromStr;

use anyhow::{anyhow, bail, ensure};

use crate::failure::Explain as _;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PathStep {
    /// `[*]`: every element of an array.
    Elements,
    /// `.*`: every value of an object.
    Entries,
    /// `.name`: the value of that name.
    Field(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(pub Vec<PathStep>);

impl FromStr for Path {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let wrong = || {
            anyhow!("`{text}` is no path to elements")
                .hint("a path is written as `$[*]`, `$.*[*]`, `$.items[*]` or `$[*].users[*]`")
        };
        let mut rest = text.trim().strip_prefix('$').ok_or_else(wrong)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("[*]") {
                steps.push(PathStep::Elements);
                rest = after;
            } else if let Some(after) = rest.strip_prefix(".*") {
                steps.push(PathStep::Entries);
                rest = after;
            } else if let Some(after) = rest.strip_prefix('.') {
                let end = after.find(['.', '[']).unwrap_or(after.len());
                ensure!(end > 0, wrong());
                steps.push(PathStep::Field(after[..end].trim_matches('"').to_owned()));
                rest = &after[end..];
            } else {
                bail!(wrong());
            }
        }
        ensure!(steps.iter().any(|step| !matches!(step, PathStep::Field(_))), wrong());
        ensure!(!matches!(steps.last(), Some(PathStep::Field(_))), wrong());
        Ok(Self(steps))
    }
}

impl Path {
    /// Whether it begins with the elements of an array; otherwise it begins in an object.
    pub fn is_of_array(&self) -> bool {
        self.0.first() == Some(&PathStep::Elements)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for step in &self.0 {
            match step {
                PathStep::Elements => f.write_str("[*]")?,
                PathStep::Entries => f.write_str(".*")?,
                PathStep::Field(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read() {
        for text in ["$[*]", "$.*[*]", "$.items[*]", "$[*].users[*]", "$.*"] {
            assert_eq!(text.parse::<Path>().unwrap().to_string(), text);
        }
        for text in ["", "[*]", "$", "$.name", "$[0]", "$[*].users", "$..*", "$[*", "$.items[*].x"] {
            assert!(text.parse::<Path>().is_err(), "{text}");
        }
    }
}
