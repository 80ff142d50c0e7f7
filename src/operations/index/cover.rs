//! Whether one index does all that another does, so that the other costs writes for nothing.
use std::collections::BTreeSet;

use crate::pg::catalog::Index;
use crate::pg::index::{IndexDefinition, KeyOf};
use crate::pg::name::Ident;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    Duplicate,
    Prefix,
}

/// How `other` covers `one`, if it does and `one` is the one to go.
pub fn cover(one: &Index, other: &Index) -> Option<Cover> {
    let (a, b) = (one.definition.as_ref()?, other.definition.as_ref()?);
    let alike = one.oid != other.oid
        && one.table_oid == other.table_oid
        && other.valid
        && a.method == b.method
        && a.predicate == b.predicate
        && begins_with(one, other);
    if !alike {
        return None;
    }
    if a.keys.len() == b.keys.len() {
        let strict = !a.unique || (b.unique && (a.nulls_not_distinct == b.nulls_not_distinct));
        let covered = strict && carried(a, b);
        // Where each covers the other, the one that is worth less goes.
        let back = (!b.unique || a.unique) && carried(b, a);
        return (covered && (!back || worth(one) < worth(other))).then_some(Cover::Duplicate);
    }
    (a.method.raw() == "btree" && !a.unique && carried(a, b)).then_some(Cover::Prefix)
}

fn begins_with(one: &Index, other: &Index) -> bool {
    let (Some(a), Some(b)) = (&one.definition, &other.definition) else { return false };
    b.keys.starts_with(&a.keys) && other.key_types.starts_with(&one.key_types)
}

/// Every included column of the first is in the second.
fn carried(a: &IndexDefinition, b: &IndexDefinition) -> bool {
    let keys = b.keys.iter().filter_map(|key| match &key.of {
        KeyOf::Column(column) => Some(column),
        KeyOf::Expression(_) => None,
    });
    let held: BTreeSet<&Ident> = b.include.iter().chain(keys).collect();
    a.include.iter().all(|column| held.contains(column))
}

/// What others rely on stays, then what is used more, then what is older.
fn worth(index: &Index) -> (bool, bool, i64, std::cmp::Reverse<u32>) {
    let relied_on = index.constraint.is_some() || index.replica_identity || index.referenced;
    (relied_on, index.unique, index.scans, std::cmp::Reverse(index.oid))
}

/// Whether the index finds rows by these columns, as the check of a foreign key does.
pub fn serves(index: &Index, columns: &[Ident]) -> bool {
    // What cannot be read is not reported as missing.
    let Some(definition) = &index.definition else { return true };
    let leading = definition.keys.iter().take(columns.len()).filter_map(|key| match &key.of {
        KeyOf::Column(column) => Some(column),
        KeyOf::Expression(_) => None,
    });
    let leading: BTreeSet<&Ident> = leading.collect();
    let wanted: BTreeSet<&Ident> = columns.iter().collect();
    let method = match definition.method.raw() {
        "btree" => true,
        "hash" => columns.len() == 1,
        _ => false,
    };
    // Rows without a reference are never looked for.
    let not_null = |text: &str| {
        columns.iter().any(|column| {
            let simple = column.plain();
            text == format!("({simple} IS NOT NULL)") || text == format!("({column} IS NOT NULL)")
        })
    };
    let all_rows = definition.predicate.as_ref().is_none_or(|predicate| not_null(predicate.text()));
    method && all_rows && leading == wanted
}
