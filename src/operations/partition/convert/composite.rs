//! Foreign keys to both columns of the primary key: each table that refers gets the second one, which a trigger fills, so
//! that applications go on to write only the first. Made, filled and proved while the old foreign keys hold.
use crate::ddl;
use crate::operations::partition::convert::added::{Added, Addition};
use crate::operations::partition::convert::conversion::{Conversion, lock};
use crate::operations::partition::convert::evidence::{Evidence, idents};
use crate::operations::partition::convert::names::own_name;
use crate::operations::partition::convert::registry::{foreign_key, validate_step};
use crate::pg::catalog::ForeignKeyIn;
use crate::pg::lock::LockMode;
use crate::pg::name::{Column, Ident, Literal};
use crate::pg::sql::{BodyLiteral, Deparsed, Fragment, Keyword, List, Sql};
use crate::plan::{Held, Lock, Run, Step};

/// From nothing to columns that are filled and proved; what is there already is left out.
pub(super) fn steps(conversion: &Conversion<'_>) -> anyhow::Result<Vec<Step>> {
    let mut steps = Vec::new();
    for addition in conversion.additions()? {
        let own = own_name(addition.key.oid)?;
        if !addition.standing {
            steps.push(add_step(conversion, &addition, &own)?);
        }
        let all = &conversion.evidence.whole.objects.referencing;
        if !all.iter().any(|one| one.name == own.raw() && one.validated) {
            steps.push(fill_step(conversion, &addition)?);
            let called = &addition.key.name;
            steps.push(validate_step(&addition.table, &own, conversion.table(), called));
        }
    }
    Ok(steps)
}

fn add_step(conversion: &Conversion<'_>, addition: &Addition<'_>, own: &Ident) -> anyhow::Result<Step> {
    let whole = &conversion.evidence.whole;
    let Addition { table, column, trigger, function, .. } = addition;
    let prepare = function_statements(conversion, addition)?;
    let mut act = vec![add_column(conversion, addition)];
    let referring = addition.key.columns.last().cloned().unwrap_or_default();
    act.push(ddl!(
        "partition/convert/column_grants.sql",
        table = BodyLiteral(table.to_string()),
        like = BodyLiteral(referring),
        column = BodyLiteral(column.raw().to_owned())
    ));
    act.push(ddl!(
        "partition/convert/column_trigger.sql",
        trigger = *trigger,
        table = *table,
        function = *function,
        column = Literal(column.raw().to_owned())
    ));
    // What arrives from elsewhere, in the role of a replica, has to have the column too.
    act.push(ddl!(
        "partition/convert/trigger_enabled.sql",
        table = *table,
        enabled = Keyword("enable always"),
        trigger = *trigger
    ));
    let mark = Literal(addition.mark(whole.oid).to_string());
    act.push(ddl!(
        "partition/convert/comment_trigger.sql",
        trigger = *trigger,
        table = *table,
        comment = mark
    ));
    let composite = addition.composite(&conversion.key.column);
    act.push(foreign_key(&composite, table, own, conversion.table())?);
    let summary = format!("give {} the column {}, filled by a trigger", table.plain(), column.plain());
    let mut step = Step::transaction(summary, prepare, act);
    step.locks = vec![
        lock(table.clone(), LockMode::AccessExclusive, addition.key.may_lock),
        Lock::first(conversion.table().clone(), LockMode::ShareRowExclusive),
    ];
    Ok(step)
}

fn add_column(conversion: &Conversion<'_>, addition: &Addition<'_>) -> Sql {
    let known = conversion.evidence.whole.objects.column(&conversion.key.column);
    let collation = match known.and_then(|known| known.collation.clone()) {
        Some(collation) => {
            Fragment(ddl!("partition/convert/column_collation.sql", collation = Deparsed(collation)))
        }
        None => Fragment::none(),
    };
    ddl!(
        "partition/convert/column_add.sql",
        table = addition.table,
        column = addition.column,
        type = Deparsed(known.map(|known| known.type_name.clone()).unwrap_or_default()),
        collation = collation
    )
}

/// As the registry's, the function belongs to the owner of the table that it reads.
fn function_statements(conversion: &Conversion<'_>, addition: &Addition<'_>) -> anyhow::Result<Vec<Sql>> {
    let body = Literal(body(conversion, addition)?.text);
    let function = &addition.function;
    let mut statements = vec![
        ddl!("partition/convert/column_function.sql", function = *function, body = body),
        ddl!("apply/private_function.sql", function = BodyLiteral(function.to_string())),
    ];
    let properties = &conversion.evidence.whole.properties;
    if !properties.owner_is_me {
        let owner = Ident::new(&properties.owner)?;
        statements.push(ddl!("partition/convert/function_owner.sql", function = *function, owner = owner));
    }
    Ok(statements)
}

fn body(conversion: &Conversion<'_>, addition: &Addition<'_>) -> anyhow::Result<Sql> {
    let Addition { key, table, column, .. } = addition;
    let referring = idents(&key.columns)?;
    let of =
        |alias, columns: &[Ident]| columns.iter().map(|one| Column(alias, one.clone())).collect::<Vec<_>>();
    let written: Vec<Ident> = referring.iter().cloned().chain([column.clone()]).collect();
    let absent = referring.iter().map(|one| ddl!("partition/convert/column_null.sql", column = *one));
    let message = format!(
        "insert or update on table \"{}\" violates foreign key constraint \"{}\"",
        table.name.raw(),
        key.name
    );
    let after = format!(") is not present in table \"{}\".", conversion.table().name.raw());
    Ok(ddl!(
        "partition/convert/column_body.sql",
        column = *column,
        new_values = List(&of("new", &written)),
        old_values = List(&of("old", &written)),
        absent = Fragment::joined(absent, " or "),
        referenced = *conversion.table(),
        matches = matches(key, "new")?,
        by = conversion.key.column,
        message = Literal(message),
        before = Literal(format!("Key ({})=(", key.columns.join(", "))),
        values = List(&of("new", &referring)),
        after = Literal(after),
        constraint = Literal(key.name.clone()),
    ))
}

/// That a row of the table, `t`, is the one that another row refers to, by the operators of the foreign key.
fn matches(key: &ForeignKeyIn, alias: &'static str) -> anyhow::Result<Fragment> {
    let (columns, referenced) = (idents(&key.columns)?, idents(&key.referenced_columns)?);
    let all = columns.iter().zip(&referenced).zip(&key.operators).map(|((column, referenced), operator)| {
        ddl!(
            "partition/convert/column_match.sql",
            referenced = *referenced,
            operator = Deparsed(operator.clone()),
            column = Column(alias, column.clone())
        )
    });
    Ok(Fragment::joined(all, " and "))
}

fn fill_step(conversion: &Conversion<'_>, addition: &Addition<'_>) -> anyhow::Result<Step> {
    let Addition { key, table, column, .. } = addition;
    let body = ddl!(
        "partition/convert/column_fill_body.sql",
        name = Literal(table.to_string()),
        by = conversion.key.column,
        table = *table,
        referenced = *conversion.table(),
        matches = matches(key, "c")?,
        column = *column,
    );
    let fill = ddl!("partition/convert/column_fill.sql", body = Literal(body.text));
    let mut step = Step::alone(format!("fill {} of {}", column.plain(), table.plain()), fill);
    if let Run::Alone { prepare, .. } = &mut step.run {
        prepare.push(ddl!("partition/convert/column_settings.sql"));
        if conversion.evidence.may_silence {
            prepare.push(ddl!("partition/convert/column_silence.sql"));
        }
    }
    step.locks = vec![
        Lock { held: Held::WhileReading, ..Lock::implied(table.clone(), LockMode::RowExclusive) },
        Lock { held: Held::WhileReading, ..Lock::implied(conversion.table().clone(), LockMode::RowShare) },
    ];
    step.interrupted =
        "some rows have it, the trigger fills those that are written; the next run fills the others";
    Ok(step)
}

/// Takes the columns away again, and what fills them; the foreign keys that stand on them first.
pub(super) fn drop_steps(evidence: &Evidence) -> anyhow::Result<Vec<Step>> {
    evidence.added.iter().map(|one| drop_step(evidence, one)).collect()
}

fn drop_step(evidence: &Evidence, one: &Added) -> anyhow::Result<Step> {
    let Added { table, column, trigger, function, .. } = one;
    let own = own_name(one.key)?;
    let standing = &evidence.whole.objects.referencing;
    let standing = standing.iter().any(|key| key.table_oid == one.table_oid && key.name == own.raw());
    let mut act = Vec::new();
    let mut locks = vec![lock(table.clone(), LockMode::AccessExclusive, one.may_lock)];
    if standing {
        act.push(ddl!("partition/convert/drop_constraint.sql", table = *table, name = own));
        locks.push(Lock::first(evidence.whole.relation.clone(), LockMode::AccessExclusive));
    }
    act.push(ddl!("partition/convert/drop_trigger.sql", trigger = *trigger, table = *table));
    act.push(ddl!("partition/convert/drop_function.sql", function = *function));
    act.push(ddl!("partition/convert/column_drop.sql", table = *table, column = *column));
    let summary = format!("take {} of {} away, and its trigger", column.plain(), table.plain());
    let mut step = Step::transaction(summary, vec![], act);
    step.locks = locks;
    Ok(step)
}

/// In the cut-over: the foreign key, under the name that it had, to the table that has the name now.
pub(super) fn give(conversion: &Conversion<'_>, addition: &Addition<'_>) -> anyhow::Result<Sql> {
    let (composite, name) = (addition.composite(&conversion.key.column), Ident::new(&addition.key.name)?);
    foreign_key(&composite, &addition.table, &name, conversion.table())
}

/// In the cut-over, with the old foreign key.
pub(super) fn take(addition: &Addition<'_>) -> anyhow::Result<Sql> {
    let own = own_name(addition.key.oid)?;
    Ok(ddl!("partition/convert/drop_constraint.sql", table = addition.table, name = own))
}
