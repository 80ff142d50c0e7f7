//! The one transaction in which the table becomes the first partition and the partitioned table takes its name.
use anyhow::Context as _;

use crate::ddl;
use crate::operations::partition::convert::composite;
use crate::operations::partition::convert::conversion::{Conversion, lock};
use crate::operations::partition::convert::handover::Handover;
use crate::operations::partition::convert::names::{Mark, own_name};
use crate::operations::partition::convert::registry;
use crate::pg::bound::Datum;
use crate::pg::catalog::{Index, IndexKind};
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{Keyword, List, Sql};
use crate::plan::{Lock, Step};

pub(super) fn step(conversion: &Conversion<'_>) -> anyhow::Result<Step> {
    let (table, names) = (conversion.table(), &conversion.evidence.names);
    let handover = Handover { giver: &conversion.evidence.whole };
    let mut act = vec![handover.guard()];
    act.extend(take_foreign_keys(conversion)?);
    act.extend(handover.take()?);
    if conversion.registry() {
        act.extend(registry::drop_triggers(table)?);
    }
    let renamed = rename_old(conversion)?;
    act.extend(renamed);
    if conversion.nullable() {
        act.push(ddl!("partition/convert/not_null.sql", table = *table, column = conversion.key.column));
    }
    act.push(ddl!("partition/convert/rename_table.sql", table = *table, new = names.legacy.name));
    act.push(ddl!("partition/convert/rename_table.sql", table = names.shell, new = table.name));
    act.extend(rename_new(conversion)?);
    act.push(ddl!(
        "partition/attach.sql",
        parent = *table,
        partition = names.legacy,
        from = List(&[Datum::MinValue]),
        to = List(&[Datum::Value(conversion.key.literal(conversion.to)?)])
    ));
    act.extend(handover.give()?);
    if conversion.registry() {
        act.extend(registry::triggers(table, names, &conversion.registry_columns()));
    }
    act.extend(give_foreign_keys(conversion)?);
    act.extend(comments(conversion)?);
    let mut step = Step::transaction(
        format!(
            "cut over: {} becomes the first partition of the new {}",
            names.legacy.plain(),
            table.plain()
        ),
        vec![],
        act,
    );
    step.locks = locks(conversion, &handover)?;
    step.interrupted = "nothing has happened, the table is as it was; the next run does it";
    Ok(step)
}

/// Views, then tables that it refers to, tables that refer to it, itself, the new one: always in this order.
fn locks(conversion: &Conversion<'_>, handover: &Handover<'_>) -> anyhow::Result<Vec<Lock>> {
    let exclusive = LockMode::AccessExclusive;
    let mut locks = handover.locks()?;
    locks.extend(conversion.referenced(exclusive)?);
    for key in conversion.incoming() {
        let relation = key.table.relation()?;
        if !locks.iter().any(|known| known.relation == relation) {
            locks.push(lock(relation, exclusive, key.may_lock));
        }
    }
    locks.push(Lock::first(conversion.table().clone(), exclusive));
    locks.push(Lock::first(conversion.evidence.names.shell.clone(), exclusive));
    Ok(locks)
}

fn take_foreign_keys(conversion: &Conversion<'_>) -> anyhow::Result<Vec<Sql>> {
    let drop = |key: &crate::pg::catalog::ForeignKeyIn| {
        let (table, name) = (key.table.relation()?, Ident::new(&key.name)?);
        Ok(ddl!("partition/convert/drop_constraint.sql", table = table, name = name))
    };
    let old = conversion.incoming().map(drop);
    let own = conversion.additions()?;
    old.chain(own.iter().map(composite::take)).collect()
}

/// Those to the registry, proved by now, take the old names. Where the primary key stays as it was they are made again:
/// every row was checked up to this instant, and every row is checked from now on. So are those to both columns.
fn give_foreign_keys(conversion: &Conversion<'_>) -> anyhow::Result<Vec<Sql>> {
    if conversion.widened && !conversion.registry() && !conversion.composite() {
        return Ok(Vec::new());
    }
    let mut statements = Vec::new();
    for addition in conversion.additions()? {
        statements.push(composite::give(conversion, &addition)?);
    }
    for key in conversion.incoming() {
        let (table, name) = (key.table.relation()?, Ident::new(&key.name)?);
        if conversion.registry() {
            statements.push(registry::renamed(&table, &own_name(key.oid)?, &name));
        } else if !conversion.composite() {
            statements.push(registry::foreign_key(key, &table, &name, conversion.table())?);
        }
        statements.extend(registry::foreign_key_comment(key)?);
    }
    Ok(statements)
}

fn rename_old(conversion: &Conversion<'_>) -> anyhow::Result<Vec<Sql>> {
    let table = conversion.table();
    let mut statements = Vec::new();
    for (index, _) in conversion.indexes() {
        let new = legacy_name(conversion, &index.relation.name)?;
        if conversion.keeps(index) {
            statements.push(rename(table, index, &index.relation.name, &new));
            continue;
        }
        let name = index.constraint.as_deref().context("a primary key without a constraint")?;
        let (name, own) = (Ident::new(name)?, own_name(conversion.oid())?);
        statements.push(ddl!("partition/convert/drop_constraint.sql", table = *table, name = name));
        statements.push(ddl!(
            "partition/convert/take_primary_key.sql",
            table = *table,
            name = new,
            index = own
        ));
    }
    Ok(statements)
}

fn rename_new(conversion: &Conversion<'_>) -> anyhow::Result<Vec<Sql>> {
    let table = conversion.table();
    conversion
        .indexes()
        .map(|(index, _)| Ok(rename(table, index, &own_name(index.oid)?, &index.relation.name)))
        .collect()
}

/// An index of a constraint is renamed by way of that one.
pub(in crate::operations::partition) fn rename(
    table: &Relation,
    index: &Index,
    name: &Ident,
    new: &Ident,
) -> Sql {
    if index.constraint.is_some() || index.kind == IndexKind::PrimaryKey {
        return registry::renamed(table, name, new);
    }
    let index = Relation { schema: table.schema.clone(), name: name.clone() };
    ddl!("partition/convert/rename_index.sql", index = index, new = *new)
}

/// What an index of the table is called from then on.
fn legacy_name(conversion: &Conversion<'_>, name: &Ident) -> anyhow::Result<Ident> {
    let schema = conversion.table().schema.raw().to_owned();
    let taken = |name: &Ident| conversion.evidence.taken.contains(&(schema.clone(), name.raw().to_owned()));
    let names = (0..100).map(|number| match number {
        0 => name.ending_in("_legacy"),
        number => name.ending_in(&format!("_legacy{number}")),
    });
    names.into_iter().find(|name| !taken(name)).with_context(|| format!("find a free name for index {name}"))
}

fn comments(conversion: &Conversion<'_>) -> anyhow::Result<Vec<Sql>> {
    let whole = &conversion.evidence.whole;
    let comment = whole.properties.comment.as_deref();
    let number = |name: &Ident| {
        let column = whole.objects.column(name);
        column.map(|column| column.number).with_context(|| format!("no column {name}"))
    };
    let key = if conversion.widened { conversion.primary.as_slice() } else { &[] };
    let mark = Mark::Legacy {
        table: whole.oid,
        key: key.iter().map(number).collect::<anyhow::Result<_>>()?,
        nullable: if conversion.nullable() { number(&conversion.key.column)? } else { 0 },
    };
    let (table, legacy) = (conversion.table(), &conversion.evidence.names.legacy);
    let own = match comment {
        Some(comment) => {
            ddl!("partition/comment.sql", partition = *table, comment = Literal(comment.to_owned()))
        }
        None => ddl!("partition/comment.sql", partition = *table, comment = Keyword("null")),
    };
    let marked = Literal(mark.before(comment));
    Ok(vec![own, ddl!("partition/comment.sql", partition = *legacy, comment = marked)])
}
