//! The changes around the load, as plans: what is put in place before it, what is made after it, and what is taken away in
//! the end. Pure functions of what was read.
use super::binding::Binding;
use super::names::Names;
use super::state::{Definition, Kind, Strategy};
use super::sync::{all_of, functions, triggers};
use crate::ddl;
use crate::pg::lock::LockMode;
use crate::pg::name::{Column, Ident, Literal, Relation};
use crate::pg::sql::{Deparsed, Fragment, List, Sql};
use crate::plan::{Lock, Plan, Run, Step};
use crate::query;

/// Keys that one statement takes from the queue, the most first.
const DRAIN_SIZES: [i64; 4] = [2000, 400, 50, 1];

pub(super) fn empty(binding: &Binding) -> Plan {
    Plan {
        target: binding.target.clone(),
        oid: binding.target_oid,
        steps: Vec::new(),
        notes: binding.notes.clone(),
    }
}

/// Before the load: the queue, the functions, the triggers that note keys, and the books. An empty target loses its
/// indexes and keys until it is full.
///
/// # Errors
/// When a name cannot be made.
pub fn plan_begin(binding: &Binding, names: &Names, definitions: &[Definition]) -> anyhow::Result<Plan> {
    let strategy = if binding.target_is_empty { Strategy::Bulk } else { Strategy::Merge };
    let restore = if strategy == Strategy::Bulk { definitions } else { &[] };
    let keys: Vec<Ident> = binding.key.iter().map(|key| key.source.clone()).collect();
    let columns = List(&keys);
    let mut prepare = vec![
        ddl!("normalize/queue_table.sql", queue = names.queue, columns = columns, source = binding.source),
        ddl!("normalize/queue_comment.sql", queue = names.queue),
    ];
    prepare.extend(functions(binding, names)?);
    prepare.push(ddl!(
        "normalize/begin_backfill.sql",
        backfill = names.backfill,
        name = names.name,
        source = Literal(binding.source.plain()),
        target = Literal(binding.target.plain()),
        mapping = Literal(fingerprint(binding, names)?),
        strategy = Literal(strategy.word().to_owned()),
        restore = Literal(serde_json::to_string(restore)?),
    ));
    let mut act = triggers(binding, &names.note, &names.note_triggers, &names.truncate);
    if strategy == Strategy::Bulk {
        let body = ddl!("normalize/still_empty_body.sql", target = binding.target);
        act.insert(0, ddl!("normalize/still_empty.sql", body = Literal(body.text)));
    }
    for definition in restore.iter().rev() {
        act.push(take_off(binding, definition)?);
    }
    let summary = match (strategy, restore.len()) {
        (Strategy::Merge, _) => format!("note changes of {}", binding.source.plain()),
        (Strategy::Bulk, many) => format!(
            "note changes of {}, and take {many} indexes and keys off {} until it is full",
            binding.source.plain(),
            binding.target.plain()
        ),
    };
    let mut step = Step::transaction(summary, prepare, act);
    step.locks = begin_locks(binding, restore)?;
    step.interrupted = "all of it happens or nothing";
    Ok(Plan { steps: vec![step], ..empty(binding) })
}

/// The mapping as the functions have it: what a later run must find unchanged.
///
/// # Errors
/// When a name cannot be made.
pub fn fingerprint(binding: &Binding, names: &Names) -> anyhow::Result<String> {
    Ok(functions(binding, names)?.iter().take(2).map(|sql| sql.text.as_str()).collect())
}

/// Referenced tables, then the source, then the target.
fn begin_locks(binding: &Binding, restore: &[Definition]) -> anyhow::Result<Vec<Lock>> {
    let mut locks = Vec::new();
    let mut source = LockMode::ShareRowExclusive;
    for referenced in referenced(restore)? {
        if referenced == binding.source {
            source = LockMode::AccessExclusive;
        } else {
            locks.push(Lock::first(referenced, LockMode::AccessExclusive));
        }
    }
    locks.push(Lock::first(binding.source.clone(), source));
    if binding.target_is_empty {
        locks.push(Lock::first(binding.target.clone(), LockMode::AccessExclusive));
    }
    Ok(locks)
}

fn referenced(definitions: &[Definition]) -> anyhow::Result<Vec<Relation>> {
    let mut tables = Vec::new();
    for definition in definitions {
        tables.extend(definition.referenced()?);
    }
    tables.sort();
    tables.dedup();
    Ok(tables)
}

fn take_off(binding: &Binding, definition: &Definition) -> anyhow::Result<Sql> {
    let name = Ident::new(&definition.name)?;
    Ok(match definition.kind {
        Kind::Index => {
            let index = Relation { schema: binding.target.schema.clone(), name };
            ddl!("normalize/drop_index.sql", index = index)
        }
        Kind::Constraint | Kind::ForeignKey => {
            ddl!("normalize/drop_constraint.sql", target = binding.target, name = name)
        }
    })
}

pub(super) fn put_back(binding: &Binding, definition: &Definition) -> anyhow::Result<Sql> {
    let rendered = Deparsed(definition.definition.clone());
    Ok(match definition.kind {
        Kind::Index => Sql::deparsed(&query!("normalize/definitions.sql"), rendered),
        Kind::Constraint | Kind::ForeignKey => ddl!(
            "normalize/add_constraint.sql",
            target = binding.target,
            name = Ident::new(&definition.name)?,
            definition = rendered
        ),
    })
}

/// After the load of an empty target: its indexes and unique constraints, and no rows that a foreign key will not have.
///
/// # Errors
/// When a name cannot be made.
pub fn plan_restore(binding: &Binding, names: &Names, missing: &[Definition]) -> anyhow::Result<Plan> {
    let mut plan = empty(binding);
    for definition in missing.iter().filter(|definition| definition.kind != Kind::ForeignKey) {
        let statement = put_back(binding, definition)?;
        let mode = if definition.kind == Kind::Index { LockMode::Share } else { LockMode::AccessExclusive };
        let locks = vec![Lock::implied(binding.target.clone(), mode)];
        plan.steps.push(alone(format!("make {}", definition.name), statement, locks));
    }
    plan.steps.push(phase_step(names, "restore", "drain"));
    Ok(plan)
}

/// None where the foreign key refers to the source: what is deleted there is in the queue.
fn reject_orphans(binding: &Binding, names: &Names, definition: &Definition) -> anyhow::Result<Option<Sql>> {
    let Some(referenced) = definition.referenced()?.filter(|referenced| *referenced != binding.source) else {
        return Ok(None);
    };
    let keys = binding.key.iter().map(|key| {
        let value = Fragment(ddl!("normalize/value_of_target.sql", column = key.target));
        Fragment(ddl!("normalize/cast.sql", value = value, cast = key.source_type))
    });
    let keys: Vec<Fragment> = keys.collect();
    let columns: Vec<Ident> = definition.columns.iter().map(Ident::new).collect::<anyhow::Result<_>>()?;
    let others: Vec<Ident> =
        definition.referenced_columns.iter().map(Ident::new).collect::<anyhow::Result<_>>()?;
    let present =
        columns.iter().map(|column| ddl!("normalize/not_null.sql", column = Column("t", column.clone())));
    let same = columns.iter().zip(&others).map(|(column, other)| {
        let (left, right) = (Column("r", other.clone()), Column("t", column.clone()));
        ddl!("normalize/equal.sql", left = left, right = right)
    });
    Ok(Some(ddl!(
        "normalize/reject_orphans.sql",
        target = binding.target,
        present = all_of(present),
        referenced = referenced,
        same = all_of(same),
        keys = List(&keys),
        queue = names.queue,
        name = names.name,
        backfill = names.backfill,
    )))
}

pub(super) fn alone(summary: String, statement: Sql, locks: Vec<Lock>) -> Step {
    Step {
        run: Run::Alone { prepare: Vec::new(), statement, guard: None },
        locks,
        ..Step::transaction(summary, Vec::new(), Vec::new())
    }
}

fn phase_step(names: &Names, from: &str, to: &str) -> Step {
    let phase = Literal(to.to_owned());
    let set = ddl!("normalize/set_phase.sql", backfill = names.backfill, phase = phase, name = names.name);
    let mut step = Step::transaction(format!("note that {from} is done"), Vec::new(), vec![set]);
    step.minor = true;
    step
}

/// After the load: works off the noted keys, then puts the triggers that keep rows in step in place, with what is left
/// of the queue and the foreign keys, while no writer is under way.
///
/// # Errors
/// When a name cannot be made.
pub fn plan_switch(binding: &Binding, names: &Names, missing: &[Definition]) -> anyhow::Result<Plan> {
    let mut plan = empty(binding);
    plan.notes.clear();
    plan.steps.push(drain_step(names));
    let mut act = vec![ddl!("normalize/drain_all.sql", function = names.drain)];
    let mut locks = Vec::new();
    for referenced in referenced(missing)? {
        if referenced != binding.source {
            locks.push(Lock::first(referenced, LockMode::ShareRowExclusive));
        }
    }
    locks.push(Lock::first(binding.source.clone(), LockMode::ShareRowExclusive));
    let keys = missing.iter().filter(|definition| definition.kind == Kind::ForeignKey);
    if missing.iter().any(|definition| definition.kind == Kind::ForeignKey) {
        locks.push(Lock::first(binding.target.clone(), LockMode::ShareRowExclusive));
    }
    for definition in keys {
        let name = Ident::new(&definition.name)?;
        let rendered = Deparsed(definition.definition.trim_end_matches(" NOT VALID").to_owned());
        let target = &binding.target;
        if binding.target_is_partitioned {
            // Before version 18 the server has none there that is to be proved later.
            act.extend(reject_orphans(binding, names, definition)?);
            let add =
                ddl!("normalize/add_constraint.sql", target = *target, name = name, definition = rendered);
            act.push(add);
        } else {
            let add =
                ddl!("normalize/add_foreign_key.sql", target = *target, name = name, definition = rendered);
            act.push(add);
        }
    }
    act.extend(triggers(binding, &names.direct, &names.direct_triggers, &names.truncate));
    act.push(ddl!("normalize/set_switched.sql", backfill = names.backfill, name = names.name));
    let summary =
        format!("keep {} in step with {} from now on", binding.target.plain(), binding.source.plain());
    let mut step = Step::transaction(summary, Vec::new(), act);
    step.locks = locks;
    plan.steps.push(step);
    Ok(plan)
}

fn drain_step(names: &Names) -> Step {
    let statements =
        DRAIN_SIZES.map(|most| ddl!("normalize/drain.sql", function = names.drain, most = most)).to_vec();
    Step {
        run: Run::Batches { guard: Vec::new(), statements },
        interrupted: "what is in the queue stays there for the next run",
        ..Step::transaction("bring in what has changed meanwhile".to_owned(), Vec::new(), Vec::new())
    }
}

/// Proves foreign keys that hold for new rows only, when the rows that they will not have are gone.
///
/// # Errors
/// When a name cannot be made.
pub fn plan_prove(binding: &Binding, names: &Names, unproved: &[Definition]) -> anyhow::Result<Plan> {
    let mut plan = Plan { notes: Vec::new(), ..empty(binding) };
    for definition in unproved {
        let name = Ident::new(&definition.name)?;
        if let Some(statement) = reject_orphans(binding, names, definition)? {
            let locks = vec![Lock::implied(binding.target.clone(), LockMode::RowExclusive)];
            let summary = format!("reject rows that {} will not have", definition.name);
            plan.steps.push(alone(summary, statement, locks));
        }
        let statement = ddl!("normalize/validate.sql", target = binding.target, name = name);
        let locks = vec![Lock::implied(binding.target.clone(), LockMode::ShareUpdateExclusive)];
        plan.steps.push(alone(format!("prove {}", definition.name), statement, locks));
    }
    Ok(plan)
}

/// Works off the noted keys. Where a row had to change, transactions that are older than that have to end before it is
/// done once more: they may write the source row and not see the change.
pub fn plan_catch_up(binding: &Binding, names: &Names) -> Plan {
    let step = Step { minor: true, ..drain_step(names) };
    Plan { steps: vec![step], notes: Vec::new(), ..empty(binding) }
}

/// When nothing had to change any more: the last of the queue, and its triggers go.
pub fn plan_settle(binding: &Binding, names: &Names) -> Plan {
    let mut plan = empty(binding);
    plan.notes.clear();
    let mut act = vec![ddl!("normalize/drain_all.sql", function = names.drain)];
    // The last of the four refuses TRUNCATE, and stays.
    for trigger in &names.note_triggers[..3] {
        act.push(ddl!("normalize/drop_trigger.sql", trigger = *trigger, source = binding.source));
    }
    let phase = Literal("direct".to_owned());
    act.push(ddl!("normalize/set_phase.sql", backfill = names.backfill, phase = phase, name = names.name));
    let mut step = Step::transaction("note no keys any more".to_owned(), Vec::new(), act);
    // DROP TRIGGER takes the strongest lock.
    step.locks = vec![Lock::first(binding.source.clone(), LockMode::AccessExclusive)];
    step.minor = true;
    plan.steps.push(step);
    let analyze = ddl!("normalize/analyze.sql", target = binding.target);
    let locks = vec![Lock::implied(binding.target.clone(), LockMode::ShareUpdateExclusive)];
    plan.steps.push(alone(format!("vacuum and analyze {}", binding.target.plain()), analyze, locks));
    plan
}

/// Looks again at source rows with rejects, by the mapping as it is now. Until it is settled, keys are noted beside, as
/// after the load.
///
/// # Errors
/// When a name cannot be made.
pub fn plan_retry(binding: &Binding, names: &Names, reason: Option<&str>) -> anyhow::Result<Plan> {
    let mut act = triggers(binding, &names.note, &names.note_triggers[..3], &names.truncate);
    act.push(names.queue_rejects(binding, reason));
    act.push(ddl!(
        "normalize/set_again.sql",
        backfill = names.backfill,
        mapping = Literal(fingerprint(binding, names)?),
        name = names.name
    ));
    let summary = format!("note the rejected rows of {}", binding.source.plain());
    let mut step = Step::transaction(summary, functions(binding, names)?, act);
    step.locks = vec![Lock::first(binding.source.clone(), LockMode::ShareRowExclusive)];
    step.interrupted = "all of it happens or nothing";
    Ok(Plan { steps: vec![step], notes: Vec::new(), ..empty(binding) })
}
