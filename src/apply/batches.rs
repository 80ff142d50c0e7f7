//! A step that is one statement over a bounded number of rows, in a transaction of its own, until no row is left.
use std::time::Instant;

use crate::apply::Event;
use crate::apply::runner::Runner;
use crate::apply::transaction::Timing;
use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;
use crate::plan::framed;

impl Runner<'_> {
    pub(super) async fn batches(&self, target: &str, statement: &Sql) -> anyhow::Result<Timing> {
        let (mut rows, mut attempt) = (0, 1);
        loop {
            self.check_stop()?;
            let began = Instant::now();
            match self.batch(statement).await {
                Ok(0) => return Ok(Timing { attempts: attempt, ..Timing::default() }),
                Ok(touched) => {
                    rows += touched;
                    self.tell(Event::BatchDone { target: target.to_owned(), rows });
                }
                Err(error) if error.lock_busy() && !self.budget().is_spent() => {
                    self.budget().spend(began.elapsed());
                    let pause = self.budget().pause(attempt);
                    self.budget().spend(pause);
                    self.sleep(pause).await?;
                    attempt += 1;
                }
                Err(error) if error.lock_busy() => return Err(error.explained().exit(Exit::Busy)),
                Err(error) => return Err(self.stopped_or(error.explained())),
            }
        }
    }

    async fn batch(&self, statement: &Sql) -> Result<u64, ServerError> {
        let lock_ms = self.patience.lock_timeout_ms(self.session.facts().deadlock_timeout_ms);
        let frame = framed(&[], &[], &[], lock_ms, self.patience.statement_timeout_ms());
        for sql in &frame.begin {
            self.session.execute(sql).await?;
        }
        let touched = self.session.execute_counted(statement).await;
        let ended = if touched.is_ok() { ddl!("apply/commit.sql") } else { ddl!("apply/rollback.sql") };
        self.session.execute(&ended).await?;
        touched
    }
}
