//! Partitioned tables as lanes of time.
use chrono::{DateTime, Utc};

use crate::commands::context::Context;
use crate::commands::partition::{Wish, section};
use crate::commands::report::frame::Desk;
use crate::commands::report::html::told::refused;
use crate::operations::partition::{Block, BlockKind, Policy, Timeline, day, lane};
use crate::output::{self, Figure, Remark, Section, count};
use crate::pg::catalog::{PartitionedTable, partitioned_tables};

const ID: &str = "partitions";
const TITLE: &str = "Partitions";
/// Blocks on the whole page, and the least and most of one table.
const BLOCKS: usize = 600;
const LEAST: usize = 12;
const MOST: usize = 60;

/// A lane, and what decides where it stands.
struct Drawn {
    lane: output::Lane,
    tended: bool,
    covered: bool,
    until: Option<String>,
    rows: f64,
}

pub async fn partitions(desk: &Desk<'_>) -> anyhow::Result<Section> {
    let tables = match partitioned_tables(desk.session, None).await {
        Ok(tables) => tables,
        Err(error) => return refused(ID, TITLE, error),
    };
    let most = (BLOCKS / tables.len().max(1)).clamp(LEAST, MOST);
    let mut drawn = tables
        .into_iter()
        .map(|table| draw(desk.context, table, desk.now, most))
        .collect::<anyhow::Result<Vec<Drawn>>>()?;
    // Who has no partition for now comes first, who is not drawn last, large ones before small ones.
    drawn.sort_by(|a, b| {
        let order = |one: &Drawn| (!one.tended, one.covered);
        order(a).cmp(&order(b)).then(b.rows.total_cmp(&a.rows)).then_with(|| a.lane.name.cmp(&b.lane.name))
    });
    let mut section = Section::new(ID, TITLE, verdict(&drawn));
    if drawn.iter().any(|one| one.tended && !one.covered) {
        let text =
            "a table without a partition for now refuses inserts, or puts them into its default partition";
        section
            .remarks
            .push(Remark { text: text.to_owned(), remedy: Some("pgtend partition create".to_owned()) });
    }
    if !drawn.is_empty() {
        section.figures.push(Figure::Lanes(drawn.into_iter().map(|one| one.lane).collect()));
    }
    Ok(section)
}

fn verdict(drawn: &[Drawn]) -> String {
    let tended: Vec<&Drawn> = drawn.iter().filter(|one| one.tended).collect();
    let uncovered: Vec<&str> =
        tended.iter().filter(|one| !one.covered).map(|one| one.lane.name.as_str()).collect();
    let first = tended.iter().filter_map(|one| Some((one.until.as_ref()?, &one.lane.name))).min();
    let all = match drawn.len() {
        0 => return "no table is partitioned".to_owned(),
        1 => "1 partitioned table".to_owned(),
        many => format!("{many} partitioned tables"),
    };
    match (uncovered.as_slice(), first) {
        ([], Some((until, name))) => format!("{all}; the first whose partitions end is {name}, on {until}"),
        ([], None) => format!("{all}, none of them by time"),
        ([one], _) => format!("{all}; {one} has no partition for now"),
        ([one, more @ ..], _) => format!("{all}; {one} and {} more have no partition for now", more.len()),
    }
}

fn draw(
    context: &Context,
    table: PartitionedTable,
    now: DateTime<Utc>,
    most: usize,
) -> anyhow::Result<Drawn> {
    let config = section(context, &table);
    let configured = Wish::configured(config)?.policy;
    // What nobody has asked for is not missing.
    let policy = if config.is_some() { configured } else { Policy { ahead: 0, ..configured } };
    let name = table.relation.plain();
    let partitions = table.partitions.len();
    let rows: f64 = table.partitions.iter().filter_map(|partition| partition.rows_estimate).sum();
    let key = table.key_definition.clone();
    let about = format!("{partitions} partitions · ~{} rows", count(rows));
    let timeline = match Timeline::read(table, &policy) {
        Ok(timeline) => timeline,
        Err(error) => {
            let about = format!("{about} · by {key}: {}", error.root_cause());
            let lane = output::Lane { name, about, ..empty() };
            return Ok(Drawn { lane, tended: false, covered: true, until: None, rows });
        }
    };
    let point = timeline.calendar.point(now);
    let until = timeline.covered_until(point).map(|until| day(&timeline.show(until)));
    let horizon = until.as_ref().map_or("nothing for now".to_owned(), |until| format!("until {until}"));
    let about = format!("every {} · {about} · {horizon}", timeline.calendar.every.word());
    let drawn = lane(&timeline, &policy, point, most);
    let lane = drawn.map_or_else(empty, |lane| output::Lane {
        from: lane.from,
        to: lane.to,
        now: lane.now,
        mark: lane.kept_from,
        blocks: blocks(lane.blocks),
        ..empty()
    });
    Ok(Drawn {
        lane: output::Lane { name, about, ..lane },
        tended: true,
        covered: until.is_some(),
        until,
        rows,
    })
}

const fn empty() -> output::Lane {
    output::Lane {
        name: String::new(),
        about: String::new(),
        from: String::new(),
        to: String::new(),
        now: 0.0,
        mark: None,
        blocks: Vec::new(),
    }
}

/// The fullest partition is drawn strongest.
fn blocks(blocks: Vec<Block>) -> Vec<output::Block> {
    let per_partition = |block: &Block| block.rows_estimate.unwrap_or(0.0) / block.partitions.max(1) as f64;
    let most = blocks.iter().map(per_partition).fold(0.0, f64::max);
    blocks
        .into_iter()
        .map(|block| output::Block {
            begin: block.begin,
            end: block.end,
            kind: class(block.kind),
            weight: match block.kind {
                BlockKind::Missing | BlockKind::Current => 1.0,
                _ if most > 0.0 => per_partition(&block) / most,
                _ => 0.5,
            },
            text: tooltip(&block),
        })
        .collect()
}

const fn class(kind: BlockKind) -> &'static str {
    match kind {
        BlockKind::Past => "past",
        BlockKind::Due => "due",
        BlockKind::Current => "current",
        BlockKind::Ahead => "ahead",
        BlockKind::Missing => "missing",
    }
}

fn tooltip(block: &Block) -> String {
    let Block { from, to, partitions, .. } = block;
    let rows = block.rows_estimate.map_or_else(String::new, |rows| format!(", ~{} rows", count(rows)));
    match partitions {
        0 => format!("{from} to {to}: no partition"),
        1 => format!("{from} to {to}{rows}"),
        many => format!("{from} to {to}: {many} partitions{rows}"),
    }
}
