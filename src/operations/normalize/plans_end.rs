//! The plans at the end of a mapping: triggers and queue go, the target gets back what was taken off it, the document
//! column goes.
use super::binding::Binding;
use super::names::Names;
use super::plans::{alone, empty, put_back};
use super::state::Definition;
use crate::ddl;
use crate::pg::lock::LockMode;
use crate::pg::name::{Literal, Relation};
use crate::plan::{Lock, Loss, Plan, Standing, Step};

/// Takes triggers, functions and the queue away. The books stay, or go with the rejects.
pub fn plan_end(binding: &Binding, names: &Names, keep_books: bool) -> Plan {
    let mut act = Vec::new();
    for trigger in names.direct_triggers.iter().chain(&names.note_triggers) {
        act.push(ddl!("normalize/drop_trigger.sql", trigger = *trigger, source = binding.source));
    }
    for function in names.functions() {
        act.push(ddl!("normalize/drop_function.sql", function = *function));
    }
    act.push(ddl!("normalize/drop_queue.sql", queue = names.queue));
    if keep_books {
        let phase = Literal("moved".to_owned());
        act.push(ddl!(
            "normalize/set_phase.sql",
            backfill = names.backfill,
            phase = phase,
            name = names.name
        ));
    } else {
        act.push(ddl!("normalize/forget.sql", reject = names.reject, name = names.name));
        act.push(ddl!("normalize/end_backfill.sql", backfill = names.backfill, name = names.name));
    }
    let summary = format!("keep {} in step no more", binding.target.plain());
    let mut step = Step::transaction(summary, Vec::new(), act);
    step.locks = vec![Lock::first(binding.source.clone(), LockMode::AccessExclusive)];
    Plan { steps: vec![step], notes: Vec::new(), ..empty(binding) }
}

/// The same by the books alone, where the tables are not what they were.
pub fn plan_sweep(target: Relation, names: &Names) -> Plan {
    let functions =
        names.functions().map(|name| ddl!("normalize/drop_function_cascade.sql", function = *name));
    let mut act = Vec::from(functions);
    act.push(ddl!("normalize/drop_queue.sql", queue = names.queue));
    act.push(ddl!("normalize/forget.sql", reject = names.reject, name = names.name));
    act.push(ddl!("normalize/end_backfill.sql", backfill = names.backfill, name = names.name));
    let summary = format!("keep {} in step no more", target.plain());
    let step = Step::transaction(summary, Vec::new(), act);
    Plan { target, oid: 0, steps: vec![step], notes: Vec::new() }
}

/// What an aborted load has taken off the target comes back, foreign keys with a look at every row.
///
/// # Errors
/// When a name cannot be made.
pub fn plan_give_back(binding: &Binding, missing: &[Definition]) -> anyhow::Result<Plan> {
    let mut plan = Plan { notes: Vec::new(), ..empty(binding) };
    for definition in missing {
        let statement = put_back(binding, definition)?;
        let locks = vec![Lock::implied(binding.target.clone(), LockMode::AccessExclusive)];
        plan.steps.push(alone(format!("make {}", definition.name), statement, locks));
    }
    Ok(plan)
}

/// The document column goes for good.
pub fn plan_drop_column(binding: &Binding) -> Plan {
    let drop = ddl!("normalize/drop_column.sql", source = binding.source, column = binding.column);
    let column = binding.column.raw();
    let mut step = Step::transaction(
        format!("drop column {column} of {}", binding.source.plain()),
        Vec::new(),
        vec![drop],
    );
    step.locks = vec![Lock::first(binding.source.clone(), LockMode::AccessExclusive)];
    step.destroys = Some(Loss {
        what: format!("column {column} of {}", binding.source.plain()),
        also: Vec::new(),
        rows: Some(binding.source_rows),
        bytes: None,
    });
    step.standing = Standing::Ordinary;
    Plan { steps: vec![step], notes: Vec::new(), ..empty(binding) }
}
