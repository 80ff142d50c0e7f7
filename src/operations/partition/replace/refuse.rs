//! What is in the way of replacing partitions. All of it is told at once, each with what to do about it.
use anyhow::anyhow;

use crate::failure::{Exit, Explain as _};
use crate::operations::partition::replace::evidence::ReplaceEvidence;
use crate::operations::partition::replace::mark::Place;
use crate::operations::partition::replace::order::Order;
use crate::operations::partition::replace::row_key::RowKey;
use crate::operations::partition::replace::undo;
use crate::operations::partition::timeline::Timeline;
use crate::pg::bound::Datum;
use crate::pg::catalog::ForeignKeyIn;
use crate::pg::disk;

/// # Errors
/// With everything that is in the way.
pub(super) fn refuse(timeline: &Timeline, order: &Order, evidence: &ReplaceEvidence) -> anyhow::Result<()> {
    let (table, act) = (timeline.table.relation.plain(), order.verb.act());
    if !timeline.table.owned {
        let owner = &timeline.table.owner;
        let error = anyhow!("{act} {table}: it belongs to role `{owner}`").exit(Exit::Denied);
        return Err(error.hint(format!("grant {owner} to the role that pgtend uses")));
    }
    let mut reasons = evidence.in_the_way.clone();
    reasons.extend(evidence.dependents.clone());
    if RowKey::of(evidence).is_none() {
        reasons.push(format!(
            "{table} has no primary key, and no unique index of columns that cannot be null, by which a changed row \
             could be found again: add one"
        ));
    }
    if timeline.table.is_partition {
        reasons.push(format!("{table} is a partition itself"));
    }
    kinds(order, evidence, &mut reasons);
    bounds(timeline, order, &mut reasons);
    incoming(evidence, &mut reasons);
    if order.is_undo() {
        undo::reasons(timeline, order, evidence, &mut reasons);
    }
    for key in evidence.foreign_keys.iter().filter(|key| !key.validated) {
        reasons.push(format!(
            "foreign key {} is not valid: alter table ... validate constraint",
            key.name.raw()
        ));
    }
    for taken in &evidence.taken {
        reasons.push(format!(
            "the name {} is taken: rename that one, or give new partitions another name with --name",
            taken.name
        ));
    }
    for (at, piece) in order.pieces.iter().enumerate() {
        if order.pieces[..at].iter().any(|other| other.relation == piece.relation) {
            reasons.push(format!("two partitions would both be named {}", piece.relation.plain()));
        }
    }
    reasons.extend(disk::lacking(evidence.bytes_needed(order), evidence.free));
    if reasons.is_empty() {
        return Ok(());
    }
    let things =
        if reasons.len() == 1 { "1 thing is".to_owned() } else { format!("{} things are", reasons.len()) };
    Err(anyhow!("{act} {table}: {things} in the way; nothing was changed")
        .exit(Exit::Failed)
        .detail(reasons.join("\n")))
}

fn kinds(order: &Order, evidence: &ReplaceEvidence, reasons: &mut Vec<String>) {
    if evidence.sources.iter().any(|source| source.objects.persistence != "p") {
        reasons.push("it is not a table that survives a crash: alter table ... set logged".to_owned());
    }
    let window = order.sources.iter().find(|source| source.partition.window_check);
    if let Some(source) = window {
        reasons.push(format!(
            "{} bears the check of an interrupted run: pgtend partition create takes it away",
            source.partition.relation.plain()
        ));
    }
    for source in evidence.sources.iter().chain(Some(&evidence.table).filter(|_| evidence.undo)) {
        for index in source.indexes.iter().filter(|index| !index.valid || index.definition.is_none()) {
            reasons.push(format!(
                "index {} is not valid: drop it, or pgtend index rebuild",
                index.relation.plain()
            ));
        }
    }
}

/// With more than one column in the key, only bounds that say nothing of the others are conditions on the first.
fn bounds(timeline: &Timeline, order: &Order, reasons: &mut Vec<String>) {
    for source in &order.sources {
        let part = timeline.parts.iter().find(|part| part.partition.oid == source.partition.oid);
        let sides = part.iter().flat_map(|part| [&part.from, &part.to]);
        let odd = |side: &&Vec<Datum>| {
            let bounded = matches!(side.first(), Some(Datum::Value(_)));
            bounded && side.iter().skip(1).any(|datum| *datum != Datum::MinValue)
        };
        if matches!(source.place, Place::Range(_)) && sides.into_iter().any(|side| odd(&side)) {
            reasons
                .push(format!("the bounds of {} name more than a time", source.partition.relation.plain()));
        }
    }
}

fn incoming(evidence: &ReplaceEvidence, reasons: &mut Vec<String>) {
    let refuse = |one: &ForeignKeyIn| {
        let name = format!("foreign key {} of {}.{}", one.name, one.table.schema, one.table.name);
        if one.table_oid == evidence.table.oid {
            Some(format!("{name} refers from the table to itself: drop it before"))
        } else if one.partitioned {
            Some(format!(
                "{name}: that table is partitioned, and cannot have a key that is proved only afterwards"
            ))
        } else if !one.owned {
            Some(format!("{name} has to be made again, and the table belongs to another role"))
        } else if one.some_set {
            Some(format!("{name} sets some of its columns only, which pgtend cannot write again"))
        } else {
            None
        }
    };
    reasons.extend(evidence.incoming().filter_map(refuse));
}
