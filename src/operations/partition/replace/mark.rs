//! The first line of a comment, by which a later run knows what an earlier one has made, and how far that is.
use std::fmt;

use crate::operations::partition::timeline::Range;

/// What is done to partitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Split,
    Drain,
    Merge,
    Undo,
}

impl Verb {
    const ALL: [Self; 4] = [Self::Split, Self::Drain, Self::Merge, Self::Undo];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Split => "split",
            Self::Drain => "drain",
            Self::Merge => "merge",
            Self::Undo => "undo",
        }
    }

    /// What is done, for people, before the table's name.
    pub const fn act(self) -> &'static str {
        match self {
            Self::Split => "split partitions of",
            Self::Drain => "drain partitions of",
            Self::Merge => "merge partitions of",
            Self::Undo => "undo the partitioning of",
        }
    }
}

/// Where a table's rows lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Range(Range),
    Default,
    /// Everywhere: it is no partition, and will be none.
    Whole,
}

/// How far a new table is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It may hold some of its rows.
    Begun,
    /// It has its rows and its indexes.
    Ready,
}

/// `parent`: the partitioned table's oid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The table that notes which keys have changed.
    Delta { parent: u32, verb: Verb, sources: Vec<u32> },
    /// A partition to be. `takes`: the oid of the partition whose name it gets; otherwise 0.
    New { parent: u32, place: Place, takes: u32, state: State },
    /// What was a partition, and is to go.
    Old { parent: u32 },
    /// What was the partitioned table, and is to go. `table`: the oid of the one that has its name and its rows. Written
    /// by `sql/partition/replace/undone.sql`, which alone knows that oid.
    Undone { parent: u32, table: u32 },
}

const HEAD: &str = "pgtend:replace";

impl Mark {
    /// The mark in the first line of a comment, which must be as pgtend writes it.
    pub fn of(comment: &str) -> Option<Self> {
        let line = comment.split('\n').next()?;
        let words: Vec<&str> = line.split(' ').collect();
        let mark = match words.as_slice() {
            [HEAD, "changes", parent, verb, sources] => {
                let word = verb.strip_prefix("verb=")?;
                let verb = Verb::ALL.into_iter().find(|verb| verb.word() == word)?;
                let sources = sources.strip_prefix("of=")?.split(',').map(|oid| oid.parse().ok());
                Self::Delta {
                    parent: value(parent, "parent=")?,
                    verb,
                    sources: sources.collect::<Option<_>>()?,
                }
            }
            [HEAD, "new", parent, from, to, takes, state] => Self::New {
                parent: value(parent, "parent=")?,
                place: match (*from, *to) {
                    ("from=default", "to=default") => Place::Default,
                    ("from=whole", "to=whole") => Place::Whole,
                    (from, to) => Place::Range(Range { lo: value(from, "from=")?, hi: value(to, "to=")? }),
                },
                takes: value(takes, "takes=")?,
                state: if *state == "ready" { State::Ready } else { State::Begun },
            },
            [HEAD, "old", parent] => Self::Old { parent: value(parent, "parent=")? },
            [HEAD, "undone", parent, table] => {
                Self::Undone { parent: value(parent, "parent=")?, table: value(table, "table=")? }
            }
            _ => return None,
        };
        (mark.to_string() == line).then_some(mark)
    }

    pub const fn parent(&self) -> u32 {
        match self {
            Self::Delta { parent, .. }
            | Self::New { parent, .. }
            | Self::Old { parent }
            | Self::Undone { parent, .. } => *parent,
        }
    }
}

fn value<T: std::str::FromStr>(word: &str, key: &str) -> Option<T> {
    word.strip_prefix(key)?.parse().ok()
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delta { parent, verb, sources } => {
                let sources = sources.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
                write!(f, "{HEAD} changes parent={parent} verb={} of={sources}", verb.word())
            }
            Self::New { parent, place, takes, state } => {
                let state = if *state == State::Ready { "ready" } else { "begun" };
                let (from, to) = match place {
                    Place::Default => ("default".to_owned(), "default".to_owned()),
                    Place::Whole => ("whole".to_owned(), "whole".to_owned()),
                    Place::Range(range) => (range.lo.to_string(), range.hi.to_string()),
                };
                write!(f, "{HEAD} new parent={parent} from={from} to={to} takes={takes} {state}")
            }
            Self::Old { parent } => write!(f, "{HEAD} old parent={parent}"),
            Self::Undone { parent, table } => write!(f, "{HEAD} undone parent={parent} table={table}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_read_back_and_nothing_else_is_one() {
        let marks = [
            Mark::Delta { parent: 1, verb: Verb::Merge, sources: vec![2, 3] },
            Mark::New { parent: 1, place: Place::Default, takes: 7, state: State::Begun },
            Mark::New {
                parent: 1,
                place: Place::Range(Range { lo: i64::MIN, hi: 5 }),
                takes: 0,
                state: State::Ready,
            },
            Mark::New { parent: 1, place: Place::Whole, takes: 0, state: State::Begun },
            Mark::Old { parent: 1 },
            Mark::Undone { parent: 1, table: 2 },
        ];
        for mark in marks {
            assert_eq!(Mark::of(&mark.to_string()), Some(mark.clone()));
        }
        for comment in
            ["", "a comment", "pgtend:replace old parent=+1", "pgtend:replace changes parent=1 verb=eat of=1"]
        {
            assert_eq!(Mark::of(comment), None, "{comment}");
        }
    }
}
