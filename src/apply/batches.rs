//! A step that is one statement over a bounded number of rows, in a transaction of its own, until no row is left.
//! No batch holds its locks for longer than the lock timeout: one that would is tried again with fewer rows.
use std::cell::Cell;
use std::time::Instant;

use tokio_postgres::error::SqlState;

use crate::apply::Event;
use crate::apply::runner::Runner;
use crate::apply::transaction::Timing;
use crate::failure::Explain as _;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;
use crate::plan::{Framed, Lock, framed};

/// So many batches in time before a larger one is tried again.
const GROW_AFTER: u32 = 20;

impl Runner<'_> {
    /// `statements` are for ever smaller batches; each gives the number of rows that it touched.
    ///
    /// # Errors
    /// The server's; that the smallest batch takes too long; or `Exit::Busy` when the budget is spent.
    pub(super) async fn batches(
        &self,
        target: &str,
        locks: &[Lock],
        guard: &[Sql],
        statements: &[Sql],
    ) -> anyhow::Result<Timing> {
        let batches: Vec<Framed> =
            statements.iter().map(|statement| self.framed_batch(locks, guard, statement)).collect();
        let rows = Cell::new(0);
        self.repeat(target, &batches, &rows).await.map_err(|error| match rows.get() {
            0 => error,
            rows => error.detail(format!("{rows} rows were dealt with before, batch by batch, and stay so")),
        })
    }

    /// Until a batch touches no row. `rows` is how many were touched so far.
    async fn repeat(&self, target: &str, batches: &[Framed], rows: &Cell<u64>) -> anyhow::Result<Timing> {
        let (mut size, mut in_time, mut attempt) = (0, 0, 1);
        while let Some(batch) = batches.get(size) {
            self.check_stop()?;
            let began = Instant::now();
            match self.batch(batch).await {
                Ok(0) => break,
                Ok(touched) => {
                    rows.set(rows.get() + touched);
                    self.tell(Event::BatchDone { target: target.to_owned(), rows: rows.get() });
                    in_time += 1;
                    if in_time >= GROW_AFTER {
                        (size, in_time) = (size.saturating_sub(1), 0);
                    }
                }
                Err(error) if error.lock_busy() => self.wait_out(began, &mut attempt, error).await?,
                Err(error) if error.is(&SqlState::QUERY_CANCELED) => {
                    self.check_stop()?;
                    if size + 1 == batches.len() {
                        return Err(error.explained().hint(TOO_SLOW));
                    }
                    (size, in_time) = (size + 1, 0);
                }
                Err(error) => return Err(self.stopped_or(error.explained())),
            }
        }
        Ok(Timing { attempts: attempt, ..Timing::default() })
    }

    /// A statement's time includes its waits for rows. Those get half of it, so that a busy row, which is worth
    /// another attempt, is told from too much work.
    fn framed_batch(&self, locks: &[Lock], guard: &[Sql], statement: &Sql) -> Framed {
        let limit = self.patience.lock_timeout_ms(self.session.facts().deadlock_timeout_ms);
        let act = [guard, std::slice::from_ref(statement)].concat();
        framed(&[], locks, &act, (limit / 2).max(1), limit)
    }

    async fn batch(&self, batch: &Framed) -> Result<u64, ServerError> {
        // Answered before the rest leaves: outside a transaction the rest would commit one by one.
        for sql in &batch.begin {
            self.session.execute(sql).await?;
        }
        // The commit leaves with the work, so that no row stays locked for a client that is held up.
        let answers = self.session.pipeline(&batch.body).await?;
        let statement = batch.body.len() - 2;
        let touched = answers.get(statement).and_then(|answer| answer.value.as_deref()?.parse().ok());
        let file = batch.body[statement].file;
        touched.ok_or_else(|| ServerError::local(file, "the server gave no number of rows".to_owned()))
    }
}

const TOO_SLOW: &str = "the smallest batch takes longer than the lock timeout: look for a foreign key that refers to the \
     table and has no index on its columns, or allow more with --lock-timeout";
