//! Partitions that follow each other become one.
use anyhow::{Context as _, anyhow, ensure};
use chrono::{NaiveDate, NaiveDateTime};

use crate::failure::{Exit, Explain as _};
use crate::operations::partition::replace::mark::{Place, Verb};
use crate::operations::partition::replace::order::{Order, Piece, Source};
use crate::operations::partition::timeline::{Part, Range, Timeline};
use crate::pg::catalog::RelationKind;
use crate::pg::name::{Ident, Relation};

/// The point of a time that somebody has written, as the clock of the calendar's zone shows it.
///
/// # Errors
/// When it is no date, and no date with a time of day.
pub fn point_of(timeline: &Timeline, text: &str) -> anyhow::Result<i64> {
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let time = || NaiveDateTime::parse_from_str(&text.replace('T', " "), "%Y-%m-%d %H:%M").ok();
    let local = day().or_else(time);
    let point = local.and_then(|local| timeline.calendar.at(local));
    point.with_context(|| format!("`{text}` is no time that is written as 2026-11-01 or 2026-11-01 12:00"))
}

/// Everything between two points, where partitions begin and end. `None`: it is one partition already.
///
/// # Errors
/// When there are not just partitions between, without a gap.
pub fn order_merge(timeline: &Timeline, range: Range, name: Option<&str>) -> anyhow::Result<Option<Order>> {
    let overlaps = |part: &&Part| part.range.lo < range.hi && range.lo < part.range.hi;
    let parts: Vec<&Part> = timeline.parts.iter().filter(overlaps).collect();
    refuse(timeline, range, &parts)?;
    let (Some(first), true) = (parts.first(), parts.len() > 1) else { return Ok(None) };
    let old = &first.partition.relation;
    let wanted = match name {
        Some(name) => Relation { schema: old.schema.clone(), name: Ident::new(name).exit(Exit::Usage)? },
        None => old.clone(),
    };
    let takes = parts.iter().find(|part| part.partition.relation == wanted).map(|part| part.partition.oid);
    let relation = match takes {
        Some(_) => Relation { schema: wanted.schema.clone(), name: wanted.name.ending_in("_rest") },
        None => wanted,
    };
    let source = |part: &&Part| Source { partition: part.partition.clone(), place: Place::Range(part.range) };
    let sources = parts.iter().map(source).collect();
    let pieces = vec![Piece { relation, place: Place::Range(range), takes, rows: None }];
    Ok(Some(Order { verb: Verb::Merge, sources, pieces, notes: Vec::new() }))
}

fn refuse(timeline: &Timeline, range: Range, parts: &[&Part]) -> anyhow::Result<()> {
    let (from, to) = (timeline.show(range.lo), timeline.show(range.hi));
    ensure!(range.lo < range.hi, anyhow!("{from} is not before {to}").exit(Exit::Usage));
    let told = parts.iter().map(|part| {
        let (from, to) = (timeline.show(part.range.lo), timeline.show(part.range.hi));
        format!("{} {from} to {to}", part.partition.relation.plain())
    });
    let told: Vec<String> = told.collect();
    let mut lo = range.lo;
    let follow = parts.iter().all(|part| std::mem::replace(&mut lo, part.range.hi) == part.range.lo);
    ensure!(
        follow && lo == range.hi && !parts.is_empty(),
        anyhow!("from {from} to {to} there are not whole partitions without a gap")
            .exit(Exit::Usage)
            .detail(told.join("\n"))
    );
    if let Some(other) = parts.iter().find(|part| part.partition.kind != RelationKind::Table) {
        let (name, kind) = (other.partition.relation.plain(), other.partition.kind.words());
        return Err(anyhow!("{name} is {kind}, which pgtend does not merge"));
    }
    Ok(())
}
