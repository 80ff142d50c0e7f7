//! The plan of a conversion, from whatever an earlier run has left to the end. Pure.
use crate::ddl;
use crate::operations::index::{Text, build_steps, drop_leftover_step};
use crate::operations::partition::convert::abort::drop_shell_step;
use crate::operations::partition::convert::adopt::adopts;
use crate::operations::partition::convert::conversion::Conversion;
use crate::operations::partition::convert::evidence::{Evidence, KeyEvidence, Whole};
use crate::operations::partition::convert::names::own_name;
use crate::operations::partition::convert::terms::{Key, Terms};
use crate::operations::partition::convert::{bound, composite, cost, cutover, registry, report, shell};
use crate::pg::index::IndexDefinition;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Relation};
use crate::plan::{Held, Lock, Plan, Step};

/// # Errors
/// With everything that is in the way.
pub fn plan_convert(
    evidence: &Evidence,
    terms: &Terms<'_>,
    key: &Key,
    facts: &KeyEvidence,
) -> anyhow::Result<Plan> {
    let conversion = Conversion::new(evidence, terms, key, facts)?;
    cost::ensure_room(&conversion)?;
    let mut plan = Plan {
        target: conversion.table().clone(),
        oid: conversion.oid(),
        steps: Vec::new(),
        notes: report::notes(&conversion)?,
    };
    if conversion.registry() {
        plan.steps.extend(registry::steps(&conversion)?);
    }
    if conversion.widened {
        unique_index(&conversion, &mut plan)?;
    }
    if adopts(evidence) {
        plan.steps.push(drop_shell_step(evidence)?);
    }
    if evidence.shell.is_none() || adopts(evidence) {
        plan.steps.push(shell::create_step(&conversion)?);
    }
    let composite = if conversion.composite() { composite::steps(&conversion)? } else { Vec::new() };
    let bound = bound::steps(&conversion)?;
    // Nothing can refer to a key that is null: the check comes before what refers to it, and otherwise late.
    let nullable = conversion.nullable();
    let steps = if nullable { [bound, composite] } else { [composite, bound] };
    plan.steps.extend(steps.into_iter().flatten());
    plan.steps.push(cutover::step(&conversion)?);
    plan.steps.push(bound::drop_step(&evidence.names.legacy));
    if !conversion.widened || conversion.composite() {
        for one in conversion.incoming() {
            let (table, name) = (one.table.relation()?, Ident::new(&one.name)?);
            plan.steps.push(registry::validate_step(&table, &name, conversion.table(), &one.name));
        }
    }
    plan.steps.push(analyze_step(conversion.table()));
    Ok(plan)
}

/// What a run that was interrupted after the cut-over has left to do.
pub fn plan_finish(table: &Whole, legacy: &Whole) -> anyhow::Result<Plan> {
    let mut plan =
        Plan { target: table.relation.clone(), oid: table.oid, steps: Vec::new(), notes: Vec::new() };
    if legacy.objects.constraint(super::names::BOUND).is_some() {
        plan.steps.push(bound::drop_step(&legacy.relation));
    }
    for one in table.objects.referencing.iter().filter(|one| !one.validated) {
        let (child, name) = (one.table.relation()?, Ident::new(&one.name)?);
        plan.steps.push(registry::validate_step(&child, &name, &table.relation, &one.name));
    }
    if !table.objects.analyzed {
        plan.steps.push(analyze_step(&table.relation));
    }
    Ok(plan)
}

/// The index that the primary key will stand on.
fn unique_index(conversion: &Conversion<'_>, plan: &mut Plan) -> anyhow::Result<()> {
    let columns = conversion.new_primary();
    build_unique(&conversion.evidence.whole, &conversion.evidence.tree.nodes[0], &columns, plan)
}

/// Builds a unique index of pgtend's own name on the columns, unless it is there.
pub(super) fn build_unique(
    whole: &Whole,
    node: &crate::pg::catalog::TableNode,
    columns: &[Ident],
    plan: &mut Plan,
) -> anyhow::Result<()> {
    let name = Relation { schema: whole.relation.schema.clone(), name: own_name(whole.oid)? };
    let standing = whole.indexes.iter().find(|index| index.relation == name);
    if standing.is_some_and(|index| index.valid) {
        return Ok(());
    }
    if standing.is_some() {
        plan.steps.push(drop_leftover_step(&name, &whole.relation, whole.oid));
    }
    let definition = IndexDefinition::btree(columns, true)?;
    let text = Text { definition: &definition, path: &[] };
    let at = plan.steps.len();
    plan.steps.extend(build_steps(&text, &name, node, at));
    Ok(())
}

fn analyze_step(table: &Relation) -> Step {
    let analyze = ddl!("partition/analyze.sql", table = *table);
    let mut step = Step::alone(format!("analyze {}", table.plain()), analyze);
    let mode = LockMode::ShareUpdateExclusive;
    step.locks = vec![Lock { held: Held::WhileReading, ..Lock::implied(table.clone(), mode) }];
    step.interrupted = "the planner knows less of the table; the next run does it";
    step.minor = true;
    step
}
