//! Takes back what an unfinished run has prepared. The partitions themselves were never changed but for triggers.
use anyhow::bail;

use crate::ddl;
use crate::operations::partition::convert::lock;
use crate::operations::partition::create::drop_check_step;
use crate::operations::partition::replace::clean_up;
use crate::operations::partition::replace::evidence::ReplaceEvidence;
use crate::operations::partition::replace::order::Order;
use crate::operations::partition::replace::swap::drop_triggers;
use crate::operations::partition::timeline::Timeline;
use crate::pg::lock::LockMode;
use crate::plan::{Plan, Step};

/// # Errors
/// When the partitions are exchanged already.
pub fn plan_abort_replace(
    timeline: &Timeline,
    order: Option<&Order>,
    evidence: &ReplaceEvidence,
) -> anyhow::Result<Plan> {
    let table = &timeline.table;
    let mut plan =
        Plan { target: table.relation.clone(), oid: table.oid, steps: Vec::new(), notes: Vec::new() };
    let Some(begun) = &evidence.left.begun else { return Ok(plan) };
    let Some(order) = order else {
        bail!(
            "partitions of {} are exchanged already: there is nothing to abort; run it again without --abort to clean up",
            table.relation.plain()
        );
    };
    if let Some(default) = timeline.default.as_ref().filter(|default| default.window_check) {
        plan.steps.push(drop_check_step(&default.relation, None));
    }
    let mut act = Vec::new();
    for source in &order.sources {
        act.extend(drop_triggers(&source.partition.relation)?);
    }
    let mut step = Step::transaction("note no more what changes".to_owned(), vec![], act);
    step.locks = order.locks(&table.relation, LockMode::AccessExclusive);
    step.minor = true;
    plan.steps.push(step);
    let pieces = begun.pieces.iter().map(|one| &one.piece.relation);
    let mut act: Vec<_> = pieces.map(|piece| ddl!("partition/drop.sql", partition = *piece)).collect();
    act.extend(clean_up::list(&evidence.names));
    let mut step = Step::transaction("drop the copies and the list of changed keys".to_owned(), vec![], act);
    if begun.refers {
        for one in &evidence.table.objects.referenced {
            step.locks.push(lock(one.name.relation()?, LockMode::AccessExclusive, one.may_lock));
        }
    }
    plan.steps.push(step);
    Ok(plan)
}
