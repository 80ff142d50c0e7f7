//! A load whose rows never leave the server: batch by batch one statement reads and writes, and the books are in its
//! transaction. It must not know what a row means.
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};

use crate::apply::batch_size::BatchSize;
use crate::apply::load::of_the_rows;
use crate::apply::{Event, Stop, Throttle, Times};
use crate::ddl;
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;

/// What is to be moved, and the books of what was.
pub trait Moves {
    /// The statement that moves at most so many source rows, and no more than fit into so many bytes, or else one.
    fn statement(&self, rows: u32, bytes: u64) -> anyhow::Result<Sql>;
    /// What the statement has answered. None: there was nothing left.
    fn took(&mut self, answer: &[Option<String>], elapsed: Duration) -> anyhow::Result<Option<Took>>;
    /// What to tell after a commit.
    fn progress(&self) -> Event;
}

/// A batch that was moved, and what belongs into its transaction beside it.
#[derive(Debug)]
pub struct Took {
    pub source_rows: u64,
    pub bytes: u64,
    pub books: Sql,
}

/// Why no more is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Whole,
    /// The target refuses a row of the next source row.
    Refused,
}

#[derive(Debug)]
pub struct ServerSide<'a> {
    session: &'a Session,
    stop: &'a Stop,
    throttle: &'a Throttle<'a>,
    /// Commits need not wait for the disk.
    lazy: bool,
    size: RefCell<BatchSize>,
    rows: Cell<u32>,
}

/// About how much an element takes. Batches are measured in elements elsewhere.
const ELEMENT_BYTES: u64 = 64;
const FIRST_ROWS: u32 = 200;
const MOST_ROWS: u32 = 20_000;
const TELL: Duration = Duration::from_millis(500);

impl<'a> ServerSide<'a> {
    pub fn new(
        session: &'a Session,
        stop: &'a Stop,
        throttle: &'a Throttle<'a>,
        batch_time: Duration,
        lazy: bool,
    ) -> Self {
        let size = RefCell::new(BatchSize::new(batch_time.as_secs_f64() * 1000.0));
        Self { session, stop, throttle, lazy, size, rows: Cell::new(FIRST_ROWS) }
    }

    /// Moves batch by batch.
    ///
    /// # Errors
    /// The server's. What was committed stays, and its books say how far it goes.
    pub async fn run<M: Moves>(
        &self,
        moves: &mut M,
        times: &mut Times,
        tell: &dyn Fn(&Event),
    ) -> anyhow::Result<Ended> {
        tokio::select! {
            ended = self.batches(moves, times, tell) => ended,
            error = self.throttle.watch(tell) => Err(self.stopped_or(error)),
        }
    }

    async fn batches<M: Moves>(
        &self,
        moves: &mut M,
        times: &mut Times,
        tell: &dyn Fn(&Event),
    ) -> anyhow::Result<Ended> {
        let mut told = None;
        loop {
            self.throttle.pass(self.stop).await?;
            let (began, held_up) = (Instant::now(), self.throttle.held_up());
            let bytes = self.size.borrow().elements() as u64 * ELEMENT_BYTES;
            let statement = moves.statement(self.rows.get(), bytes)?;
            let answer = match self.moved(&statement).await {
                Ok(answer) => answer,
                Err(error) if of_the_rows(&error) && self.rows.get() == 1 => return Ok(Ended::Refused),
                Err(error) if of_the_rows(&error) => {
                    self.rows.set(self.rows.get() / 2);
                    continue;
                }
                Err(error) => return Err(self.stopped_or(error.explained())).context("move a batch"),
            };
            let Some(took) = moves.took(&answer, began.elapsed())? else {
                self.rollback().await.map_err(ServerError::explained)?;
                return Ok(Ended::Whole);
            };
            let committed = self.session.pipeline(&[took.books, ddl!("apply/commit.sql")]).await;
            let committed = committed.map_err(ServerError::explained);
            committed.map_err(|error| self.stopped_or(error)).context("commit a batch")?;
            let took_ms = began.elapsed().as_secs_f64() * 1000.0;
            times.note(took_ms);
            let elements = usize::try_from(took.bytes / ELEMENT_BYTES).unwrap_or(usize::MAX);
            self.size.borrow_mut().learn(elements, took_ms, self.throttle.held_up() > held_up);
            // Twice as many as there were: more would be read to be left out.
            let rows = u32::try_from(2 * took.source_rows).unwrap_or(MOST_ROWS);
            self.rows.set(rows.clamp(2, MOST_ROWS));
            if told.is_none_or(|told: Instant| told.elapsed() > TELL) {
                tell(&moves.progress());
                told = Some(Instant::now());
            }
        }
    }

    /// Leaves the transaction open, or, where the server refuses, none.
    async fn moved(&self, statement: &Sql) -> Result<Vec<Option<String>>, ServerError> {
        let begin = if self.lazy { ddl!("apply/begin_lazy.sql") } else { ddl!("apply/begin.sql") };
        self.session.execute(&begin).await?;
        match self.session.read(statement).await {
            Ok(rows) => Ok(rows.into_iter().next().unwrap_or_default()),
            Err(error) => {
                self.rollback().await?;
                Err(error)
            }
        }
    }

    async fn rollback(&self) -> Result<(), ServerError> {
        self.session.execute(&ddl!("apply/rollback.sql")).await
    }

    fn stopped_or(&self, error: anyhow::Error) -> anyhow::Error {
        self.stop.check().map_or_else(|stopped| anyhow!(stopped), |()| error)
    }
}
