//! Fills the tables of a story: side by side on several connections, month by month, so that progress can be told.
//! It must not know what the rows mean; how many there are is said in the story's own SQL.
use std::cell::Cell;
use std::time::Instant;

use anyhow::{Context as _, Result};
use chrono::{DateTime, Utc};
use futures_util::future::try_join_all;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::event::{Event, Tell};
use super::stage::{Stage, ask, execute, send};
use crate::pg::sql::Query;
use crate::query;

#[derive(Clone, Copy, Debug)]
pub struct Fill {
    /// What the other files share, made on every connection: settings, temporary tables, functions.
    pub begin: Query,
    /// `$1 timestamptz`: now, `$2 bigint`: the rows that the reader asked for.
    pub size: Query,
    /// Run on every connection, in this order.
    pub prepare: &'static [Query],
    /// Gives `since` and `until` of the spans, where a table is filled by them.
    pub spans: Option<Query>,
    /// Each lane has a connection of its own.
    pub lanes: &'static [&'static [Table]],
    pub end: &'static [Query],
}

#[derive(Clone, Copy, Debug)]
pub struct Table {
    pub name: &'static str,
    pub sql: Query,
    pub batches: Batches,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Batches {
    /// Statements without parameters, sent as one message.
    One,
    /// One statement for each span, `$1` and `$2` its bounds.
    BySpan,
}

type Span = (DateTime<Utc>, DateTime<Utc>);

/// What the lanes have done together. They take turns on one thread.
struct Progress<'a> {
    tell: &'a Tell<'a>,
    done: Cell<usize>,
    total: Cell<usize>,
}

impl Fill {
    /// # Errors
    /// The server's, and the listener's.
    pub async fn run(&self, stage: &Stage, rows: i64, tell: &Tell<'_>) -> Result<()> {
        let (began, now) = (Instant::now(), Utc::now());
        let progress = Progress { tell, done: Cell::new(0), total: Cell::new(0) };
        let lanes = self.lanes.iter().map(async |lane| {
            let client = stage.superuser().await?;
            let spans = self.prepare(&client, now, rows).await?;
            progress.fill(&client, lane, &spans).await
        });
        let rows = try_join_all(lanes).await?.into_iter().sum();
        let client = stage.superuser().await?;
        for query in self.end {
            send(&client, query).await?;
        }
        let size = query!("demo/size.sql");
        let size: i64 =
            client.query_one(size.text, &[]).await.context("read the database's size")?.try_get(0)?;
        tell(&Event::FilledAll { rows, bytes: size, elapsed: began.elapsed() })
    }

    async fn prepare(&self, client: &Client, now: DateTime<Utc>, rows: i64) -> Result<Vec<Span>> {
        send(client, &self.begin).await?;
        execute(client, &self.size, &[&now, &rows]).await?;
        for query in self.prepare {
            send(client, query).await?;
        }
        let Some(query) = self.spans else { return Ok(Vec::new()) };
        let spans = client.query(query.text, &[]).await.with_context(|| format!("run {}", query.file))?;
        spans.iter().map(|row| Ok((row.try_get("since")?, row.try_get("until")?))).collect()
    }
}

impl Progress<'_> {
    async fn fill(&self, client: &Client, tables: &[Table], spans: &[Span]) -> Result<u64> {
        let statements = tables.iter().map(|table| match table.batches {
            Batches::One => 1,
            Batches::BySpan => spans.len(),
        });
        self.total.set(self.total.get() + statements.sum::<usize>());
        let mut filled = 0;
        for table in tables {
            let (began, mut rows) = (Instant::now(), 0);
            match table.batches {
                Batches::One => {
                    rows += touched(&ask(client, &table.sql).await?);
                    self.advance(table.name)?;
                }
                Batches::BySpan => {
                    for (since, until) in spans {
                        rows += execute(client, &table.sql, &[since, until]).await?;
                        self.advance(table.name)?;
                    }
                }
            }
            (self.tell)(&Event::Filled { table: table.name, rows, elapsed: began.elapsed() })?;
            filled += rows;
        }
        Ok(filled)
    }

    fn advance(&self, table: &str) -> Result<()> {
        self.done.set(self.done.get() + 1);
        (self.tell)(&Event::Filling { done: self.done.get(), total: self.total.get(), table })
    }
}

fn touched(said: &[SimpleQueryMessage]) -> u64 {
    let rows = said.iter().map(|message| match message {
        SimpleQueryMessage::CommandComplete(rows) => *rows,
        _ => 0,
    });
    rows.sum()
}

/// A table that is filled by one message.
pub const fn at_once(name: &'static str, sql: Query) -> Table {
    Table { name, sql, batches: Batches::One }
}

/// A table that is filled span by span.
pub const fn by_span(name: &'static str, sql: Query) -> Table {
    Table { name, sql, batches: Batches::BySpan }
}
