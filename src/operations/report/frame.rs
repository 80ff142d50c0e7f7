//! What every report says besides its rows: the verdict first, how far it can be trusted, what to do next.
use serde::Serialize;

use crate::operations::report::read::Rights;
use crate::operations::stats::Coverage;
use crate::pg::name::pasteable;

#[derive(Clone, Debug, Serialize)]
pub struct Answer<R> {
    /// One sentence.
    pub verdict: String,
    /// Of reports over a window.
    #[serde(rename = "window")]
    pub coverage: Option<Coverage>,
    /// What could not be seen, and what would show it.
    pub notes: Vec<Note>,
    /// SQL to copy; nothing of it was run.
    pub next: Vec<String>,
    pub rows: Vec<R>,
    /// Why a condition that does not hold may hold all the same.
    #[serde(skip)]
    pub unjudged: Option<Note>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    pub note: String,
    /// The statement, or the command, that helps.
    pub remedy: Option<String>,
}

impl<R> Answer<R> {
    pub const fn new(verdict: String, rows: Vec<R>) -> Self {
        Self { verdict, coverage: None, notes: Vec::new(), next: Vec::new(), rows, unjudged: None }
    }

    #[must_use]
    pub fn note(mut self, note: Option<Note>) -> Self {
        self.notes.extend(note);
        self
    }

    /// A note without which no condition on the rows can be said not to hold.
    #[must_use]
    pub fn blind(mut self, note: Option<Note>) -> Self {
        if let Some(note) = note {
            self.unjudged.get_or_insert_with(|| note.clone());
            self.notes.push(note);
        }
        self
    }

    /// SQL, with every name as it can be pasted.
    #[must_use]
    pub fn next(mut self, statements: impl IntoIterator<Item = String>) -> Self {
        self.next.extend(statements.into_iter().map(|statement| pasteable(&statement)));
        self
    }
}

impl Note {
    pub fn new(note: impl Into<String>) -> Self {
        Self { note: note.into(), remedy: None }
    }

    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// What this role would see as a member of another.
    pub fn membership(note: impl Into<String>, of: &str, rights: &Rights) -> Self {
        Self::new(note).remedy(format!("grant {of} to {};", rights.role))
    }
}

/// Counters that stand still are no evidence.
pub fn not_counting(rights: &Rights) -> Option<Note> {
    (!rights.counts).then(|| {
        Note::new("track_counts is off: what is done to tables is not counted")
            .remedy("alter system reset track_counts; select pg_reload_conf();")
    })
}

/// `one`, `one and another`, `one, another and 3 more`
pub fn listed(names: &[String]) -> String {
    match names {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        [one, other, more @ ..] => format!("{one}, {other} and {} more", more.len()),
    }
}

/// `1 table`, `2 tables`
pub(super) fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}
