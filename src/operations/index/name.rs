//! Names for new indexes, chosen as PostgreSQL chooses them (`makeObjectName`), so that they look as if it had.
use std::collections::HashSet;

use crate::pg::index::{IndexDefinition, KeyOf};
use crate::pg::name::{IDENT_MAX_BYTES, Ident, Relation};

/// Names that are taken, by schema and name.
pub type Taken = HashSet<(String, String)>;

/// `events_user_id_at_idx`, with a number when that is taken; for a partition as well, whatever the whole is called.
///
/// # Errors
/// When a name cannot be one, which the parts make impossible.
pub fn usual_name(table: &Relation, definition: &IndexDefinition, taken: &Taken) -> anyhow::Result<Relation> {
    free(table, &columns(definition), taken)
}

/// What REINDEX CONCURRENTLY calls the new index until it takes the old one's name.
///
/// # Errors
/// As [`usual_name`].
pub fn rebuilt_name(index: &Relation) -> anyhow::Result<Relation> {
    let name = assembled(index.name.raw(), "", "ccnew");
    Ok(Relation { schema: index.schema.clone(), name: Ident::new(name)? })
}

/// The index that a leftover of REINDEX CONCURRENTLY belongs to, as far as its name tells.
pub fn rebuilt_of(name: &str) -> Option<&str> {
    let without_number = name.trim_end_matches(|c: char| c.is_ascii_digit());
    ["_ccnew", "_ccold"].iter().find_map(|label| without_number.strip_suffix(label))
}

fn free(table: &Relation, middle: &str, taken: &Taken) -> anyhow::Result<Relation> {
    let mut number = 0;
    loop {
        let label = if number == 0 { "idx".to_owned() } else { format!("idx{number}") };
        let name = assembled(table.name.raw(), middle, &label);
        if !taken.contains(&(table.schema.raw().to_owned(), name.clone())) {
            return Ok(Relation { schema: table.schema.clone(), name: Ident::new(name)? });
        }
        number += 1;
    }
}

/// The columns' names; `expr`, or the function's name, for an expression; with a number where one comes again.
fn columns(definition: &IndexDefinition) -> String {
    let keys = definition.keys.iter().map(|key| match &key.of {
        KeyOf::Column(column) => column.raw(),
        KeyOf::Expression(expression) => called(expression.text()).unwrap_or("expr"),
    });
    let mut names: Vec<String> = Vec::new();
    for name in keys.chain(definition.include.iter().map(Ident::raw)) {
        let numbered = (1..).map(|number| format!("{name}{number}"));
        let free = std::iter::once(name.to_owned()).chain(numbered).find(|name| !names.contains(name));
        names.extend(free);
    }
    names.join("_")
}

/// The function that an expression calls, when it is nothing but a call.
fn called(expression: &str) -> Option<&str> {
    let (function, _) = expression.split_once('(')?;
    let name = function.rsplit('.').next()?.trim();
    let simple = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    (!name.is_empty() && name.chars().all(simple)).then_some(name)
}

/// The three parts with underscores between, the longer of the first two cut until all fit.
fn assembled(first: &str, second: &str, label: &str) -> String {
    let (mut first, mut second) = (first, second);
    let length = |first: &str, second: &str| {
        first.len() + label.len() + 1 + if second.is_empty() { 0 } else { second.len() + 1 }
    };
    while length(first, second) > IDENT_MAX_BYTES {
        let longer = if first.len() > second.len() { &mut first } else { &mut second };
        let end = longer.char_indices().next_back().map_or(0, |(at, _)| at);
        *longer = &longer[..end];
    }
    let parts = [first, second, label];
    parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_and_look_as_postgresql_would_make_them() {
        assert_eq!(assembled("events", "user_id_at", "idx"), "events_user_id_at_idx");
        let long = assembled(&"t".repeat(63), &"c".repeat(63), "idx1");
        assert_eq!(long, format!("{}_{}_idx1", "t".repeat(29), "c".repeat(28)));
        assert_eq!(assembled(&"é".repeat(31), "x", "idx").len(), 62);
        assert_eq!(assembled(&"t".repeat(63), "", "ccnew"), format!("{}_ccnew", "t".repeat(57)));
    }

    #[test]
    fn leftovers_tell_whose_they_are() {
        assert_eq!(rebuilt_of("events_idx_ccnew"), Some("events_idx"));
        assert_eq!(rebuilt_of("events_idx_ccold12"), Some("events_idx"));
        assert_eq!(rebuilt_of("events_idx"), None);
    }

    #[test]
    fn a_taken_name_gets_a_number() {
        let table = Relation::new("public", "t").unwrap();
        let taken = Taken::from([("public".to_owned(), "t_a_idx".to_owned())]);
        assert_eq!(free(&table, "a", &taken).unwrap().name.raw(), "t_a_idx1");
    }
}
