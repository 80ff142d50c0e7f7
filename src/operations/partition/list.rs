//! Partitioned tables and their partitions as rows of a list.
use std::collections::HashMap;

use serde::Serialize;

use crate::operations::partition::timeline::Timeline;
use crate::pg::bound::{Datum, PartitionBound};
use crate::pg::catalog::{Partition, PartitionedTable, RelationKind};

/// One partitioned table.
#[derive(Clone, Debug, Serialize)]
pub struct TableRow {
    pub table: String,
    /// As `PARTITION BY` says it.
    pub key: String,
    pub partitions: usize,
    /// The length of a period; null where pgtend does not tend the table.
    pub every: Option<&'static str>,
    pub first: Option<String>,
    pub covered_until: Option<String>,
    pub has_default: bool,
    pub rows_estimate: f64,
    pub size_bytes: i64,
    /// Why pgtend does not tend the table.
    pub not_tended: Option<String>,
}

/// One partition.
#[derive(Clone, Debug, Serialize)]
pub struct PartitionRow {
    pub partition: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub rows_estimate: Option<f64>,
    pub size_bytes: i64,
    pub state: &'static str,
}

/// `now`: the point of the key, where the table has one.
pub fn table_row(
    table: &PartitionedTable,
    timeline: Result<&Timeline, String>,
    now: Option<i64>,
    bytes: &HashMap<u32, i64>,
) -> TableRow {
    let row = TableRow {
        table: table.relation.plain(),
        key: table.key_definition.clone(),
        partitions: table.partitions.len(),
        every: None,
        first: None,
        covered_until: None,
        has_default: table.partitions.iter().any(|p| p.bound == Some(PartitionBound::Default)),
        rows_estimate: table
            .partitions
            .iter()
            .filter_map(|p| p.rows_estimate)
            .fold(0.0, |sum, rows| sum + rows),
        size_bytes: table.partitions.iter().filter_map(|p| bytes.get(&p.oid)).sum(),
        not_tended: None,
    };
    match timeline {
        Err(reason) => TableRow { not_tended: Some(reason), ..row },
        Ok(timeline) => TableRow {
            every: Some(timeline.calendar.every.word()),
            first: timeline.parts.first().map(|part| timeline.show(part.range.lo)),
            covered_until: now.and_then(|now| timeline.covered_until(now)).map(|until| timeline.show(until)),
            ..row
        },
    }
}

/// The partitions in the order of their bounds, then the default, then what is on its way out.
pub fn partition_rows(
    table: &PartitionedTable,
    timeline: Option<&Timeline>,
    now: Option<i64>,
    bytes: &HashMap<u32, i64>,
) -> Vec<PartitionRow> {
    let row = |partition: &Partition, from, to, state| PartitionRow {
        partition: partition.relation.plain(),
        from,
        to,
        rows_estimate: partition.rows_estimate,
        size_bytes: bytes.get(&partition.oid).copied().unwrap_or(0),
        state,
    };
    let Some(timeline) = timeline else {
        let attached = table.partitions.iter().map(|partition| {
            let (from, to) = raw_bounds(partition);
            row(partition, from, to, state_of(partition))
        });
        return attached
            .chain(table.stranded.iter().map(|p| row(p, None, None, "detached, to be dropped")))
            .collect();
    };
    let current = now.and_then(|now| timeline.holding(now)).map(|part| part.partition.oid);
    let parts = timeline.parts.iter().map(|part| {
        let state = match part.partition.kind {
            _ if current == Some(part.partition.oid) => "current",
            RelationKind::PartitionedTable => "partitioned",
            RelationKind::ForeignTable => "foreign table",
            _ if now.is_some_and(|now| part.range.lo > now) => "ahead",
            _ => "past",
        };
        row(&part.partition, Some(timeline.show(part.range.lo)), Some(timeline.show(part.range.hi)), state)
    });
    let default = timeline.default.iter().map(|p| row(p, None, None, "default"));
    let pending = timeline.pending.iter().map(|p| row(p, None, None, "detach pending"));
    let stranded = timeline.table.stranded.iter().map(|p| row(p, None, None, "detached, to be dropped"));
    parts.chain(default).chain(pending).chain(stranded).collect()
}

fn state_of(partition: &Partition) -> &'static str {
    match (&partition.bound, partition.kind) {
        _ if partition.detach_pending => "detach pending",
        (Some(PartitionBound::Default), _) => "default",
        (_, RelationKind::PartitionedTable) => "partitioned",
        (_, RelationKind::ForeignTable) => "foreign table",
        _ => "attached",
    }
}

fn raw_bounds(partition: &Partition) -> (Option<String>, Option<String>) {
    let side = |data: &[Datum]| Some(data.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    match &partition.bound {
        Some(PartitionBound::Range { from, to }) => (side(from), side(to)),
        Some(PartitionBound::Other(text)) => (Some(text.clone()), None),
        _ => (None, None),
    }
}
