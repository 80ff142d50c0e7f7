//! The plan that rebuilds an index beside the old one, and what to do with each index that is not valid: finish it,
//! build it anew, or take it away.
use anyhow::anyhow;

use crate::operations::index::create::{Wanted, plan_create};
use crate::operations::index::drop::parts;
use crate::operations::index::name::rebuilt_of;
use crate::operations::index::steps::{drop_leftover_step, reindex_steps};
use crate::operations::index::survey::{Survey, refuse_strangers, same_as, survey as surveyed};
use crate::operations::index::version::refuse_corrupting;
use crate::pg::catalog::Index;
use crate::pg::session::Session;
use crate::plan::Plan;

/// What brings an index to a good end: one that serves is rebuilt; of those that are not valid one is finished, built
/// anew, or, left by an interrupted rebuild, taken away.
///
/// # Errors
/// As [`plan_rebuild`], or when the index cannot be read while another session locks its table.
pub async fn plan_rebuild_or_finish(
    session: &Session,
    survey: &Survey,
    index: &Index,
) -> anyhow::Result<Plan> {
    if leftover_of(survey, index).is_some() {
        return plan_sweep(survey, index);
    }
    if index.valid || !index.partitioned {
        return plan_rebuild(survey, index);
    }
    let definition = index.definition.clone();
    let definition =
        definition.ok_or_else(|| anyhow!("{}: another session locks its table", index.relation.plain()))?;
    let wanted = Wanted { name: Some(index.relation.name.clone()), definition, typed: false };
    // The index may be of a partition that is partitioned itself.
    let part = if index.table_oid == survey.tree.root().oid {
        survey.clone()
    } else {
        surveyed(session, index.table_oid).await?
    };
    let same = same_as(session, &part, &wanted.definition).await?;
    plan_create(&part, &wanted, &same)
}

/// The indexes of the tree that are not valid, those first that take others with them.
pub fn invalid(survey: &Survey) -> Vec<&Index> {
    let not_valid = |index: &&Index| !index.valid;
    let whole = survey.indexes.iter().filter(not_valid).filter(|index| index.partitioned);
    // What is not valid below is a part of it.
    let whole =
        whole.filter(|index| index.parent.is_none_or(|above| survey.index(above).is_none_or(|i| i.valid)));
    let single = survey.indexes.iter().filter(not_valid).filter(|index| !index.partitioned);
    let single = single.filter(|index| index.parent.is_none());
    whole.chain(single).collect()
}

/// The plan that builds an index anew, each part of it by itself.
///
/// # Errors
/// When the role may not, or the server is one that would spoil it.
pub fn plan_rebuild(survey: &Survey, index: &Index) -> anyhow::Result<Plan> {
    refuse_corrupting(survey.version)?;
    refuse_strangers(survey, "rebuild an index")?;
    let mut plan = empty(survey);
    for part in parts(survey, index.oid).into_iter().filter(|part| !part.partitioned) {
        for leftover in survey.on(part.table_oid).filter(|other| leftover_of(survey, other) == Some(part.oid))
        {
            plan.steps.push(drop_leftover_step(&leftover.relation, &leftover.table, leftover.table_oid));
        }
        let at = plan.steps.len();
        plan.steps.extend(reindex_steps(part, at)?);
    }
    Ok(plan)
}

fn plan_sweep(survey: &Survey, index: &Index) -> anyhow::Result<Plan> {
    refuse_strangers(survey, "drop an index")?;
    let mut plan = empty(survey);
    let mut step = drop_leftover_step(&index.relation, &index.table, index.table_oid);
    step.minor = false;
    plan.steps.push(step);
    Ok(plan)
}

fn empty(survey: &Survey) -> Plan {
    let root = survey.tree.root();
    Plan { target: root.relation.clone(), oid: root.oid, steps: Vec::new(), notes: Vec::new() }
}

/// The index on the same table that this one, which is not valid, was to replace or has replaced. REINDEX cuts a long
/// name to make room for its own ending.
pub(super) fn leftover_of(survey: &Survey, index: &Index) -> Option<u32> {
    let base = rebuilt_of(index.relation.name.raw()).filter(|_| !index.valid)?;
    let cut = index.relation.name.raw().len() > 58;
    let is_base = |other: &&Index| {
        let name = other.relation.name.raw();
        other.oid != index.oid && (name == base || (cut && name.starts_with(base)))
    };
    survey.on(index.table_oid).find(is_base).map(|other| other.oid)
}
