//! The mark in the comment of a partition that is about to be dropped: first line of the comment, before whatever the
//! comment said. It names the very table and its bound, so that no copy of it, by hand or by a dump, means anything.
use std::fmt;

use crate::pg::catalog::Partition;

/// `pgtend:drop parent=<oid> oid=<oid> to=<upper bound, a point of the key>`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    parent: u32,
    oid: u32,
    pub to: i64,
}

impl Mark {
    pub const fn new(partition: &Partition, parent: u32, to: i64) -> Self {
        Self { parent, oid: partition.oid, to }
    }

    /// The mark that a partition bears for this parent. The whole line must be as pgtend writes it.
    pub fn of(partition: &Partition, parent: u32) -> Option<Self> {
        let line = partition.comment.as_deref()?.split('\n').next()?;
        let to = line.rsplit_once(" to=")?.1.parse().ok()?;
        let mark = Self::new(partition, parent, to);
        (mark.to_string() == line).then_some(mark)
    }

    /// The comment with the mark before it.
    pub fn before(self, comment: Option<&str>) -> String {
        comment.map_or_else(|| self.to_string(), |comment| format!("{self}\n{comment}"))
    }

    /// What the comment says besides any mark.
    pub fn without(comment: &str) -> Option<&str> {
        match comment.split_once('\n') {
            Some((line, rest)) if is_mark(line) => Some(rest),
            None if is_mark(comment) => None,
            _ => Some(comment),
        }
    }
}

fn is_mark(line: &str) -> bool {
    let number = |word: &str, key: &str| word.strip_prefix(key).is_some_and(|n| n.parse::<i64>().is_ok());
    let words: Vec<&str> = line.split(' ').collect();
    matches!(words.as_slice(), ["pgtend:drop", parent, oid, to]
        if number(parent, "parent=") && number(oid, "oid=") && number(to, "to="))
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pgtend:drop parent={} oid={} to={}", self.parent, self.oid, self.to)
    }
}
