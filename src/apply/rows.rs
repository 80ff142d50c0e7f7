//! A step that moves rows from one table into another, some blocks at a time: each batch is one transaction, in which the
//! server itself compares what arrives with what leaves. What a stopped run has moved stays moved, and the next one goes
//! on with what still meets the condition.
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use tokio_postgres::error::SqlState;

use crate::apply::runner::Runner;
use crate::apply::transaction::Timing;
use crate::apply::{Event, Limits, Throttle};
use crate::ddl;
use crate::failure::Explain as _;
use crate::pg::name::{Literal, Relation};
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;
use crate::plan::{Framed, Lock, Move, framed};

const FIRST_BLOCKS: u32 = 32;
const MOST_BLOCKS: u32 = 8192;
/// A row may go into a block that was read before, when somebody changes it: then the table is read once more.
const PASSES: u32 = 3;

/// How fast a step goes that moves rows.
#[derive(Clone, Debug, Default)]
pub struct Pace {
    pub limits: Limits,
    /// How long the transaction of a batch should take.
    pub batch_time: Duration,
}

/// What was moved so far.
#[derive(Debug, Default)]
struct Moved {
    rows: u64,
    batches: u64,
    /// Sum of the rows' hashes.
    hash: i128,
    along: Vec<u64>,
}

impl Moved {
    /// A batch's answer: the hash, the number of rows, and one number for each table whose rows went along.
    fn add(&mut self, answer: &str) -> Option<u64> {
        let (hash, counts) = answer.split_once(' ')?;
        let counts: Vec<u64> = counts.split(' ').map(|count| count.parse().ok()).collect::<Option<_>>()?;
        let (rows, along) = counts.split_first()?;
        self.hash += hash.parse::<i128>().ok()?;
        self.rows += rows;
        self.batches += u64::from(*rows > 0);
        self.along.resize(along.len(), 0);
        for (all, one) in self.along.iter_mut().zip(along) {
            *all += one;
        }
        Some(*rows)
    }
}

impl Runner<'_> {
    /// # Errors
    /// The server's; that what arrived was not what left; that the smallest batch takes too long; or `Exit::Busy` when the
    /// budget is spent. What was moved before stays so.
    pub(super) async fn move_rows(
        &self,
        target: &str,
        locks: &[Lock],
        moving: &Move,
    ) -> anyhow::Result<Timing> {
        if let Some(sql) = &moving.path {
            self.session.execute(sql).await.map_err(ServerError::explained)?;
        }
        let mut moved = Moved::default();
        let beside = Session::open(self.settings, self.purpose).await;
        let beside = beside.context("open a connection that looks for reasons to pause")?;
        let limits = self.pace.limits.clone();
        let throttle = Throttle::new(&beside, target.to_owned(), limits, vec![self.session.facts().pid]);
        let tell = |event: &Event| self.tell(event.clone());
        let done = tokio::select! {
            done = self.passes(target, locks, moving, &throttle, &mut moved) => done,
            error = throttle.watch(&tell) => Err(self.stopped_or(error)),
        };
        let left = done.map_err(|error| match moved.rows {
            0 => error,
            rows => error.detail(format!("{rows} rows were moved before, batch by batch, and stay so")),
        })?;
        self.account(target, moving, &moved, left);
        Ok(Timing { attempts: 1, ..Timing::default() })
    }

    fn account(&self, target: &str, moving: &Move, moved: &Moved, left: u64) {
        let along = moving.along.iter().zip(&moved.along);
        let along: String =
            along.map(|(table, rows)| format!(", and with them {rows} of {}", table.plain())).collect();
        let (rows, batches, hash, into) = (moved.rows, moved.batches, moved.hash, moving.target.plain());
        let text = format!(
            "moved {rows} rows into {into} in {batches} batches{along}; what left and what arrived is equal in each \
             (hash of all {hash}); {left} rows meet the condition now"
        );
        self.tell(Event::Note { target: target.to_owned(), text });
    }

    /// Gives the number of rows that meet the condition in the end.
    async fn passes(
        &self,
        target: &str,
        locks: &[Lock],
        moving: &Move,
        throttle: &Throttle<'_>,
        moved: &mut Moved,
    ) -> anyhow::Result<u64> {
        let mut left = 0;
        for _ in 0..PASSES {
            let before = moved.rows;
            for leaf in &moving.leaves {
                self.pass(target, locks, moving, leaf, throttle, moved).await?;
            }
            left = self.number(&moving.left).await?;
            if left == 0 || moved.rows == before {
                break;
            }
        }
        Ok(left)
    }

    /// Once through a table, from its first block to its last.
    async fn pass(
        &self,
        target: &str,
        locks: &[Lock],
        moving: &Move,
        leaf: &Relation,
        throttle: &Throttle<'_>,
        moved: &mut Moved,
    ) -> anyhow::Result<()> {
        let blocks = ddl!("partition/rows_blocks.sql", leaf = Literal(leaf.to_string()));
        let blocks = u32::try_from(self.number(&blocks).await?)?;
        let (mut from, mut size, mut attempt) = (0, FIRST_BLOCKS, 1);
        while from < blocks {
            throttle.pass(self.stop).await?;
            let began = Instant::now();
            let to = from.saturating_add(size);
            match self.move_batch(locks, moving, leaf, (from, to)).await {
                Ok(answer) => {
                    let rows = moved.add(&answer).context("the server gave no numbers of rows")?;
                    if rows > 0 {
                        self.tell(Event::BatchDone { target: target.to_owned(), rows: moved.rows });
                    }
                    from = to;
                    size = self.next_size(size, began.elapsed());
                }
                Err(error) if error.lock_busy() => self.wait_out(began, &mut attempt, error).await?,
                Err(error) if error.is(&SqlState::QUERY_CANCELED) && size > 1 => {
                    self.check_stop()?;
                    size /= 2;
                }
                Err(error) => return Err(self.stopped_or(explained(error))),
            }
        }
        Ok(())
    }

    fn next_size(&self, size: u32, took: Duration) -> u32 {
        let aim = self.pace.batch_time;
        if took < aim / 2 {
            (size * 2).min(MOST_BLOCKS)
        } else if took > aim * 3 / 2 {
            (size / 2).max(1)
        } else {
            size
        }
    }

    async fn move_batch(
        &self,
        locks: &[Lock],
        moving: &Move,
        leaf: &Relation,
        (from, to): (u32, u32),
    ) -> Result<String, ServerError> {
        let limit = self.patience.lock_timeout_ms(self.session.facts().deadlock_timeout_ms);
        let statement = moving.batch(leaf, from, to);
        let act = std::slice::from_ref(&statement);
        let Framed { begin, body, .. } = framed(&[], locks, act, (limit / 2).max(1), limit);
        // Answered before the rest leaves: outside a transaction the rest would commit one by one.
        for sql in &begin {
            self.session.execute(sql).await?;
        }
        let answers = self.session.pipeline(&body).await?;
        let answer = answers.get(body.len() - 2).and_then(|answer| answer.value.clone());
        answer.ok_or_else(|| ServerError::local(statement.file, "the server gave no row".to_owned()))
    }

    async fn number(&self, sql: &Sql) -> anyhow::Result<u64> {
        let rows = self.session.read(sql).await.map_err(|error| self.stopped_or(error.explained()))?;
        let value = rows.into_iter().flatten().flatten().next();
        value.and_then(|value| value.parse().ok()).ok_or_else(|| anyhow!("{} gave no number", sql.file))
    }
}

fn explained(error: ServerError) -> anyhow::Error {
    if error.is(&SqlState::UNIQUE_VIOLATION) {
        return error.explained().hint(
            "the target has a row with this key already: look which one is right, and delete the other",
        );
    }
    if error.is(&SqlState::FOREIGN_KEY_VIOLATION) {
        return error.explained().hint("rows that refer to these go along with --with CHILD=TABLE");
    }
    if error.is(&SqlState::QUERY_CANCELED) {
        return error.explained().hint(
            "the rows of one block take longer than the lock timeout: look for a foreign key that refers to the table \
             and has no index on its columns, or allow more with --lock-timeout",
        );
    }
    error.explained()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_add_up() {
        let mut moved = Moved::default();
        assert_eq!(moved.add("-9223372036854775808000 3 7"), Some(3));
        assert_eq!(moved.add("0 0 0"), Some(0));
        assert_eq!(moved.add("5 2 1"), Some(2));
        assert_eq!((moved.rows, moved.batches, moved.along.as_slice()), (5, 2, &[8][..]));
        assert_eq!(moved.hash, -9_223_372_036_854_775_807_995);
        assert_eq!(moved.add("5"), None);
    }
}
