//! What a rule is: a danger, the lock behind it, the way around it, and the function that sees it in a statement.
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::file::File;
use super::scene::Scene;
use crate::pg::catalog::TableName;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing.
    Info,
    /// Somebody may be held up or surprised.
    Warning,
    /// Stops an application on a table that is in use, or fails.
    Error,
}

impl Level {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Who stands still meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Waits {
    Nobody,
    Writers,
    Everybody,
}

/// What the statement does under its lock: how its time grows with the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// Changes the catalog alone; the wait for the lock is the danger.
    Catalog,
    /// Reads every row.
    Scan,
    /// Builds an index.
    Build,
    /// Writes the whole table again.
    Rewrite,
    /// Changes rows.
    Rows,
}

#[derive(Debug)]
pub struct Rule {
    pub name: &'static str,
    pub level: Level,
    /// What is dangerous, in one sentence without a full stop.
    pub danger: &'static str,
    /// The lock that is taken, and for how long.
    pub lock: &'static str,
    /// What to write instead.
    pub instead: &'static str,
    pub waits: Waits,
    pub work: Work,
    /// Rules of squawk that mean the same: its comments are honoured.
    pub squawk: &'static [&'static str],
    pub look: Look,
}

#[derive(Clone, Copy, Debug)]
pub enum Look {
    Statement(fn(&Scene<'_>) -> Vec<Hit>),
    File(fn(&File) -> Vec<Hit>),
}

/// Rules that belong together.
#[derive(Debug)]
pub struct Family {
    pub name: &'static str,
    pub rules: &'static [Rule],
}

/// A place where a rule applies.
#[derive(Clone, Debug, Default)]
pub struct Hit {
    /// Bytes of the file; empty for the whole statement.
    pub span: Range<usize>,
    /// The table that must be in use for this to matter: on a new or an empty one it does not.
    pub table: Option<TableName>,
    /// What this case has besides what the rule says of all.
    pub note: Option<String>,
    /// Where it differs from the rule's.
    pub level: Option<Level>,
}

impl Hit {
    pub fn on(table: &TableName) -> Self {
        Self { table: Some(table.clone()), ..Self::default() }
    }

    pub fn at(self, span: &Range<usize>) -> Self {
        Self { span: span.clone(), ..self }
    }

    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    pub fn level(self, level: Level) -> Self {
        Self { level: Some(level), ..self }
    }
}

/// As an answer to a yes or no.
pub fn when(applies: bool, hit: Hit) -> Vec<Hit> {
    if applies { vec![hit] } else { Vec::new() }
}
