//! What is in the way of undoing, beyond what is in the way of replacing partitions.
use crate::operations::partition::convert::{Names, is_own};
use crate::operations::partition::replace::evidence::ReplaceEvidence;
use crate::operations::partition::replace::order::Order;
use crate::operations::partition::replace::undo::registry::has_registry;
use crate::operations::partition::timeline::Timeline;
use crate::pg::catalog::RelationKind;

/// Each with what to do about it.
pub fn reasons(timeline: &Timeline, order: &Order, evidence: &ReplaceEvidence, reasons: &mut Vec<String>) {
    partitions(timeline, order, reasons);
    kinds(evidence, reasons);
    hanging(evidence, reasons);
}

fn partitions(timeline: &Timeline, order: &Order, reasons: &mut Vec<String>) {
    let table = timeline.table.relation.plain();
    if order.sources.is_empty() {
        reasons
            .push(format!("{table} has no partitions, and so no rows: drop it, and make an ordinary table"));
    }
    for partition in order.sources.iter().map(|source| &source.partition) {
        if partition.kind != RelationKind::Table {
            let (name, kind) = (partition.relation.plain(), partition.kind.words());
            reasons.push(format!("{name} is {kind}, whose rows pgtend does not copy"));
        }
    }
    reasons.extend(timeline.pending.iter().map(|partition| {
        let name = partition.relation.plain();
        format!("the detach of {name} was interrupted: alter table {table} detach partition {name} finalize")
    }));
    reasons.extend(timeline.table.stranded.iter().map(|partition| {
        let name = partition.relation.plain();
        format!(
            "{name} was detached in order to be dropped, and is still there: pgtend partition drop {table}"
        )
    }));
}

fn kinds(evidence: &ReplaceEvidence, reasons: &mut Vec<String>) {
    let objects = &evidence.table.objects;
    if objects.typed {
        reasons.push("it is of a composite type: alter table ... not of".to_owned());
    }
    if let Some(extension) = &objects.extension {
        reasons.push(format!("it belongs to the extension {extension}"));
    }
    let checks = objects.constraints.iter().filter(|one| one.kind == "c" && !is_own(&one.name));
    reasons.extend(checks.filter(|one| !one.validated).map(|one| {
        let name = &one.name;
        format!("{name} is not valid: alter table ... validate constraint {name}")
    }));
}

fn hanging(evidence: &ReplaceEvidence, reasons: &mut Vec<String>) {
    let objects = &evidence.table.objects;
    reasons.extend(objects.others.iter().map(|other| {
        format!("{other} would stay with the partitioned table: drop it, and make it again afterwards")
    }));
    if has_registry(&evidence.table) && evidence.registry.is_none() {
        let name = Names::of(&evidence.table.relation).registry;
        reasons.push(format!(
            "foreign keys refer to a registry of its keys, which is not called {} any more: give it that name",
            name.plain()
        ));
    }
    if objects.sequences.iter().filter(|sequence| sequence.identity).count() > 1 {
        reasons.push("it has more than one identity column, of which pgtend takes over one".to_owned());
    }
    let views = objects.views.iter().filter(|one| !one.owned).map(|one| ("view", &one.name.name));
    let functions = objects.functions.iter().filter(|one| !one.owned).map(|one| ("function", &one.name));
    reasons.extend(views.chain(functions).map(|(what, name)| {
        format!("{what} {name} has to be pointed at the new table, and belongs to a role that pgtend is not a member of")
    }));
}
