//! All partitions go, and one table comes.
use crate::operations::partition::replace::mark::{Place, Verb};
use crate::operations::partition::replace::names::Names;
use crate::operations::partition::replace::order::{Order, Piece, Source};
use crate::operations::partition::timeline::Timeline;

/// # Errors
/// Never in practice.
pub fn order_undo(timeline: &Timeline) -> anyhow::Result<Order> {
    let names = Names::of(&timeline.table.relation, timeline.table.oid)?;
    let parts = timeline.parts.iter();
    let parts =
        parts.map(|part| Source { partition: part.partition.clone(), place: Place::Range(part.range) });
    let default = timeline.default.iter();
    let default = default.map(|partition| Source { partition: partition.clone(), place: Place::Default });
    let sources = parts.chain(default).collect();
    let pieces = vec![Piece { relation: names.whole, place: Place::Whole, takes: None, rows: None }];
    Ok(Order { verb: Verb::Undo, sources, pieces, notes: Vec::new() })
}
