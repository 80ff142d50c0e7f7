//! What became of every document and every element that was read. Nothing is left out: the sums must come out even.
use std::collections::BTreeMap;

use anyhow::ensure;
use serde::{Deserialize, Serialize};

use super::value::Reason;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Rows of the source: the sum of the next five.
    pub source_rows: u64,
    pub null: u64,
    /// The JSON value `null`.
    pub json_null: u64,
    pub empty: u64,
    pub with_elements: u64,
    /// Of a type that no shape has.
    pub wrong_type: u64,
    /// The sum of the next five.
    pub elements: u64,
    pub inserted: u64,
    pub duplicate: u64,
    pub rejected: u64,
    /// Left out because the mapping says so.
    pub skipped: u64,
    /// The target had the row before.
    pub already_present: u64,
    /// Duplicates that differ in a column that is not unique.
    pub duplicate_differs: u64,
    /// Values that were read from another type or form.
    pub coerced: u64,
    pub defaulted: u64,
    pub bytes: u64,
    pub reasons: BTreeMap<String, u64>,
    pub shapes: BTreeMap<String, u64>,
}

impl Counts {
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.source_rows, other.source_rows),
            (&mut self.null, other.null),
            (&mut self.json_null, other.json_null),
            (&mut self.empty, other.empty),
            (&mut self.with_elements, other.with_elements),
            (&mut self.wrong_type, other.wrong_type),
            (&mut self.elements, other.elements),
            (&mut self.inserted, other.inserted),
            (&mut self.duplicate, other.duplicate),
            (&mut self.rejected, other.rejected),
            (&mut self.skipped, other.skipped),
            (&mut self.already_present, other.already_present),
            (&mut self.duplicate_differs, other.duplicate_differs),
            (&mut self.coerced, other.coerced),
            (&mut self.defaulted, other.defaulted),
            (&mut self.bytes, other.bytes),
        ] {
            *sum += more;
        }
        for (name, more) in &other.reasons {
            *self.reasons.entry(name.clone()).or_default() += more;
        }
        for (name, more) in &other.shapes {
            *self.shapes.entry(name.clone()).or_default() += more;
        }
    }

    pub fn reject(&mut self, reason: Reason) {
        self.rejected += 1;
        count(&mut self.reasons, reason.0);
    }

    pub fn shape(&mut self, shape: &str) {
        count(&mut self.shapes, shape);
    }

    /// # Errors
    /// When a document or an element is not accounted for, which is a fault of the program.
    pub fn balance(&self) -> anyhow::Result<()> {
        let rows = self.null + self.json_null + self.empty + self.with_elements + self.wrong_type;
        ensure!(
            self.source_rows == rows,
            "{} source rows were read and {rows} accounted for",
            self.source_rows
        );
        let elements = self.inserted + self.duplicate + self.rejected + self.skipped + self.already_present;
        ensure!(
            self.elements == elements,
            "{} elements were read and {elements} accounted for",
            self.elements
        );
        let reasons: u64 = self.reasons.values().sum();
        ensure!(self.rejected == reasons, "{} rejects have {reasons} reasons", self.rejected);
        Ok(())
    }
}

/// Without a new text for a name that is known.
fn count(counts: &mut BTreeMap<String, u64>, name: &str) {
    match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    }
}
