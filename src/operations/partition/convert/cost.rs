//! What a conversion has left to build: how long that takes, and how much disk. Estimated from what the planner knows.
use anyhow::anyhow;

use crate::failure::{Exit, Explain as _};
use crate::operations::partition::convert::conversion::Conversion;
use crate::operations::partition::convert::names::own_name;
use crate::pg::disk;

/// Measured on small machines, rounded down: bytes read, and index rows sorted, in a second.
const READ_BYTES: f64 = 200e6;
const INDEX_ROWS: f64 = 250e3;
const REGISTRY_ROWS: f64 = 50e3;
const COLUMN_ROWS: f64 = 10e3;
/// Where no trigger fires.
const SILENT_ROWS: f64 = 30e3;
/// Of an index over a key of middling length.
const INDEX_ROW_BYTES: f64 = 48.0;
const REGISTRY_ROW_BYTES: f64 = 110.0;

/// A thing that is yet to be built.
struct Work {
    /// As in `to build the index`.
    what: String,
    /// `None`: nobody has analyzed the table.
    seconds: Option<f64>,
    bytes: f64,
}

/// How long each part takes, and how much disk all need.
pub(super) fn notes(conversion: &Conversion<'_>) -> anyhow::Result<Vec<String>> {
    let objects = &conversion.evidence.whole.objects;
    if !objects.analyzed {
        return Ok(vec!["nobody has analyzed the table yet: what it costs is not known".to_owned()]);
    }
    let read = seconds(objects.bytes as f64 / READ_BYTES);
    let mut notes = vec![format!("to prove the bound the table is read once: {read}")];
    let works = works(conversion)?;
    notes.extend(works.iter().map(|work| match work.seconds {
        Some(time) => format!("{}: {}", work.what, seconds(time)),
        None => format!("{}: not known, nobody has analyzed that table yet", work.what),
    }));
    notes.push(match bytes(&works) {
        0 => "disk needed: none to speak of, no row is moved".to_owned(),
        needed => disk::told(needed, conversion.evidence.free),
    });
    Ok(notes)
}

/// # Errors
/// When the server's disk is known to have no room for what is to be built.
pub(super) fn ensure_room(conversion: &Conversion<'_>) -> anyhow::Result<()> {
    let Some(reason) = disk::lacking(bytes(&works(conversion)?), conversion.evidence.free) else {
        return Ok(());
    };
    let table = conversion.table().plain();
    let error = anyhow!("{table} cannot be converted as it is: 1 thing is in the way; nothing was changed");
    Err(error.exit(Exit::Failed).detail(reason))
}

/// Without what an earlier run has built, or has begun to fill.
fn works(conversion: &Conversion<'_>) -> anyhow::Result<Vec<Work>> {
    let evidence = conversion.evidence;
    let rows = evidence.whole.objects.row_estimate;
    let own = own_name(evidence.whole.oid)?;
    let mut works = Vec::new();
    let built = evidence.whole.indexes.iter().any(|index| index.valid && index.relation.name == own);
    if conversion.widened && !built {
        works.push(Work {
            what: "to build the primary key's index".to_owned(),
            seconds: Some(rows / INDEX_ROWS),
            bytes: rows * INDEX_ROW_BYTES,
        });
    }
    if conversion.registry() && evidence.registry.is_none() {
        works.push(Work {
            what: "to fill the registry".to_owned(),
            seconds: Some(rows / REGISTRY_ROWS),
            bytes: rows * REGISTRY_ROW_BYTES,
        });
    }
    // Every row that refers to the table is written once more.
    let speed = if evidence.may_silence { SILENT_ROWS } else { COLUMN_ROWS };
    for addition in conversion.additions()?.iter().filter(|addition| !addition.standing) {
        let Some(objects) = evidence.referring.get(&addition.key.table_oid) else { continue };
        works.push(Work {
            what: format!("to fill {} of {}", addition.column.plain(), addition.table.plain()),
            seconds: objects.analyzed.then_some(objects.row_estimate / speed),
            bytes: if objects.analyzed { objects.bytes as f64 } else { 0.0 },
        });
    }
    Ok(works)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an estimate, and never negative"
)]
fn bytes(works: &[Work]) -> u64 {
    works.iter().map(|work| work.bytes).sum::<f64>().ceil() as u64
}

fn seconds(seconds: f64) -> String {
    if seconds < 1.0 { "less than 1 s".to_owned() } else { format!("about {seconds:.0} s") }
}
