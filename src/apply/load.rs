//! A stream of rows from one table through the program into another: COPY out, the caller's reading, COPY in, with the
//! books in each batch's own transaction. Not a `Plan`: its work is not known before it is read, and there is nothing to
//! agree to. It must not know what a row means.
use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use futures_util::future::try_join_all;
use futures_util::{SinkExt as _, TryStreamExt as _};
use tokio::sync::mpsc;
use tokio_postgres::error::SqlState;

use crate::apply::batch_size::BatchSize;
use crate::apply::{Event, Stop, Throttle};
use crate::ddl;
use crate::pg::copy::{Decoder, HEADER, Rows, TRAILER};
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;

/// The reading side: what to ask for, and what to make of each row, for each of the lanes that share the pass.
pub trait Source {
    type Portion;
    /// The COPY that reads at most so many rows after those that were read before.
    fn statement(&self, rows: u32) -> anyhow::Result<Sql>;
    fn row(&mut self, fields: &[Option<&[u8]>]) -> anyhow::Result<()>;
    /// What has been read for a lane since the last `take`.
    fn waiting(&self, lane: usize) -> Waiting;
    fn take(&mut self, lane: usize) -> Self::Portion;
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Waiting {
    pub source_rows: u64,
    pub elements: usize,
    pub bytes: usize,
}

/// The writing side's books.
pub trait Ledger {
    type Portion;
    fn rows<'p>(&self, portion: &'p Self::Portion) -> &'p Rows;
    /// What belongs into the portion's transaction beside its rows.
    fn statements(
        &mut self,
        portion: &Self::Portion,
        written: &Written,
        elapsed: Duration,
    ) -> anyhow::Result<Vec<Sql>>;
    /// What to tell after a commit.
    fn progress(&self) -> Event;
}

impl<L: Ledger> Ledger for &mut L {
    type Portion = L::Portion;

    fn rows<'p>(&self, portion: &'p Self::Portion) -> &'p Rows {
        (**self).rows(portion)
    }

    fn statements(
        &mut self,
        portion: &Self::Portion,
        written: &Written,
        elapsed: Duration,
    ) -> anyhow::Result<Vec<Sql>> {
        (**self).statements(portion, written, elapsed)
    }

    fn progress(&self) -> Event {
        (**self).progress()
    }
}

/// What became of a portion's rows.
#[derive(Clone, Debug, Default)]
pub struct Written {
    pub inserted: u64,
    /// The target had them.
    pub present: u64,
    pub refused: Vec<Refused>,
}

/// A row that the target would not have, by its place in the portion.
#[derive(Clone, Debug)]
pub struct Refused {
    pub row: usize,
    pub state: String,
    pub message: String,
}

/// How rows get into the target.
#[derive(Clone, Debug)]
pub enum Way {
    /// Nobody else writes there, and nothing is unique yet.
    Bulk { copy: Sql },
    /// Rows may be there already: straight while that works, and over a temporary table where it does not.
    Merge { copy: Sql, stage: Sql, copy_stage: Sql, merge: Sql },
}

/// How long the batches took.
#[derive(Clone, Debug, Default)]
pub struct Times {
    milliseconds: Vec<f64>,
}

impl Times {
    pub fn note(&mut self, milliseconds: f64) {
        self.milliseconds.push(milliseconds);
    }

    /// The given share of the batches took no longer.
    pub fn percentile(&self, share: f64) -> Option<f64> {
        let mut sorted = self.milliseconds.clone();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        sorted.get((last as f64 * share).round() as usize).copied()
    }
}

/// One of the tables that a pass fills: each has a writer of its own, and commits when it is ready.
#[derive(Debug)]
pub struct Lane<'a, L> {
    pub writer: &'a Session,
    pub ledger: L,
    pub way: Way,
}

#[derive(Debug)]
pub struct Load<'a> {
    pub reader: &'a Session,
    pub stop: &'a Stop,
    pub throttle: &'a Throttle<'a>,
    pub batch_time: Duration,
}

const READ_ROWS: u32 = 20_000;
const MOST_BYTES: usize = 4 << 20;
const PIECE: usize = 256 << 10;
const TELL: Duration = Duration::from_millis(500);
const PORTIONS_WAITING: usize = 1;
/// So many portions go over the temporary table before the straight way is tried again.
const STAGED_IN_A_ROW: u32 = 20;

impl Load<'_> {
    /// Reads and writes until the source gives no more rows.
    ///
    /// # Errors
    /// The first of either side. What was committed stays, and its books say how far it goes.
    pub async fn run<S: Source, L: Ledger<Portion = S::Portion>>(
        &self,
        source: &mut S,
        lanes: Vec<Lane<'_, L>>,
        tell: &dyn Fn(&Event),
    ) -> anyhow::Result<Vec<Times>> {
        let aim_ms = self.batch_time.as_secs_f64() * 1000.0;
        let sizes: Vec<_> = lanes.iter().map(|_| RefCell::new(BatchSize::new(aim_ms))).collect();
        let (senders, receivers): (Vec<_>, Vec<_>) =
            lanes.iter().map(|_| mpsc::channel(PORTIONS_WAITING)).unzip();
        let writers = lanes.into_iter().zip(receivers).zip(&sizes);
        let writers = writers.map(|((lane, portions), size)| self.write(portions, lane, size, tell));
        let intake = Intake {
            session: self.reader,
            stop: self.stop,
            throttle: self.throttle,
            sizes: &sizes,
            portions: senders,
        };
        let work = async {
            let (read, written) = tokio::join!(
                intake.read(source),
                // The first that fails takes the others' portions away with it.
                try_join_all(writers)
            );
            let times = written?;
            read?;
            Ok(times)
        };
        tokio::select! {
            done = work => done,
            error = self.throttle.watch(tell) => Err(self.stopped_or(error)),
        }
    }

    async fn write<L: Ledger>(
        &self,
        mut portions: mpsc::Receiver<(usize, L::Portion)>,
        Lane { writer, mut ledger, way }: Lane<'_, L>,
        size: &RefCell<BatchSize>,
        tell: &dyn Fn(&Event),
    ) -> anyhow::Result<Times> {
        if let Way::Merge { stage, .. } = &way {
            writer.execute(stage).await.map_err(ServerError::explained)?;
        }
        let into = Writer { session: writer, way: &way, staged: Cell::new(0) };
        let mut times = Times::default();
        let mut told = None;
        while let Some((elements, portion)) = portions.recv().await {
            self.throttle.pass(self.stop).await?;
            let (began, held_up) = (Instant::now(), self.throttle.held_up());
            let written = into.write(ledger.rows(&portion)).await;
            let written = written.map_err(|error| self.stopped_or(error)).context("write a batch")?;
            let mut books = ledger.statements(&portion, &written, began.elapsed())?;
            books.push(ddl!("apply/commit.sql"));
            let committed = writer.pipeline(&books).await.map_err(ServerError::explained);
            committed.map_err(|error| self.stopped_or(error)).context("commit a batch")?;
            let took = began.elapsed().as_secs_f64() * 1000.0;
            times.note(took);
            size.borrow_mut().learn(elements, took, self.throttle.held_up() > held_up);
            if told.is_none_or(|told: Instant| told.elapsed() > TELL) {
                tell(&ledger.progress());
                told = Some(Instant::now());
            }
        }
        Ok(times)
    }

    fn stopped_or(&self, error: anyhow::Error) -> anyhow::Error {
        self.stop.check().map_or_else(|stopped| anyhow!(stopped), |()| error)
    }
}

/// The reading side of a load.
struct Intake<'a, P> {
    session: &'a Session,
    stop: &'a Stop,
    throttle: &'a Throttle<'a>,
    /// Of each lane: how many elements make a portion now, and where portions go, with how many elements they have.
    sizes: &'a [RefCell<BatchSize>],
    portions: Vec<mpsc::Sender<(usize, P)>>,
}

/// How a statement's stream has ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    /// With less than it might have given: the source is at its end.
    Last,
    More,
    /// The writers have failed, and say why.
    Nobody,
}

impl<P> Intake<'_, P> {
    async fn read<S: Source<Portion = P>>(self, source: &mut S) -> anyhow::Result<()> {
        loop {
            self.stop.check()?;
            match self.statement(source).await? {
                Ended::More => {}
                Ended::Last => break,
                Ended::Nobody => return Ok(()),
            }
        }
        for (lane, portions) in self.portions.iter().enumerate() {
            let waiting = source.waiting(lane);
            // Whoever does not take it has failed, and says why.
            if waiting.source_rows > 0 && portions.send((waiting.elements, source.take(lane))).await.is_err()
            {
                break;
            }
        }
        Ok(())
    }

    async fn statement<S: Source<Portion = P>>(&self, source: &mut S) -> anyhow::Result<Ended> {
        let statement = source.statement(READ_ROWS)?;
        let mut rows = 0;
        let stream = self.session.copy_out(&statement).await.map_err(ServerError::explained)?;
        let mut stream = Box::pin(stream);
        let mut decoder = Decoder::default();
        loop {
            let piece = stream.try_next().await.map_err(|e| ServerError::new(statement.file, &e).explained());
            let piece = piece.or_else(|error| self.stop.check().map_err(Into::into).and(Err(error)))?;
            let Some(piece) = piece else { break };
            let mut full = Vec::new();
            decoder.feed(&piece, |fields| {
                rows += 1;
                source.row(fields)?;
                for (lane, size) in self.sizes.iter().enumerate() {
                    let waiting = source.waiting(lane);
                    if waiting.elements >= size.borrow().elements() || waiting.bytes >= MOST_BYTES {
                        full.push((lane, (waiting.elements, source.take(lane))));
                    }
                }
                Ok(())
            })?;
            let mut full = full.into_iter();
            while let Some((lane, portion)) = full.next() {
                let sent = tokio::select! {
                    permit = self.portions[lane].reserve() => permit.ok(),
                    // A statement that is left open would keep its snapshot, and the server's rows, for as long as
                    // the pause lasts. What was read of it counts.
                    () = self.throttle.paused() => {
                        drop(stream);
                        for (lane, portion) in std::iter::once((lane, portion)).chain(full) {
                            if self.portions[lane].send(portion).await.is_err() {
                                return Ok(Ended::Nobody);
                            }
                        }
                        return Ok(Ended::More);
                    }
                };
                let Some(permit) = sent else { return Ok(Ended::Nobody) };
                permit.send(portion);
            }
        }
        Ok(if rows < READ_ROWS { Ended::Last } else { Ended::More })
    }
}

struct Writer<'a> {
    session: &'a Session,
    way: &'a Way,
    /// Portions that still go over the temporary table.
    staged: Cell<u32>,
}

impl Writer<'_> {
    /// Begins a transaction and leaves it open, with all rows in it that the target will have.
    async fn write(&self, rows: &Rows) -> anyhow::Result<Written> {
        self.begin().await?;
        let mut written = Written::default();
        if rows.is_empty() {
            return Ok(written);
        }
        let whole = match self.straight(rows).await {
            Ok(written) => return Ok(written),
            Err(error) => error,
        };
        if !of_the_rows(&whole) {
            return Err(whole.explained());
        }
        self.rollback().await?;
        self.begin().await?;
        self.halves(rows, &mut written).await?;
        Ok(written)
    }

    async fn straight(&self, rows: &Rows) -> Result<Written, ServerError> {
        match self.way {
            Way::Bulk { copy } => {
                let inserted = self.copy(copy, rows, 0, rows.len()).await?;
                Ok(Written { inserted, ..Written::default() })
            }
            Way::Merge { copy, .. } if self.staged.get() == 0 => {
                match self.copy(copy, rows, 0, rows.len()).await {
                    Ok(inserted) => Ok(Written { inserted, ..Written::default() }),
                    Err(error) if error.is(&SqlState::UNIQUE_VIOLATION) => {
                        self.staged.set(STAGED_IN_A_ROW);
                        self.rollback().await?;
                        self.begin().await?;
                        self.part(rows, 0, rows.len()).await
                    }
                    Err(error) => Err(error),
                }
            }
            Way::Merge { .. } => {
                self.staged.set(self.staged.get() - 1);
                self.part(rows, 0, rows.len()).await
            }
        }
    }

    /// Some of the rows, in a way that rows of others do not disturb.
    async fn part(&self, rows: &Rows, from: usize, to: usize) -> Result<Written, ServerError> {
        match self.way {
            Way::Bulk { copy } => {
                let inserted = self.copy(copy, rows, from, to).await?;
                Ok(Written { inserted, ..Written::default() })
            }
            Way::Merge { copy_stage, merge, .. } => {
                if to - from < rows.len() {
                    self.session.execute(&ddl!("apply/empty_stage.sql")).await?;
                }
                let staged = self.copy(copy_stage, rows, from, to).await?;
                let answer = self.session.read(merge).await?;
                let inserted = answer.concat().first().cloned().flatten().and_then(|n| n.parse().ok());
                let inserted: u64 = inserted.unwrap_or(0);
                Ok(Written { inserted, present: staged - inserted, refused: Vec::new() })
            }
        }
    }

    /// Finds the rows that the target refuses by halving, each half under a savepoint.
    async fn halves(&self, rows: &Rows, written: &mut Written) -> anyhow::Result<()> {
        let mut parts = vec![(0, rows.len())];
        while let Some((from, to)) = parts.pop() {
            self.session.execute(&ddl!("apply/savepoint.sql")).await.map_err(ServerError::explained)?;
            match self.part(rows, from, to).await {
                Ok(part) => {
                    written.inserted += part.inserted;
                    written.present += part.present;
                    let release = ddl!("apply/release.sql");
                    self.session.execute(&release).await.map_err(ServerError::explained)?;
                    continue;
                }
                Err(error) if !of_the_rows(&error) => return Err(error.explained()),
                Err(error) if to - from == 1 => {
                    let (state, message) =
                        (error.sqlstate().unwrap_or_default().to_owned(), error.message().to_owned());
                    written.refused.push(Refused { row: from, state, message });
                }
                Err(_) => {
                    let middle = usize::midpoint(from, to);
                    // The first half goes first: it is popped first.
                    parts.extend([(middle, to), (from, middle)]);
                }
            }
            let back = ddl!("apply/rollback_to.sql");
            self.session.execute(&back).await.map_err(ServerError::explained)?;
        }
        Ok(())
    }

    async fn copy(&self, copy: &Sql, rows: &Rows, from: usize, to: usize) -> Result<u64, ServerError> {
        let failed = |error: tokio_postgres::Error| ServerError::new(copy.file, &error);
        let sink = self.session.copy_in(copy).await?;
        let mut sink = std::pin::pin!(sink);
        sink.feed(Bytes::from_static(HEADER)).await.map_err(failed)?;
        for piece in rows.range(from, to).chunks(PIECE) {
            sink.send(Bytes::copy_from_slice(piece)).await.map_err(failed)?;
        }
        sink.feed(Bytes::from_static(TRAILER)).await.map_err(failed)?;
        sink.finish().await.map_err(failed)
    }

    async fn begin(&self) -> Result<(), ServerError> {
        let begin = match self.way {
            Way::Bulk { .. } => ddl!("apply/begin_lazy.sql"),
            Way::Merge { .. } => ddl!("apply/begin.sql"),
        };
        self.session.execute(&begin).await
    }

    async fn rollback(&self) -> Result<(), ServerError> {
        self.session.execute(&ddl!("apply/rollback.sql")).await
    }
}

/// The server refuses a value or a row, and not us.
pub(super) fn of_the_rows(error: &ServerError) -> bool {
    let others = [SqlState::RAISE_EXCEPTION, SqlState::PROGRAM_LIMIT_EXCEEDED];
    let of_rows = |code: &str| ["22", "23"].iter().any(|class| code.starts_with(class));
    error.sqlstate().is_some_and(of_rows) || others.iter().any(|state| error.is(state))
}
