//! Brings copies up to what was changed since they were made, waits until nobody is left who could not see them, and
//! proves in one snapshot that they hold the same.
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};

use crate::apply::Event;
use crate::apply::archive::digest;
use crate::apply::runner::Runner;
use crate::apply::transaction::{Timing, milliseconds};
use crate::failure::{Exit, Explain as _};
use crate::pg::lock::older_transactions;
use crate::pg::state::ServerError;
use crate::plan::{CatchUp, Proof, framed};
use crate::{ddl, query};

/// So few changed keys are dealt with while the tables are locked.
const FEW: u64 = 100;
/// More rounds than these: the keys change faster than they can be dealt with.
const MOST_ROUNDS: u32 = 1000;
const POLL: Duration = Duration::from_millis(200);
const REPORT_WAIT: Duration = Duration::from_secs(5);

impl Runner<'_> {
    /// # Errors
    /// The server's; that the changes come too fast; or that the copies are not equal.
    pub(super) async fn catch_up(&self, target: &str, catch_up: &CatchUp) -> anyhow::Result<Timing> {
        self.until_few(target, catch_up).await?;
        self.wait_for_older(target, catch_up).await?;
        if let Some(proof) = &catch_up.proof {
            self.prove(target, proof).await?;
            self.until_few(target, catch_up).await?;
        }
        Ok(Timing { attempts: 1, ..Timing::default() })
    }

    async fn until_few(&self, target: &str, catch_up: &CatchUp) -> anyhow::Result<()> {
        let mut keys = 0;
        for _ in 0..MOST_ROUNDS {
            let round = self.round(target, catch_up).await?;
            keys += round;
            if round > 0 {
                self.tell(Event::BatchDone { target: target.to_owned(), rows: keys });
            }
            if round <= FEW {
                return Ok(());
            }
        }
        let error = anyhow!("rows change faster than the copies can be brought up to them");
        Err(error.exit(Exit::Busy).hint("run the same command again when less is written"))
    }

    /// One transaction, again while it finds rows locked. Gives how many keys it has dealt with.
    async fn round(&self, target: &str, catch_up: &CatchUp) -> anyhow::Result<u64> {
        let limit = self.patience.lock_timeout_ms(self.session.facts().deadlock_timeout_ms);
        let framed = framed(&[], &[], &catch_up.replay, limit, self.patience.statement_timeout_ms());
        let mut attempt = 1;
        loop {
            self.check_stop()?;
            self.session.execute(&catch_up.guard).await.map_err(ServerError::explained)?;
            let began = Instant::now();
            for sql in &framed.begin {
                self.session.execute(sql).await.map_err(ServerError::explained)?;
            }
            let error = match self.session.pipeline(&framed.body).await {
                Ok(answers) => {
                    let last = answers.len().checked_sub(2).and_then(|at| answers.get(at));
                    let keys = last.and_then(|answer| answer.value.as_deref()?.parse().ok());
                    return keys.context("the server gave no number of keys");
                }
                Err(error) => error,
            };
            if !error.lock_busy() {
                return Err(self.stopped_or(error.explained()));
            }
            self.budget().spend(began.elapsed());
            self.pause(target, attempt, &[], &[], error).await?;
            attempt += 1;
        }
    }

    /// A transaction with an older snapshot would not see the rows where they are to be found later. Changes are dealt
    /// with meanwhile, and nobody is held up.
    async fn wait_for_older(&self, target: &str, catch_up: &CatchUp) -> anyhow::Result<()> {
        let rows = self.session.query(&query!("apply/current_transaction.sql"), &[]).await;
        let rows = rows.map_err(ServerError::explained)?;
        let now: String = rows.first().context("the server gave no transaction")?.try_get("id")?;
        let (began, mut told) = (Instant::now(), None::<Instant>);
        loop {
            self.check_stop()?;
            let older = older_transactions(self.session, &now).await?;
            if older.is_empty() {
                return Ok(());
            }
            if told.is_none_or(|told| told.elapsed() >= REPORT_WAIT) {
                told = Some(Instant::now());
                let waited_ms = milliseconds(began) as u64;
                self.tell(Event::Waiting { target: target.to_owned(), waited_ms, blockers: older });
            }
            self.sleep(POLL).await?;
            self.round(target, catch_up).await?;
        }
    }

    async fn prove(&self, target: &str, proof: &Proof) -> anyhow::Result<()> {
        self.session.execute(&ddl!("apply/snapshot_begin.sql")).await.map_err(ServerError::explained)?;
        let compared = async {
            let old = digest(self.session, &proof.old);
            match self.beside().await {
                Some(beside) => self.both(&beside, old, digest(&beside, &proof.new)).await,
                None => Ok((old.await?, digest(self.session, &proof.new).await?)),
            }
        };
        let compared = compared.await;
        let ended = self.session.execute(&ddl!("apply/rollback.sql")).await.map_err(ServerError::explained);
        let (old, new) = compared.map_err(|error| self.stopped_or(error))?;
        ended?;
        ensure!(
            old == new,
            anyhow!(
                "the copies do not hold what they were copied from: {} rows with hash {}, not {} with {}; nothing was \
                 exchanged",
                new.rows,
                new.hash,
                old.rows,
                old.hash
            )
            .hint("take them back with --abort, and tell the makers of pgtend")
        );
        let text = format!("{} rows copied, equal in number and hash", new.rows);
        self.tell(Event::Note { target: target.to_owned(), text });
        Ok(())
    }
}
