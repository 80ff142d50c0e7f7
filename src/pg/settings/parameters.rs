//! The values that one source gave, by keyword, not yet interpreted. Showing them hides the secret ones.
use std::collections::BTreeMap;
use std::fmt;

use anyhow::anyhow;

use crate::failure::Explain as _;
use crate::pg::settings::keyword::{self, KEYWORDS};

/// Keywords and their values. Every keyword is one that libpq knows.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parameters(BTreeMap<&'static str, String>);

impl Parameters {
    /// Sets a value, over an earlier one; libpq's old spelling `requiressl` becomes `sslmode`.
    ///
    /// # Errors
    /// When libpq knows no such keyword; names the nearest one that it knows.
    pub fn set(&mut self, name: &str, value: impl Into<String>) -> anyhow::Result<()> {
        let mut value = value.into();
        let name = if name == "requiressl" {
            value = if value.starts_with('1') { "require".into() } else { "prefer".into() };
            "sslmode"
        } else {
            name
        };
        let keyword = keyword::find(name).ok_or_else(|| self.unknown(name))?;
        self.0.insert(keyword.name, value);
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// A password with a space in it, not quoted, reads as a password and an unknown keyword: so what
    /// follows a password is not repeated.
    fn unknown(&self, name: &str) -> anyhow::Error {
        let error = if self.0.keys().any(|known| keyword::is_secret(known)) {
            anyhow!("unknown connection keyword after the password")
        } else {
            anyhow!("unknown connection keyword \"{}\"", name.escape_debug())
        };
        match keyword::nearest(name, KEYWORDS.iter().map(|keyword| keyword.name)) {
            Some(nearest) => error.hint(format!("did you mean {nearest}?")),
            None => error.hint("a value with spaces is written in single quotes"),
        }
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown =
            self.iter().map(|(name, value)| (name, if keyword::is_secret(name) { "***" } else { value }));
        f.debug_map().entries(shown).finish()
    }
}
