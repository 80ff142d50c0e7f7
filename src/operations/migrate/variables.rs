//! `${name}` in a migration: replaced where the head declares the name, left alone where it does not.
use std::collections::BTreeMap;

use anyhow::{anyhow, bail};

use crate::failure::{Exit, Explain as _};
use crate::pg::name::{Ident, Literal};

/// Names and values.
#[derive(Clone, Debug, Default)]
pub struct Variables(pub BTreeMap<String, String>);

impl Variables {
    /// # Errors
    /// When a declared name has no value, or its value is no word and stands where nothing quotes it.
    pub fn fill(&self, text: &str, declared: &[String]) -> anyhow::Result<String> {
        let mut filled = String::with_capacity(text.len());
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
                    filled.push_str(&self.value(hole)?);
                    rest = &after[hole.len() + 3..];
                }
                None => {
                    filled.push_str("${");
                    rest = &after[2..];
                }
            }
        }
        filled.push_str(rest);
        Ok(filled)
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
        let fill = |text: &str| variables.fill(text, &declared).map_err(|error| format!("{error:#}"));
        assert_eq!(
            fill("f(${months}, ${schema:ident}, ${note:literal}) ${other} $${x} ${").unwrap(),
            "f(12, \"my \"\"app\"\"\", 'it''s') ${other} $${x} ${"
        );
        assert!(fill("${schema}").unwrap_err().contains("more than a word"));
        assert!(fill("${absent}").unwrap_err().contains("has no value"));
        assert!(fill("${months:raw}").unwrap_err().contains("none of"));
    }
}
