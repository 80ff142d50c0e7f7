//! The plan that takes back what an unfinished conversion has prepared. The table itself was never changed but for a
//! check and triggers, one that refers to it but for a column; the check goes first, for it alone can refuse a row.
use crate::ddl;
use crate::operations::partition::convert::conversion::lock;
use crate::operations::partition::convert::evidence::Evidence;
use crate::operations::partition::convert::names::{BOUND, Mark, ROW_TRIGGER, is_own, own_name};
use crate::operations::partition::convert::{bound, composite, registry};
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Relation};
use crate::pg::sql::BodyLiteral;
use crate::plan::{Lock, Plan, Step};

pub fn plan_abort(evidence: &Evidence) -> anyhow::Result<Plan> {
    let whole = &evidence.whole;
    let mut plan =
        Plan { target: whole.relation.clone(), oid: whole.oid, steps: Vec::new(), notes: Vec::new() };
    if whole.objects.constraint(BOUND).is_some() {
        plan.steps.push(bound::drop_step(&whole.relation));
    }
    plan.steps.extend(drop_registry(evidence)?);
    plan.steps.extend(composite::drop_steps(evidence)?);
    let ours = |mark: &Option<Mark>| matches!(mark, Some(Mark::Shell { table, .. }) if *table == whole.oid);
    if evidence.shell.as_ref().is_some_and(|shell| ours(&shell.mark)) {
        plan.steps.push(drop_shell_step(evidence)?);
    }
    plan.steps.extend(drop_index_step(evidence)?);
    Ok(plan)
}

/// What refers to the registry, the triggers, the registry, its functions.
pub(super) fn drop_registry(evidence: &Evidence) -> anyhow::Result<Vec<Step>> {
    let (whole, names) = (&evidence.whole, &evidence.names);
    let mut steps = Vec::new();
    let ours =
        |mark: &Option<Mark>| matches!(mark, Some(Mark::Registry { table, .. }) if *table == whole.oid);
    let Some(beside) = evidence.registry.as_ref().filter(|registry| ours(&registry.mark)) else {
        return Ok(steps);
    };
    let objects = evidence.registry_objects.iter();
    for key in objects.flat_map(|objects| &objects.referencing).filter(|key| is_own(&key.name)) {
        let (table, name) = (key.table.relation()?, Ident::new(&key.name)?);
        let drop = ddl!("partition/convert/drop_constraint.sql", table = table, name = name);
        let summary = format!("take away {} of {}", key.name, table.plain());
        let mut step = Step::transaction(summary, vec![], vec![drop]);
        step.locks = vec![
            lock(table, LockMode::AccessExclusive, key.may_lock),
            Lock::first(beside.relation.clone(), LockMode::AccessExclusive),
        ];
        step.minor = true;
        steps.push(step);
    }
    if whole.objects.triggers.iter().any(|trigger| trigger.name == ROW_TRIGGER) {
        let act = registry::drop_triggers(&whole.relation)?;
        let summary =
            format!("take the triggers of {} off {}", names.registry.plain(), whole.relation.plain());
        let mut step = Step::transaction(summary, vec![], act);
        step.locks = vec![Lock::first(whole.relation.clone(), LockMode::AccessExclusive)];
        step.minor = true;
        steps.push(step);
    }
    // By itself: a large file that goes holds up nobody.
    let mut act = vec![ddl!("partition/drop.sql", partition = names.registry)];
    for function in [&names.row_function, &names.truncate_function] {
        act.push(ddl!("partition/convert/drop_function.sql", function = *function));
    }
    let mut step = Step::transaction(format!("drop {}", names.registry.plain()), vec![], act);
    step.locks = vec![Lock::first(names.registry.clone(), LockMode::AccessExclusive)];
    steps.push(step);
    Ok(steps)
}

/// With a look whether it is empty, in the same transaction.
pub(super) fn drop_shell_step(evidence: &Evidence) -> anyhow::Result<Step> {
    let shell = &evidence.names.shell;
    let act = vec![
        ddl!("partition/convert/empty.sql", table = *shell, name = BodyLiteral(shell.plain())),
        ddl!("partition/drop.sql", partition = *shell),
    ];
    let mut step = Step::transaction(format!("drop {}, which is empty", shell.plain()), vec![], act);
    // Its foreign keys have triggers on the tables that they refer to.
    let referenced = evidence.shell_whole.iter().flat_map(|shell| &shell.objects.referenced);
    for one in referenced {
        step.locks.push(lock(one.name.relation()?, LockMode::AccessExclusive, one.may_lock));
    }
    step.locks.push(Lock::first(shell.clone(), LockMode::AccessExclusive));
    Ok(step)
}

fn drop_index_step(evidence: &Evidence) -> anyhow::Result<Option<Step>> {
    let whole = &evidence.whole;
    let name = Relation { schema: whole.relation.schema.clone(), name: own_name(whole.oid)? };
    if !whole.indexes.iter().any(|index| index.relation == name) {
        return Ok(None);
    }
    let drop = ddl!("partition/convert/drop_index.sql", index = name);
    let mut step = Step::transaction(format!("drop index {}", name.plain()), vec![], vec![drop]);
    step.locks = vec![Lock::first(whole.relation.clone(), LockMode::AccessExclusive)];
    Ok(Some(step))
}
