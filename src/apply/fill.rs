//! Fills tables that nobody uses yet, several at a time, each on a session of its own, or one of them on several sessions,
//! and pauses where copying would be in somebody's way. It must not know what the tables are for.
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::apply::runner::Runner;
use crate::apply::transaction::{Timing, milliseconds};
use crate::apply::{Event, Limits, LoadReport, Throttle};
use crate::ddl;
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;
use crate::plan::{Fill, FillTable};

const LOOK: Duration = Duration::from_millis(50);

/// What the workers of one step share.
struct Filling<'a> {
    target: &'a str,
    fill: &'a Fill,
    queue: RefCell<VecDeque<&'a FillTable>>,
    began: Instant,
    rows: Cell<u64>,
}

impl Runner<'_> {
    /// # Errors
    /// The first worker's. What the others have finished stays.
    pub(super) async fn fill(&self, target: &str, fill: &Fill) -> anyhow::Result<Timing> {
        let filling = Filling {
            target,
            fill,
            queue: RefCell::new(fill.tables.iter().collect()),
            began: Instant::now(),
            rows: Cell::new(0),
        };
        let mut workers = Vec::new();
        let parts = match fill.tables.as_slice() {
            [one] => one.copies.len(),
            tables => tables.len(),
        };
        for _ in 0..fill.jobs.clamp(1, parts.max(1)) {
            let opened = Session::open(self.settings, self.purpose).await;
            match opened {
                Ok(session) => workers.push(session),
                // As where a role may have few connections.
                Err(error) if !workers.is_empty() => tracing::debug!("fill with fewer sessions: {error:#}"),
                Err(error) => return Err(error.context("open a connection for copying")),
            }
        }
        let pids = workers.iter().map(|worker| worker.facts().pid).collect();
        let pace = &fill.pace;
        let limits =
            Limits { file: pace.file.clone(), lag: pace.lag, lag_bytes: pace.lag_bytes, ..Limits::default() };
        let throttle = Throttle::new(self.session, target.to_owned(), limits, pids);
        let tell = |event: &Event| self.tell(event.clone());
        let together = if fill.tables.len() == 1 { workers.len().max(1) } else { 1 };
        let work = workers.chunks(together).map(|workers| self.work(&filling, workers, &throttle));
        let work = futures_util::future::try_join_all(work);
        tokio::select! {
            done = work => done.map(|_| Timing { attempts: 1, ..Timing::default() }),
            error = throttle.watch(&tell) => Err(self.stopped_or(error)),
        }
    }

    async fn work(
        &self,
        filling: &Filling<'_>,
        workers: &[Session],
        throttle: &Throttle<'_>,
    ) -> anyhow::Result<()> {
        let next = || filling.queue.borrow_mut().pop_front();
        while let Some(table) = next() {
            let filled = self.table(filling, workers, throttle, table).await;
            filled.with_context(|| format!("fill {}", table.relation.plain()))?;
        }
        Ok(())
    }

    async fn table(
        &self,
        filling: &Filling<'_>,
        workers: &[Session],
        throttle: &Throttle<'_>,
        table: &FillTable,
    ) -> anyhow::Result<()> {
        let first = workers.first().context("no connection")?;
        if !table.empty.is_empty() {
            self.together(first, &table.empty).await?;
        }
        let copies = RefCell::new(table.copies.iter().collect());
        let work = workers.iter().map(|worker| self.copy(filling, worker, throttle, &copies));
        futures_util::future::try_join_all(work).await?;
        self.together(first, &table.finish).await.map(|_| ())
    }

    async fn copy(
        &self,
        filling: &Filling<'_>,
        worker: &Session,
        throttle: &Throttle<'_>,
        copies: &RefCell<VecDeque<&Sql>>,
    ) -> anyhow::Result<()> {
        let next = || copies.borrow_mut().pop_front();
        while let Some(copy) = next() {
            throttle.pass(self.stop).await?;
            let began = Instant::now();
            let rows = self.together(worker, std::slice::from_ref(copy)).await?;
            filling.rows.set(filling.rows.get() + rows);
            self.tell(Event::Loaded(LoadReport {
                target: filling.target.to_owned(),
                source_rows: filling.rows.get(),
                source_rows_estimate: filling.fill.rows,
                rows: filling.rows.get(),
                rejected: 0,
                elapsed_ms: milliseconds(filling.began),
                batch_ms: milliseconds(began),
            }));
        }
        Ok(())
    }

    /// One transaction, again while it finds a table locked. Returns how many rows the last statement touched.
    async fn together(&self, worker: &Session, statements: &[Sql]) -> anyhow::Result<u64> {
        let mut attempt = 1;
        loop {
            self.check_stop()?;
            let began = Instant::now();
            let error = match self.stoppable(worker, transaction(worker, statements)).await? {
                Ok(rows) => return Ok(rows),
                Err(error) => error,
            };
            if !error.lock_busy() {
                return Err(self.stopped_or(error.explained()));
            }
            self.wait_out(began, &mut attempt, error).await?;
        }
    }

    /// Cancels the statement when a stop is requested.
    async fn stoppable<T>(&self, worker: &Session, work: impl Future<Output = T>) -> anyhow::Result<T> {
        tokio::pin!(work);
        loop {
            tokio::select! {
                done = &mut work => return Ok(done),
                () = tokio::time::sleep(LOOK) => {}
            }
            if self.stop.requested().is_some() {
                worker.canceller().cancel().await.context("cancel the statement")?;
            }
        }
    }
}

async fn transaction(worker: &Session, statements: &[Sql]) -> Result<u64, ServerError> {
    worker.execute(&ddl!("apply/begin.sql")).await?;
    let mut rows = 0;
    for statement in statements {
        match worker.change(statement).await {
            Ok(touched) => rows = touched,
            Err(error) => {
                if let Err(second) = worker.execute(&ddl!("apply/rollback.sql")).await {
                    tracing::debug!("roll back: {second}");
                }
                return Err(error);
            }
        }
    }
    worker.execute(&ddl!("apply/commit.sql")).await?;
    Ok(rows)
}
