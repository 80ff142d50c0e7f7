//! The partitioned table to be: empty, and like the table in everything that a partitioned table can have, with the
//! partitions that come after the table's own.
use anyhow::Context as _;

use crate::ddl;
use crate::operations::partition::convert::conversion::Conversion;
use crate::operations::partition::convert::names::{Mark, own_name};
use crate::operations::partition::inherit::{Dress, dress, dress_parent};
use crate::pg::bound::Datum;
use crate::pg::catalog::{DependentObjects, Index, IndexKind, Properties};
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{Deparsed, Keyword, List, Sql};
use crate::plan::Step;

pub(super) fn create_step(conversion: &Conversion<'_>) -> anyhow::Result<Step> {
    let (table, shell) = (conversion.table(), &conversion.evidence.names.shell);
    let whole = &conversion.evidence.whole;
    let mut prepare = vec![ddl!(
        "partition/convert/shell.sql",
        shell = *shell,
        table = *table,
        key = conversion.key.column
    )];
    let primary = conversion.new_primary();
    let primary = conversion.widened.then_some(primary.as_slice());
    for (index, _) in conversion.indexes() {
        prepare.extend(index_like(shell, &whole.objects, index, primary)?);
    }
    let parent = dress_parent(shell, &whole.properties)?;
    prepare.extend(parent.before);
    let mark = Mark::Shell { table: whole.oid, to: conversion.to };
    prepare.push(ddl!("partition/comment.sql", partition = *shell, comment = Literal(mark.to_string())));
    let partitions = partitions(conversion)?;
    prepare.extend(partitions.before);
    // Foreign keys last: they hold up who writes to the tables that they refer to.
    let mut act = Vec::new();
    for one in whole.objects.constraints.iter().filter(|one| one.kind == "f") {
        let (name, definition) = (Ident::new(&one.name)?, Deparsed(one.definition.clone()));
        act.push(ddl!(
            "partition/convert/add_constraint.sql",
            table = *shell,
            name = name,
            definition = definition
        ));
    }
    for one in whole.objects.constraints.iter().filter(|one| matches!(one.kind.as_str(), "c" | "f")) {
        if let Some(comment) = &one.comment {
            let (name, comment) = (Ident::new(&one.name)?, Literal(comment.clone()));
            act.push(ddl!(
                "partition/convert/comment_constraint.sql",
                name = name,
                table = *shell,
                comment = comment
            ));
        }
    }
    act.extend(partitions.after);
    act.extend(parent.after);
    let count = conversion.partitions.len();
    let summary = format!("create {} with {count} partitions, empty", shell.plain());
    let mut step = Step::transaction(summary, prepare, act);
    step.locks = conversion.referenced(LockMode::ShareRowExclusive)?;
    Ok(step)
}

/// The index on another table, under a name of its own until that one takes the table's place; a constraint's index
/// comes with the constraint. `primary`: the primary key's columns where they will be others. Of an index that cannot be
/// read there is none.
pub(in crate::operations::partition) fn index_like(
    on: &Relation,
    objects: &DependentObjects,
    index: &Index,
    primary: Option<&[Ident]>,
) -> anyhow::Result<Vec<Sql>> {
    let Some(definition) = &index.definition else { return Ok(Vec::new()) };
    let name = own_name(index.oid)?;
    let constraint = index.constraint.as_deref().and_then(|name| objects.constraint(name));
    let primary = primary.filter(|_| index.kind == IndexKind::PrimaryKey);
    let mut statements = vec![match (primary, constraint) {
        (Some(columns), _) => {
            ddl!("partition/convert/add_primary_key.sql", table = *on, name = name, columns = List(columns))
        }
        (None, Some(constraint)) => {
            let definition = Deparsed(constraint.definition.clone());
            ddl!("partition/convert/add_constraint.sql", table = *on, name = name, definition = definition)
        }
        (None, None) => ddl!(
            "index/create.sql",
            index = Keyword(if definition.unique { "unique index" } else { "index" }),
            name = name,
            table = *on,
            definition = *definition
        ),
    }];
    let relation = Relation { schema: on.schema.clone(), name: name.clone() };
    if let Some(comment) = objects.index_comments.get(&index.oid) {
        let comment = Literal(comment.clone());
        statements.push(ddl!("partition/convert/comment_index.sql", index = relation, comment = comment));
    }
    if let Some(comment) = constraint.and_then(|one| one.comment.clone()) {
        let comment = Literal(comment);
        statements.push(ddl!(
            "partition/convert/comment_constraint.sql",
            name = name,
            table = *on,
            comment = comment
        ));
    }
    Ok(statements)
}

/// The partitions after the table's own; they look like the table.
fn partitions(conversion: &Conversion<'_>) -> anyhow::Result<Dress> {
    let shell = &conversion.evidence.names.shell;
    let table = &conversion.evidence.whole.properties;
    // What the table's comment says is not true of a month of it.
    let sibling = Properties { comment: None, ..table.clone() };
    let method = Ident::new(table.access_method.as_deref().unwrap_or("heap"))?;
    let mut all = Dress::default();
    for one in &conversion.partitions {
        let partition = &one.relation;
        let create =
            ddl!("partition/create.sql", partition = *partition, parent = *shell, access_method = method);
        all.before.push(create);
        let dress = dress(partition, Some(&sibling), table, &conversion.terms.policy.overrides)?;
        all.before.extend(dress.before);
        let bound = |point| conversion.key.literal(point).map(|text| [Datum::Value(text)]);
        let from = bound(one.range.lo).context("write the bounds of a partition")?;
        let to = bound(one.range.hi).context("write the bounds of a partition")?;
        all.before.push(ddl!(
            "partition/attach.sql",
            parent = *shell,
            partition = *partition,
            from = List(&from),
            to = List(&to)
        ));
        all.after.extend(dress.after);
    }
    Ok(all)
}
