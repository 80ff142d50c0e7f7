//! A small application at work: it writes, it reads, and it leaves a transaction open, as applications do.
//! It measures how long the server kept it waiting, and must not know why.
use std::cell::Cell;
use std::future::Future;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use futures_util::future::join4;
use tokio_postgres::Client;

use super::stage::{Stage, execute};
use crate::pg::sql::Query;

/// What the application does, as which role.
#[derive(Clone, Copy, Debug)]
pub struct Application {
    pub role: &'static str,
    /// `$1 bigint`: a number not used before.
    pub write: Query,
    pub read: Query,
}

/// What the application noticed.
#[derive(Clone, Copy, Debug, Default)]
pub struct Observed {
    pub writes: Pace,
    pub reads: Pace,
    /// How long the one transaction was open that has read the table at its beginning.
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
        let [writer, reader, idler] = [
            stage.connect_as(self.role).await?,
            stage.connect_as(self.role).await?,
            stage.connect_as(self.role).await?,
        ];
        let over = Cell::new(false);
        let other = async {
            let result = other.await;
            over.set(true);
            result
        };
        let write = repeat(&over, async |turn| {
            let number = i64::try_from(first + turn)?;
            execute(&writer, &self.write, &[&number]).await.map(drop)
        });
        let read = repeat(&over, async |_| execute(&reader, &self.read, &[]).await.map(drop));
        let (result, writes, reads, open) = join4(other, write, read, self.idle(&idler, &over)).await;
        result?;
        Ok(Observed { writes: writes?, reads: reads?, open: open? })
    }

    /// Reads once in a transaction, and forgets to end it.
    async fn idle(&self, client: &Client, over: &Cell<bool>) -> Result<Duration> {
        client.batch_execute("begin").await.context("begin a transaction")?;
        execute(client, &self.read, &[]).await?;
        let began = Instant::now();
        while !over.get() {
            tokio::time::sleep(PAUSE).await;
        }
        client.batch_execute("commit").await.context("end the transaction")?;
        Ok(began.elapsed())
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
