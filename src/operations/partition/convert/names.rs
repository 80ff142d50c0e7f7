//! The names that a conversion gives, and the marks by which a later run knows what an earlier one has made.
use std::fmt;

use crate::pg::catalog::OnDelete;
use crate::pg::name::{Ident, Relation};

/// Relations and functions beside a table that is converted.
#[derive(Clone, Debug)]
pub struct Names {
    /// What the table itself is called once it is a partition.
    pub legacy: Relation,
    /// The partitioned table until it takes the table's name.
    pub shell: Relation,
    /// Each key once, where the primary key alone cannot keep it unique any more.
    pub registry: Relation,
    pub row_function: Relation,
    pub truncate_function: Relation,
}

impl Names {
    pub fn of(table: &Relation) -> Self {
        let beside = |ending| Relation { schema: table.schema.clone(), name: table.name.ending_in(ending) };
        Self {
            legacy: beside("_legacy"),
            shell: beside("_partitioned"),
            registry: beside("_ids"),
            row_function: beside("_ids_row"),
            truncate_function: beside("_ids_truncate"),
        }
    }

    pub fn relations(&self) -> [&Relation; 3] {
        [&self.legacy, &self.shell, &self.registry]
    }
}

/// The name of something of pgtend's until the cut-over: after the object that it stands for.
pub fn own_name(oid: u32) -> anyhow::Result<Ident> {
    Ident::new(format!("pgtend_{oid}"))
}

pub const BOUND: &str = "pgtend_bound";
/// Triggers fire in the order of their names: a key must be there before another trigger writes what refers to it.
pub const ROW_TRIGGER: &str = "00_pgtend_ids";
/// How the trigger begins that fills a column: another may write what it goes by, so it fires last.
pub const COLUMN_TRIGGER: &str = "zz_pgtend_";
pub const TRUNCATE_TRIGGER: &str = "pgtend_ids_truncate";
/// They keep the registry. Others of pgtend's keep what outlives a conversion, and go over as any trigger does.
pub const REGISTRY_TRIGGERS: [&str; 2] = [ROW_TRIGGER, TRUNCATE_TRIGGER];

/// Names of this beginning are pgtend's.
pub fn is_own(name: &str) -> bool {
    name.starts_with("pgtend_")
}

/// The first line of a comment, by which a later run knows what it has before it. `table` is the oid of the table that
/// is converted, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// The partitioned table to be. The table becomes its partition up to `to`, a point of the key.
    Shell { table: u32, to: i64 },
    /// The registry; `filled` once it holds every key.
    Registry { table: u32, filled: bool },
    /// The table as a partition. `key`: numbers of the columns that its primary key had before, where they are fewer now
    /// than they were. `nullable`: number of the key's column, where it could be null; otherwise 0.
    Legacy { table: u32, key: Vec<i16>, nullable: i16 },
    /// What was the partitioned table, and is to go.
    Left { table: u32 },
    /// The trigger that fills a column of a table that refers to it. `key`: the oid of the foreign key that it was made
    /// for, and what that one was like.
    Column { table: u32, key: u32, on_update: OnDelete, full: bool },
}

impl Mark {
    /// The mark in the first line of a comment, which must be as pgtend writes it.
    pub fn of(comment: Option<&str>) -> Option<Self> {
        let line = comment?.split('\n').next()?;
        let words: Vec<&str> = line.split(' ').collect();
        let mark = match words.as_slice() {
            ["pgtend:convert", "shell", table, to] => {
                Self::Shell { table: value(table, "table=")?, to: value(to, "to=")? }
            }
            ["pgtend:convert", "registry", table, state] => {
                Self::Registry { table: value(table, "table=")?, filled: *state == "filled" }
            }
            ["pgtend:convert", "legacy", table, key, nullable] => Self::Legacy {
                table: value(table, "table=")?,
                key: numbers(key.strip_prefix("key=")?)?,
                nullable: value(nullable, "nullable=")?,
            },
            ["pgtend:convert", "left", table] => Self::Left { table: value(table, "table=")? },
            ["pgtend:convert", "column", table, key, on_update, matching] => Self::Column {
                table: value(table, "table=")?,
                key: value(key, "key=")?,
                on_update: OnDelete::of(on_update.strip_prefix("on_update=")?),
                full: *matching == "match=full",
            },
            _ => return None,
        };
        (mark.to_string() == line).then_some(mark)
    }

    /// How every mark of a column begins that was added for the table.
    pub fn columns_of(table: u32) -> String {
        format!("pgtend:convert column table={table}")
    }

    /// The comment with the mark before it.
    pub fn before(&self, comment: Option<&str>) -> String {
        comment.map_or_else(|| self.to_string(), |comment| format!("{self}\n{comment}"))
    }
}

/// What a comment says besides the mark in its first line.
pub fn without_mark(comment: &str) -> Option<&str> {
    match Mark::of(Some(comment)) {
        Some(_) => comment.split_once('\n').map(|(_, rest)| rest),
        None => Some(comment),
    }
}

fn value<T: std::str::FromStr>(word: &str, key: &str) -> Option<T> {
    word.strip_prefix(key)?.parse().ok()
}

fn numbers(text: &str) -> Option<Vec<i16>> {
    if text.is_empty() {
        Some(Vec::new())
    } else {
        text.split(',').map(|number| number.parse().ok()).collect()
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell { table, to } => write!(f, "pgtend:convert shell table={table} to={to}"),
            Self::Registry { table, filled } => {
                let state = if *filled { "filled" } else { "filling" };
                write!(f, "pgtend:convert registry table={table} {state}")
            }
            Self::Legacy { table, key, nullable } => {
                let key = key.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
                write!(f, "pgtend:convert legacy table={table} key={key} nullable={nullable}")
            }
            Self::Left { table } => write!(f, "pgtend:convert left table={table}"),
            Self::Column { table, key, on_update, full } => {
                let (on_update, matching) = (on_update.letter(), if *full { "full" } else { "simple" });
                write!(f, "{} key={key} on_update={on_update} match={matching}", Self::columns_of(*table))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_read_back_and_nothing_else_is_one() {
        let marks = [
            Mark::Shell { table: 1, to: -5 },
            Mark::Registry { table: 1, filled: true },
            Mark::Registry { table: 1, filled: false },
            Mark::Legacy { table: 1, key: vec![1, 3], nullable: 2 },
            Mark::Legacy { table: 1, key: vec![], nullable: 0 },
            Mark::Left { table: 1 },
            Mark::Column { table: 1, key: 2, on_update: OnDelete::Cascade, full: true },
            Mark::Column { table: 1, key: 2, on_update: OnDelete::NoAction, full: false },
        ];
        for mark in marks {
            assert_eq!(Mark::of(Some(&mark.before(None))), Some(mark.clone()));
            assert_eq!(Mark::of(Some(&mark.before(Some("said\nso")))), Some(mark.clone()));
            assert_eq!(without_mark(&mark.before(Some("said\nso"))), Some("said\nso"));
            assert_eq!(without_mark(&mark.to_string()), None);
        }
        for comment in [
            "",
            "a comment",
            "pgtend:convert left table=+1",
            "pgtend:convert registry table=1 full",
            "pgtend:convert column table=1 key=2 on_update=x match=full",
        ] {
            assert_eq!(Mark::of(Some(comment)), None, "{comment}");
        }
    }
}
