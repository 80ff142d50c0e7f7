//! The two ends of a load's stream: the reader of documents, and the books of what became of them.
use std::time::{Duration, Instant};

use anyhow::anyhow;

use crate::apply::{Event, LoadReport, Source, Waiting, Written};
use crate::failure::Explain as _;
use crate::operations::normalize::{Batch, Binding, Counts, Names, Pass, Reject};
use crate::pg::copy::Rows;
use crate::pg::sql::Sql;

/// Reads documents for all mappings of a pass.
#[derive(Debug)]
pub struct Documents<'a>(pub Pass<'a>);

impl Source for Documents<'_> {
    type Portion = Batch;

    fn statement(&self, rows: u32) -> anyhow::Result<Sql> {
        self.0.statement(rows)
    }

    fn row(&mut self, fields: &[Option<&[u8]>]) -> anyhow::Result<()> {
        self.0.row(fields)
    }

    fn waiting(&self, lane: usize) -> Waiting {
        let batch = self.0.batch(lane);
        Waiting {
            source_rows: batch.counts.source_rows,
            // Documents without elements take time as well.
            elements: batch.rows.len() + batch.rejects.len() + batch.counts.source_rows as usize / 8,
            bytes: batch.rows.byte_count(),
        }
    }

    fn take(&mut self, lane: usize) -> Batch {
        self.0.take(lane)
    }
}

/// The books of a load.
#[derive(Debug)]
pub struct Ledger<'a> {
    pub binding: &'a Binding,
    pub names: &'a Names,
    pub target: String,
    pub estimate: Option<f64>,
    pub counts: Counts,
    pub begun: Instant,
    pub batch_ms: f64,
    pub rows_before: u64,
}

impl Ledger<'_> {
    /// Adds what has become of a batch up to a key; the statement that notes it.
    ///
    /// # Errors
    /// When a document or an element is not accounted for.
    pub fn account(&mut self, reached: &str, counts: &Counts, elapsed: Duration) -> anyhow::Result<Sql> {
        self.counts.add(counts);
        self.counts.balance()?;
        self.batch_ms = elapsed.as_secs_f64() * 1000.0;
        let milliseconds = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        self.names.checkpoint(reached, &self.counts, milliseconds)
    }

    /// # Errors
    /// When rows have vanished between here and the target.
    pub fn nothing_left_out(&self, rows: u64) -> anyhow::Result<()> {
        if rows == 0 {
            return Ok(());
        }
        let error =
            anyhow!("{rows} rows of a batch did not come into {}, and no error says why", self.target);
        Err(error.hint("a trigger of the target leaves rows out: disable it, and run the same command again"))
    }
}

impl crate::apply::Ledger for Ledger<'_> {
    type Portion = Batch;

    fn rows<'p>(&self, portion: &'p Batch) -> &'p Rows {
        &portion.rows
    }

    fn statements(
        &mut self,
        portion: &Batch,
        written: &Written,
        elapsed: Duration,
    ) -> anyhow::Result<Vec<Sql>> {
        let told = written.inserted + written.present + written.refused.len() as u64;
        self.nothing_left_out(portion.rows.len() as u64 - told)?;
        let mut counts = portion.counts.clone();
        counts.inserted = written.inserted;
        counts.already_present = written.present;
        let mut rejects = portion.rejects.clone();
        for refused in &written.refused {
            let reason = format!("constraint_{}", refused.state);
            counts.rejected += 1;
            *counts.reasons.entry(reason.clone()).or_default() += 1;
            rejects.push(Reject {
                source_key: portion.key_of(refused.row),
                path: portion.path_of(refused.row),
                element: None,
                reason,
                detail: Some(refused.message.clone()),
            });
        }
        let mut statements = Vec::new();
        statements.extend(self.names.note_rejects(&rejects)?);
        if !written.refused.is_empty() {
            statements.push(self.names.refused_elements(self.binding));
        }
        statements.push(self.account(&portion.reached, &counts, elapsed)?);
        Ok(statements)
    }

    fn progress(&self) -> Event {
        Event::Loaded(LoadReport {
            target: self.target.clone(),
            source_rows: self.counts.source_rows,
            source_rows_estimate: self.estimate,
            rows: self.counts.inserted - self.rows_before,
            rejected: self.counts.rejected,
            elapsed_ms: self.begun.elapsed().as_secs_f64() * 1000.0,
            batch_ms: self.batch_ms,
        })
    }
}
