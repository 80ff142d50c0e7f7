//! The partitioned table to be: empty, and like the table in everything that a partitioned table can have, with the
//! partitions that come after the table's own.
use anyhow::Context as _;

use crate::ddl;
use crate::operations::partition::convert::conversion::Conversion;
use crate::operations::partition::convert::names::{Mark, own_name};
use crate::operations::partition::inherit::{Dress, dress, dress_parent};
use crate::pg::bound::Datum;
use crate::pg::catalog::{Index, IndexKind, Properties};
use crate::pg::index::IndexDefinition;
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
    for (index, definition) in conversion.indexes() {
        prepare.extend(like_index(conversion, index, definition)?);
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

/// The index under a name of its own until the cut-over; a constraint's index comes with the constraint.
fn like_index(
    conversion: &Conversion<'_>,
    index: &Index,
    definition: &IndexDefinition,
) -> anyhow::Result<Vec<Sql>> {
    let shell = &conversion.evidence.names.shell;
    let name = own_name(index.oid)?;
    let objects = &conversion.evidence.whole.objects;
    let constraint = index.constraint.as_deref().and_then(|name| objects.constraint(name));
    let mut statements = vec![match (index.kind, constraint) {
        (IndexKind::PrimaryKey, _) if conversion.widened => ddl!(
            "partition/convert/add_primary_key.sql",
            table = *shell,
            name = name,
            columns = List(&conversion.new_primary())
        ),
        (_, Some(constraint)) => {
            let definition = Deparsed(constraint.definition.clone());
            ddl!("partition/convert/add_constraint.sql", table = *shell, name = name, definition = definition)
        }
        _ => ddl!(
            "index/create.sql",
            index = Keyword(if definition.unique { "unique index" } else { "index" }),
            name = name,
            table = *shell,
            definition = *definition
        ),
    }];
    let relation = Relation { schema: shell.schema.clone(), name: name.clone() };
    if let Some(comment) = objects.index_comments.get(&index.oid) {
        let comment = Literal(comment.clone());
        statements.push(ddl!("partition/convert/comment_index.sql", index = relation, comment = comment));
    }
    if let Some(comment) = constraint.and_then(|one| one.comment.clone()) {
        let comment = Literal(comment);
        statements.push(ddl!(
            "partition/convert/comment_constraint.sql",
            name = name,
            table = *shell,
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
