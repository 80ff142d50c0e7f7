//! The proof that all rows belong into the table's own partition: made beforehand, so that ATTACH reads nothing.
use crate::ddl;
use crate::operations::index::only_done;
use crate::operations::partition::convert::conversion::Conversion;
use crate::operations::partition::convert::names::BOUND;
use crate::pg::lock::LockMode;
use crate::pg::name::{Literal, Relation};
use crate::plan::{Held, Lock, Step};

pub(super) fn steps(conversion: &Conversion<'_>) -> anyhow::Result<Vec<Step>> {
    let table = conversion.table();
    let standing = conversion.evidence.whole.objects.constraint(BOUND);
    let mut steps = Vec::new();
    if standing.is_none() {
        let to = conversion.to_literal()?;
        let add =
            ddl!("partition/convert/bound_add.sql", table = *table, key = conversion.key.column, to = to);
        let until = conversion.key.literal(conversion.to)?;
        let summary = format!("keep rows from {until} on out of {} until the cut-over", table.plain());
        let mut step = Step::transaction(summary, vec![], vec![add]);
        step.locks = vec![Lock::first(table.clone(), LockMode::AccessExclusive)];
        step.interrupted = "the check pgtend_bound may stay: it refuses rows beyond the bound until the next run ends the \
                            conversion, or --abort takes it back";
        step.minor = true;
        steps.push(step);
    }
    if standing.is_none_or(|standing| !standing.validated) {
        steps.push(validate_step(table));
    }
    Ok(steps)
}

fn validate_step(table: &Relation) -> Step {
    let validate = ddl!("partition/convert/bound_validate.sql", table = *table);
    let mut step = Step::alone(format!("prove that all rows of {} lie before that", table.plain()), validate);
    let mode = LockMode::ShareUpdateExclusive;
    step.locks = vec![Lock { held: Held::WhileReading, ..Lock::implied(table.clone(), mode) }];
    step.interrupted = "the check stays, not proved; the next run proves it";
    step.recover = Some(only_done(ddl!(
        "partition/convert/constraint_state.sql",
        table = Literal(table.to_string()),
        name = Literal(BOUND.to_owned())
    )));
    step.minor = true;
    step
}

/// Takes the check off, whether it is there or not.
pub(super) fn drop_step(table: &Relation) -> Step {
    let drop = ddl!("partition/convert/bound_drop.sql", table = *table);
    let mut step = Step::transaction(format!("take the check off {}", table.plain()), vec![], vec![drop]);
    step.locks = vec![Lock::first(table.clone(), LockMode::AccessExclusive)];
    step.interrupted = "the check stays; the next run takes it off";
    step.minor = true;
    step
}
