//! `pgtend normalize plan`
use std::time::Instant;

use clap::Args;
use serde::Serialize;

use crate::commands::context::Context;
use crate::commands::normalize::targets::{Target, find, mappings, read_books};
use crate::failure::Exit;
use crate::operations::normalize::{Counts, Definition, Strategy, backfills, compare, plan_begin};
use crate::output::{Cell, Column, Format, Listing, milliseconds};

/// Read everything and write nothing: what is in the JSON columns, and what a run would make of it
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Mapping [default: every mapping of the configuration]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Forecast {
    name: String,
    source: String,
    target: String,
    strategy: Strategy,
    counts: Counts,
    /// Without the target's indexes that are there already in a merge.
    wal_bytes_estimate: u64,
    /// Without a throttle: what the reading took just now, and what so many rows take to write elsewhere.
    time_ms_estimate: f64,
    /// Taken before the load, for a moment.
    locks: Vec<Taken>,
    notes: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Taken {
    relation: String,
    mode: String,
}

#[derive(Serialize)]
struct Document {
    mappings: Vec<Forecast>,
}

type Line = (String, String, f64);

const COLUMNS: [Column<Line>; 3] = [
    Column { header: "Mapping", name: "mapping", cell: |line| Cell::Text(line.0.clone()) },
    Column { header: "What", name: "what", cell: |line| Cell::Text(line.1.clone()) },
    Column { header: "Count", name: "count", cell: |line| Cell::Count(line.2) },
];

/// Of a row beside its fields, and of its entry in an index, as measured.
const ROW_BYTES: u64 = 12;
const INDEX_BYTES: u64 = 33;

/// Microseconds for a row and for each of its index entries, as measured by the benchmark.
const fn microseconds(strategy: Strategy) -> (f64, f64) {
    match strategy {
        Strategy::Bulk => (1.3, 0.9),
        Strategy::Merge => (1.5, 2.5),
    }
}

impl PlanArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect_to_read().await?;
        let schema = read_books(context, &session).await?;
        let mut forecasts = Vec::new();
        for mapping in mappings(context, &self.names)? {
            let mut target = find(&session, &schema, &mapping).await?;
            if target.state.is_none() {
                let begun = backfills(&session, &schema, None).await?;
                target.binding.check_target(&session, &begun).await?;
            }
            let binding = &target.binding;
            let indexes = crate::operations::normalize::definitions(&session, binding.target_oid).await?;
            let began = Instant::now();
            let compared = compare(&session, binding, None, !binding.target_is_empty).await?;
            let read_ms = began.elapsed().as_secs_f64() * 1000.0;
            let mut counts = compared.counts.clone();
            // A row with other values is one that is there.
            counts.already_present = compared.equal_rows + compared.stale_rows;
            counts.inserted -= counts.already_present;
            counts.balance()?;
            let rows = counts.inserted;
            let wal = compared.row_bytes + rows * (ROW_BYTES + INDEX_BYTES * indexes.len() as u64);
            let strategy = if binding.target_is_empty { Strategy::Bulk } else { Strategy::Merge };
            let (row_us, entry_us) = microseconds(strategy);
            let write_ms = rows as f64 * entry_us.mul_add(indexes.len() as f64, row_us) / 1000.0;
            forecasts.push(Forecast {
                name: mapping.name.clone(),
                source: binding.source.plain(),
                target: binding.target.plain(),
                strategy,
                counts,
                wal_bytes_estimate: wal,
                time_ms_estimate: read_ms + write_ms,
                locks: locks(&target, &indexes)?,
                notes: binding.notes.clone(),
            });
        }
        if context.ui.format() == Format::Json {
            context.ui.document("pgtend.normalize.plan/1", &Document { mappings: forecasts })?;
            return Ok(Exit::Done);
        }
        for forecast in &forecasts {
            let what = match forecast.strategy {
                Strategy::Bulk => "bulk: its indexes and keys are made after the load",
                Strategy::Merge => "merge: rows that are there stay",
            };
            context.ui.status(&format!(
                "{}: {} into {}, {what}; about {} and {} of WAL",
                forecast.name,
                forecast.source,
                forecast.target,
                milliseconds(forecast.time_ms_estimate),
                crate::output::bytes(i64::try_from(forecast.wal_bytes_estimate).unwrap_or(i64::MAX))
            ));
            let locks = forecast.locks.iter().map(|lock| format!("{} on {}", lock.mode, lock.relation));
            let locks: Vec<String> = locks.collect();
            if !locks.is_empty() {
                context.ui.status(&format!("{}: locks, for a moment: {}", forecast.name, locks.join(", ")));
            }
            forecast.notes.iter().for_each(|note| context.ui.status(&format!("{}: {note}", forecast.name)));
        }
        let lines: Vec<Line> = forecasts.iter().flat_map(lines).collect();
        context.ui.listing(&Listing::new(&COLUMNS, &lines))?;
        Ok(Exit::Done)
    }
}

/// Of the step before the load, where it is still to come.
fn locks(target: &Target, known: &[Definition]) -> anyhow::Result<Vec<Taken>> {
    if target.state.is_some() {
        return Ok(Vec::new());
    }
    let plan = plan_begin(&target.binding, &target.names, known)?;
    let locks = plan.steps.iter().flat_map(|step| &step.locks);
    Ok(locks.map(|lock| Taken { relation: lock.relation.plain(), mode: lock.mode.to_string() }).collect())
}

fn lines(forecast: &Forecast) -> Vec<Line> {
    let counts = &forecast.counts;
    let mut lines = vec![
        ("source rows".to_owned(), counts.source_rows),
        ("  null".to_owned(), counts.null + counts.json_null),
        ("  empty".to_owned(), counts.empty),
        ("  with elements".to_owned(), counts.with_elements),
        ("  of another type".to_owned(), counts.wrong_type),
    ];
    lines.extend(counts.shapes.iter().map(|(shape, count)| (format!("    shape {shape}"), *count)));
    lines.extend([
        ("elements".to_owned(), counts.elements),
        ("  to insert".to_owned(), counts.inserted),
        ("  already present".to_owned(), counts.already_present),
        ("  duplicate".to_owned(), counts.duplicate),
        ("  skipped".to_owned(), counts.skipped),
        ("  rejected".to_owned(), counts.rejected),
    ]);
    lines.extend(counts.reasons.iter().map(|(reason, count)| (format!("    {reason}"), *count)));
    lines.extend([
        ("values coerced".to_owned(), counts.coerced),
        ("values defaulted".to_owned(), counts.defaulted),
    ]);
    lines.into_iter().map(|(what, count)| (forecast.name.clone(), what, count as f64)).collect()
}
