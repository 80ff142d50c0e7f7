//! A small application at work: it writes, it reads, and it leaves a transaction open, as applications do.
//! It measures how long the server kept it waiting, and must not know why.
use std::cell::Cell;
use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures_util::future::join4;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::stage::Stage;
use crate::pg::sql::Query;
use crate::pg::state::ServerError;

/// What the application does, as which role.
#[derive(Clone, Copy, Debug)]
pub struct Application {
    pub role: &'static str,
    /// `$1 bigint`: a number not used before.
    pub write: Query,
    pub read: Query,
    /// How long it leaves a transaction open that has read, before it begins the next one.
    pub idle: Duration,
}

/// What the application noticed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Observed {
    pub writes: Pace,
    pub reads: Pace,
    /// How long a transaction was open, at most, that has read the table at its beginning.
    pub open: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Pace {
    pub count: u64,
    pub longest: Duration,
}

/// People type, and pages are reloaded: nobody asks without a pause.
const PAUSE: Duration = Duration::from_millis(1);

impl Application {
    /// Works for as long as `other` takes.
    ///
    /// # Errors
    /// Those of `other`; the server's, also when it refuses the application a single statement.
    pub async fn beside(
        &self,
        stage: &Stage,
        first: u64,
        other: impl Future<Output = Result<()>>,
    ) -> Result<Observed> {
        let writer = Asker::connect(self.role, &self.write, stage).await?;
        let reader = Asker::connect(self.role, &self.read, stage).await?;
        let idler = Asker::connect(self.role, &self.read, stage).await?;
        let over = Cell::new(false);
        let other = async {
            let result = other.await;
            over.set(true);
            result
        };
        let write = repeat(&over, async |turn| {
            let number = i64::try_from(first + turn)?;
            writer.ask(&[&number]).await
        });
        let read = repeat(&over, async |_| reader.ask(&[]).await);
        let (result, writes, reads, open) = join4(other, write, read, idler.idle(&over, self.idle)).await;
        result?;
        Ok(Observed { writes: writes?, reads: reads?, open: open? })
    }
}

/// A session with the one statement that it is there for, prepared.
struct Asker {
    client: Client,
    statement: Statement,
    file: &'static str,
}

impl Asker {
    async fn connect(role: &str, query: &Query, stage: &Stage) -> Result<Self> {
        let client = stage.connect_as(role).await?;
        let prepared = client.prepare(query.text).await;
        let statement = prepared.map_err(|error| ServerError::new(query.file, &error).explained())?;
        Ok(Self { client, statement, file: query.file })
    }

    async fn ask(&self, values: &[&(dyn ToSql + Sync)]) -> Result<()> {
        let answer = self.client.execute(&self.statement, values).await;
        answer.map(drop).map_err(|error| ServerError::new(self.file, &error).explained())
    }

    /// Asks once in a transaction, and forgets for a while to end it; again and again.
    async fn idle(&self, over: &Cell<bool>, patience: Duration) -> Result<Duration> {
        let mut longest = Duration::ZERO;
        while !over.get() {
            self.client.batch_execute("begin").await.context("begin a transaction")?;
            self.ask(&[]).await?;
            let began = Instant::now();
            while !over.get() && began.elapsed() < patience {
                tokio::time::sleep(PAUSE).await;
            }
            self.client.batch_execute("commit").await.context("end the transaction")?;
            longest = longest.max(began.elapsed());
        }
        Ok(longest)
    }
}

async fn repeat(over: &Cell<bool>, act: impl AsyncFn(u64) -> Result<()>) -> Result<Pace> {
    let mut pace = Pace::default();
    while !over.get() {
        let began = Instant::now();
        act(pace.count).await?;
        pace.longest = pace.longest.max(began.elapsed());
        pace.count += 1;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(pace)
}
