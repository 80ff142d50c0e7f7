//! The mark in the comment of a partition that is about to be dropped: first line of the comment, before whatever the
//! comment said. It names the very table and its bound, so that no copy of it, by hand or by a dump, means anything.
use std::fmt;

use crate::operations::partition::timeline::Range;
use crate::pg::catalog::Partition;

/// `pgtend:drop parent=<oid> oid=<oid> from=<lower bound> to=<upper bound>`, the bounds as points of the key
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    parent: u32,
    oid: u32,
    pub from: i64,
    pub to: i64,
}

impl Mark {
    pub const fn new(partition: &Partition, parent: u32, range: Range) -> Self {
        Self { parent, oid: partition.oid, from: range.lo, to: range.hi }
    }

    /// The mark that a partition bears for this parent. The whole line must be as pgtend writes it.
    pub fn of(partition: &Partition, parent: u32) -> Option<Self> {
        let line = partition.comment.as_deref()?.split('\n').next()?;
        let (head, hi) = line.rsplit_once(" to=")?;
        let (_, lo) = head.rsplit_once(" from=")?;
        let range = Range { lo: lo.parse().ok()?, hi: hi.parse().ok()? };
        let mark = Self::new(partition, parent, range);
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
    matches!(words.as_slice(), ["pgtend:drop", parent, oid, from, to]
        if number(parent, "parent=") && number(oid, "oid=") && number(from, "from=") && number(to, "to="))
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pgtend:drop parent={} oid={} from={} to={}", self.parent, self.oid, self.from, self.to)
    }
}
