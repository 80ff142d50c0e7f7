//! The table that holds each key once: made and filled before the table changes, so that what refers to the table can
//! refer to it instead without an instant in which nothing is checked.
use anyhow::Context as _;

use crate::ddl;
use crate::operations::index::only_done;
use crate::operations::partition::convert::conversion::{Conversion, lock};
use crate::operations::partition::convert::evidence::idents;
use crate::operations::partition::convert::names::{Mark, Names, REGISTRY_TRIGGERS, own_name};
use crate::pg::catalog::{ForeignKeyIn, OnDelete};
use crate::pg::lock::LockMode;
use crate::pg::name::{Column, Ident, Literal, Relation};
use crate::pg::sql::{BodyLiteral, Fragment, Keyword, List, Sql};
use crate::plan::{Held, Lock, Run, Step};

/// From nothing to a registry that every foreign key refers to; what is there already is left out.
pub(super) fn steps(conversion: &Conversion<'_>) -> anyhow::Result<Vec<Step>> {
    let mut steps = Vec::new();
    let filled = match conversion.evidence.registry.as_ref().and_then(|registry| registry.mark.clone()) {
        Some(Mark::Registry { filled, .. }) => filled,
        _ => {
            steps.push(create_step(conversion)?);
            false
        }
    };
    if !filled {
        steps.push(fill_step(conversion));
    }
    for key in conversion.incoming() {
        steps.extend(foreign_key_steps(conversion, key)?);
    }
    Ok(steps)
}

fn create_step(conversion: &Conversion<'_>) -> anyhow::Result<Step> {
    let (table, names) = (conversion.table(), &conversion.evidence.names);
    let (registry, columns) = (&names.registry, conversion.registry_columns());
    let mark = Mark::Registry { table: conversion.oid(), filled: false };
    let mut prepare = vec![
        ddl!(
            "partition/convert/registry.sql",
            registry = *registry,
            columns = List(&columns),
            table = *table
        ),
        ddl!("partition/convert/registry_key.sql", registry = *registry, columns = List(&conversion.primary)),
        row_function(conversion, &columns),
        ddl!(
            "partition/convert/registry_truncate_function.sql",
            function = names.truncate_function,
            registry = *registry
        ),
        ddl!("partition/comment.sql", partition = *registry, comment = Literal(mark.to_string())),
        ddl!("partition/private.sql", table = BodyLiteral(registry.to_string())),
        ddl!("apply/private_function.sql", function = BodyLiteral(names.row_function.to_string())),
        ddl!("apply/private_function.sql", function = BodyLiteral(names.truncate_function.to_string())),
    ];
    let properties = &conversion.evidence.whole.properties;
    if !properties.owner_is_me {
        let owner = Ident::new(&properties.owner)?;
        prepare.push(ddl!("partition/owner.sql", partition = *registry, owner = owner));
        for function in [&names.row_function, &names.truncate_function] {
            prepare.push(ddl!("partition/convert/function_owner.sql", function = *function, owner = owner));
        }
    }
    let act = triggers(table, names, &columns);
    let mut step = Step::transaction(format!("create {}, kept by triggers", registry.plain()), prepare, act);
    step.locks = vec![Lock::first(table.clone(), LockMode::ShareRowExclusive)];
    Ok(step)
}

/// A key that is there already is told as the table's primary key tells it.
fn row_function(conversion: &Conversion<'_>, columns: &[Ident]) -> Sql {
    let of =
        |alias, columns: &[Ident]| columns.iter().map(|one| Column(alias, one.clone())).collect::<Vec<_>>();
    let primary = &conversion.primary;
    let constraint =
        conversion.evidence.whole.objects.primary_key().map(|key| key.name.clone()).unwrap_or_default();
    let named: Vec<&str> = primary.iter().map(Ident::raw).collect();
    ddl!(
        "partition/convert/registry_function.sql",
        function = conversion.evidence.names.row_function,
        registry = conversion.evidence.names.registry,
        table = *conversion.table(),
        columns = List(columns),
        key_columns = List(primary),
        by = conversion.key.column,
        new_values = List(&of("new", columns)),
        old_keys = List(&of("old", primary)),
        new_keys = List(&of("new", primary)),
        table_keys = List(&of("t", primary)),
        registry_keys = List(&of("r", primary)),
        message = Literal(format!("duplicate key value violates unique constraint \"{constraint}\"")),
        before = Literal(format!("Key ({})=(", named.join(", "))),
        table_name = Literal(conversion.table().name.raw().to_owned()),
        constraint = Literal(constraint),
    )
}

/// The triggers that keep the registry, on whatever has the table's name.
pub(super) fn triggers(table: &Relation, names: &Names, columns: &[Ident]) -> Vec<Sql> {
    let (row, truncate) = (&names.row_function, &names.truncate_function);
    vec![
        ddl!(
            "partition/convert/registry_trigger.sql",
            columns = List(columns),
            table = *table,
            function = *row,
            registry = Literal(names.registry.to_string())
        ),
        ddl!("partition/convert/registry_truncate_trigger.sql", table = *table, function = *truncate),
    ]
}

pub(in crate::operations::partition) fn drop_triggers(table: &Relation) -> anyhow::Result<Vec<Sql>> {
    REGISTRY_TRIGGERS
        .into_iter()
        .map(|name| {
            let trigger = Ident::new(name)?;
            Ok(ddl!("partition/convert/drop_trigger.sql", trigger = trigger, table = *table))
        })
        .collect()
}

fn fill_step(conversion: &Conversion<'_>) -> Step {
    let (table, registry) = (conversion.table(), &conversion.evidence.names.registry);
    let of =
        |alias, columns: &[Ident]| columns.iter().map(|one| Column(alias, one.clone())).collect::<Vec<_>>();
    let (columns, primary) = (conversion.registry_columns(), &conversion.primary);
    let descending: Vec<Fragment> = of("b", primary)
        .into_iter()
        .map(|column| Fragment(ddl!("partition/convert/descending.sql", column = column)))
        .collect();
    let mark = Mark::Registry { table: conversion.oid(), filled: true };
    let fill = ddl!(
        "partition/convert/registry_fill.sql",
        registry = *registry,
        table = *table,
        columns = List(&columns),
        table_columns = List(&of("t", &columns)),
        table_keys = List(&of("t", primary)),
        positions = List(&of("pgtend_reached", primary)),
        registry_keys = List(&of("r", primary)),
        descending = List(&descending),
        mark = Literal(mark.to_string()),
    );
    let mut step = Step::alone(format!("fill {} and prove that no key is missing", registry.plain()), fill);
    if let Run::Alone { prepare, .. } = &mut step.run {
        prepare.push(ddl!("partition/convert/custom_plans.sql"));
    }
    step.locks = vec![
        Lock { held: Held::WhileReading, ..Lock::implied(table.clone(), LockMode::RowShare) },
        Lock::implied(registry.clone(), LockMode::RowExclusive),
    ];
    step.interrupted = "some keys are there, the triggers keep them; the next run goes through all again";
    step
}

/// The same foreign key once more, to the registry: not proved yet, and proved.
fn foreign_key_steps(conversion: &Conversion<'_>, key: &ForeignKeyIn) -> anyhow::Result<Vec<Step>> {
    let name = own_name(key.oid)?;
    let table = key.table.relation()?;
    let registry = &conversion.evidence.names.registry;
    let known = conversion.evidence.registry_objects.iter().flat_map(|objects| &objects.referencing);
    let standing = known.filter(|one| one.table_oid == key.table_oid).find(|one| one.name == name.raw());
    let mut steps = Vec::new();
    if standing.is_none() {
        let add = foreign_key(key, &table, &name, registry)?;
        let summary = format!("let {} of {} refer to {} as well", key.name, table.plain(), registry.plain());
        let mut step = Step::transaction(summary, vec![], vec![add]);
        step.locks = vec![
            lock(table.clone(), LockMode::ShareRowExclusive, key.may_lock),
            Lock::first(registry.clone(), LockMode::ShareRowExclusive),
        ];
        step.minor = true;
        steps.push(step);
    }
    if standing.is_none_or(|standing| !standing.validated) {
        steps.push(validate_step(&table, &name, registry, &key.name));
    }
    Ok(steps)
}

/// `called`: the constraint's name for people.
pub(in crate::operations::partition) fn validate_step(
    table: &Relation,
    name: &Ident,
    referenced: &Relation,
    called: &str,
) -> Step {
    let validate = ddl!("partition/convert/validate.sql", table = *table, name = *name);
    let mut step = Step::alone(format!("prove {called} of {}", table.plain()), validate);
    let reading = |relation: &Relation, mode| Lock {
        held: Held::WhileReading,
        ..Lock::implied(relation.clone(), mode)
    };
    step.locks =
        vec![reading(table, LockMode::ShareUpdateExclusive), reading(referenced, LockMode::RowShare)];
    step.interrupted = "new rows are checked, the old ones not proved; the next run proves them";
    step.recover = Some(only_done(ddl!(
        "partition/convert/constraint_state.sql",
        table = Literal(table.to_string()),
        name = Literal(name.raw().to_owned())
    )));
    step.minor = true;
    step
}

pub(super) fn renamed(table: &Relation, name: &Ident, new: &Ident) -> Sql {
    ddl!("partition/convert/rename_constraint.sql", table = *table, name = *name, new = *new)
}

/// The comment of a foreign key, for the one that has its name now.
pub(in crate::operations::partition) fn foreign_key_comment(
    key: &ForeignKeyIn,
) -> anyhow::Result<Option<Sql>> {
    let (table, name) = (key.table.relation()?, Ident::new(&key.name)?);
    let comment = key.comment.as_ref().map(|comment| {
        let comment = Literal(comment.clone());
        ddl!("partition/convert/comment_constraint.sql", name = name, table = table, comment = comment)
    });
    Ok(comment)
}

/// A foreign key like another one, of another name and to another table, not proved.
pub(in crate::operations::partition) fn foreign_key(
    key: &ForeignKeyIn,
    table: &Relation,
    name: &Ident,
    referenced: &Relation,
) -> anyhow::Result<Sql> {
    let columns = idents(&key.columns).context("name the columns of a foreign key")?;
    let referenced_columns = idents(&key.referenced_columns)?;
    let action = |action: OnDelete| {
        Keyword(match action {
            OnDelete::NoAction => "no action",
            OnDelete::Restrict => "restrict",
            OnDelete::Cascade => "cascade",
            OnDelete::SetNull => "set null",
            OnDelete::SetDefault => "set default",
        })
    };
    let deferrable = match (key.deferrable, key.deferred) {
        (true, true) => " deferrable initially deferred",
        (true, false) => " deferrable",
        (false, _) => "",
    };
    Ok(ddl!(
        "partition/convert/foreign_key.sql",
        table = *table,
        name = *name,
        columns = List(&columns),
        referenced = *referenced,
        referenced_columns = List(&referenced_columns),
        matching = Keyword(if key.match_full { " match full" } else { "" }),
        on_update = action(key.on_update),
        on_delete = action(key.on_delete),
        deferrable = Keyword(deferrable),
    ))
}
