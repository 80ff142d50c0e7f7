//! The two ends of a load's stream: the reader of documents, and the books of what became of them.
use std::time::{Duration, Instant};

use crate::apply::{Event, LoadReport, Source, Waiting, Written};
use crate::operations::normalize::{Batch, Counts, Names, Pass, Reject};
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
    pub names: &'a Names,
    pub target: String,
    pub estimate: Option<f64>,
    pub counts: Counts,
    pub begun: Instant,
    pub batch_ms: f64,
    pub rows_before: u64,
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
                path: format!("$.{}", refused.row),
                element: None,
                reason,
                detail: Some(refused.message.clone()),
            });
        }
        self.counts.add(&counts);
        self.counts.balance()?;
        self.batch_ms = elapsed.as_secs_f64() * 1000.0;
        let milliseconds = i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX);
        let mut statements = Vec::new();
        statements.extend(self.names.note_rejects(&rejects)?);
        statements.push(self.names.checkpoint(&portion.reached, &self.counts, milliseconds)?);
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
