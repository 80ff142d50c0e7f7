//! What a check can come to, and how several come to one.
use serde::Serialize;

use crate::operations::health::limits::Limits;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ok,
    Warning,
    Critical,
    /// A right is missing or a number is not to be had: it may be fine or not.
    Unknown,
    /// There is nothing to judge yet, or the check was left out.
    Skipped,
}

impl State {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Critical => "critical",
            Self::Unknown => "unknown",
            Self::Skipped => "skipped",
        }
    }

    /// As Nagios plugins and the metric `pgtend_check_status` have it; nothing for what was skipped.
    pub const fn code(self) -> Option<u8> {
        match self {
            Self::Ok => Some(0),
            Self::Warning => Some(1),
            Self::Critical => Some(2),
            Self::Unknown => Some(3),
            Self::Skipped => None,
        }
    }

    /// What is known to be bad goes before what is not known, and that before what is nearly bad.
    const fn weight(self) -> u8 {
        match self {
            Self::Skipped => 0,
            Self::Ok => 1,
            Self::Warning => 2,
            Self::Unknown => 3,
            Self::Critical => 4,
        }
    }

    #[must_use]
    pub const fn or_worse(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }
}

/// The worst of all. Where nothing was judged, nothing is known.
pub fn worst(states: impl IntoIterator<Item = State>) -> State {
    match states.into_iter().fold(State::Skipped, State::or_worse) {
        State::Skipped => State::Unknown,
        state => state,
    }
}

/// One of several that a check looked at, where it is not fine.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Object {
    pub name: String,
    /// In the unit of the check.
    pub value: Option<f64>,
    pub state: State,
}

/// What one check came to.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    pub check: &'static str,
    pub group: &'static str,
    pub state: State,
    pub message: String,
    /// The number that decided, in `unit`; null where there is none, for the reason that the message gives.
    pub value: Option<f64>,
    pub unit: &'static str,
    #[serde(flatten)]
    pub limits: Limits,
    pub objects: Vec<Object>,
    /// A statement or a command that helps.
    pub remedy: Option<String>,
}

/// What a check found.
#[derive(Clone, Debug)]
pub(super) struct Judgement {
    pub state: State,
    pub message: String,
    pub value: Option<f64>,
    pub objects: Vec<Object>,
    pub remedy: Option<String>,
}

/// Why a check cannot say anything.
#[derive(Clone, Debug)]
pub(super) struct Missing {
    pub state: State,
    pub reason: String,
    pub remedy: Option<String>,
}

pub(super) type Judged = Result<Judgement, Missing>;

impl Judgement {
    pub(super) const fn new(state: State, message: String) -> Self {
        Self { state, message, value: None, objects: Vec::new(), remedy: None }
    }

    pub(super) fn value(self, value: f64) -> Self {
        Self { value: Some(value), ..self }
    }

    pub(super) fn objects(self, objects: Vec<Object>) -> Self {
        Self { objects, ..self }
    }

    /// What helps, where something is wrong.
    pub(super) fn remedy(self, remedy: impl Into<String>) -> Self {
        if self.state == State::Ok { self } else { Self { remedy: Some(remedy.into()), ..self } }
    }
}

impl Missing {
    pub(super) fn unknown(reason: impl Into<String>) -> Self {
        Self { state: State::Unknown, reason: reason.into(), remedy: None }
    }

    pub(super) fn skipped(reason: impl Into<String>) -> Self {
        Self { state: State::Skipped, reason: reason.into(), remedy: None }
    }

    pub(super) fn remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

/// Names as a sentence has them: the first three, and how many more.
pub(super) fn some(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_is_worse_than_a_warning_and_nothing_judged_is_unknown() {
        assert_eq!(worst([State::Ok, State::Skipped]), State::Ok);
        assert_eq!(worst([State::Ok, State::Unknown, State::Warning]), State::Unknown);
        assert_eq!(worst([State::Critical, State::Unknown]), State::Critical);
        assert_eq!(worst([State::Skipped]), State::Unknown);
        assert_eq!(worst([]), State::Unknown);
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (1..=5).map(|n| format!("t{n}")).collect();
        assert_eq!(some(&names[..2]), "t1, t2");
        assert_eq!(some(&names), "t1, t2, t3 and 2 more");
    }
}
