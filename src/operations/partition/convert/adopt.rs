//! An empty partitioned table that stands ready beside the table, made by hand or by a migration: its indexes are taken
//! over, and one that has everything takes its place.
use std::collections::HashSet;

use crate::operations::index::{Text, build_steps, usual_name};
use crate::operations::partition::convert::evidence::{Evidence, Whole};
use crate::operations::partition::convert::names::is_own;
use crate::operations::partition::convert::terms::Key;
use crate::pg::catalog::{Index, IndexKind, Strategy, Trigger};
use crate::pg::index::IndexDefinition;
use crate::plan::Plan;

/// There is one that is not pgtend's own.
pub(super) fn adopts(evidence: &Evidence) -> bool {
    evidence.shell.as_ref().is_some_and(|shell| shell.kind == "p" && shell.mark.is_none())
}

/// Why the partitioned table cannot be the one that was meant.
pub(super) fn unfit(evidence: &Evidence, key: &Key) -> Vec<String> {
    let (Some(shell), Some((table, rows))) = (&evidence.shell_whole, &evidence.shell_table) else {
        return Vec::new();
    };
    let name = shell.relation.plain();
    let mut reasons = Vec::new();
    let mut say = |when: bool, why: String| {
        reasons.extend(when.then(|| format!("{name} stands in its place, and {why}")));
    };
    say(*rows > 0, "holds rows".to_owned());
    let column = table.key.first().and_then(|first| first.name.as_ref());
    say(
        table.strategy != Strategy::Range || table.key.len() != 1 || column != Some(&key.column),
        format!("is partitioned by {}", table.key_definition),
    );
    say(columns(shell) != columns(&evidence.whole), "its columns are others".to_owned());
    let objects = &shell.objects;
    let hanging = !objects.referencing.is_empty()
        || !objects.views.is_empty()
        || !objects.functions.is_empty()
        || !objects.triggers.iter().all(|trigger| table_has(evidence, trigger))
        || !objects.others.is_empty();
    say(hanging, "other objects hang on it".to_owned());
    reasons
}

/// What is dropped with the shell comes again with the table's.
fn table_has(evidence: &Evidence, trigger: &Trigger) -> bool {
    evidence.whole.objects.triggers.iter().any(|own| own.act == trigger.act)
}

fn columns(whole: &Whole) -> HashSet<(&str, &str)> {
    whole.objects.columns.iter().map(|column| (column.name.as_str(), column.type_name.as_str())).collect()
}

/// Builds on the table what it lacks of the other's indexes, so that nothing has to be built under a lock. No steps:
/// nothing is lacking, or there is no such table, or it is not fit.
///
/// # Errors
/// When a name cannot be made.
pub fn plan_adopt(evidence: &Evidence, key: &Key) -> anyhow::Result<Plan> {
    let whole = &evidence.whole;
    let mut plan =
        Plan { target: whole.relation.clone(), oid: whole.oid, steps: Vec::new(), notes: Vec::new() };
    if !adopts(evidence) || !unfit(evidence, key).is_empty() {
        return Ok(plan);
    }
    let mut taken = evidence.taken.clone();
    for definition in lacking(evidence) {
        let name = usual_name(&whole.relation, definition, &taken)?;
        taken.insert((name.schema.raw().to_owned(), name.name.raw().to_owned()));
        let at = plan.steps.len();
        plan.steps.extend(build_steps(&Text { definition, path: &[] }, &name, &evidence.tree.nodes[0], at));
    }
    Ok(plan)
}

fn lacking(evidence: &Evidence) -> impl Iterator<Item = &IndexDefinition> {
    let plain = |index: &&Index| matches!(index.kind, IndexKind::Plain | IndexKind::Unique);
    let shell = evidence.shell_whole.iter().flat_map(|shell| &shell.indexes).filter(plain);
    let standing: Vec<&IndexDefinition> = evidence
        .whole
        .indexes
        .iter()
        .filter(|index| index.valid && !is_own(index.relation.name.raw()))
        .filter_map(|index| index.definition.as_ref())
        .collect();
    shell
        .filter_map(|index| index.definition.as_ref())
        .filter(move |definition| !standing.contains(definition))
}
