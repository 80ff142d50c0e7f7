//! A load whose rows do not leave the server, but for documents that the target refuses a row of: these take the usual
//! way, row by row.
use std::time::Duration;

use anyhow::{Context as _, ensure};

use crate::apply::{Ended, Event, Lane, Load, Moves, ServerSide, Throttle, Times, Took};
use crate::commands::normalize::load::{Documents, Ledger};
use crate::commands::normalize::phases::{Member, Phases, ledger, way};
use crate::failure::Explain as _;
use crate::operations::normalize::{Backfill, Pass, Strategy};
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;

/// What is moved of one mapping.
struct Moving<'a> {
    ledger: Ledger<'a>,
    strategy: Strategy,
    after: Option<String>,
    up_to: String,
}

impl Moves for Moving<'_> {
    fn statement(&self, rows: u32, bytes: u64) -> anyhow::Result<Sql> {
        let range = (self.after.as_deref(), self.up_to.as_str());
        self.ledger.binding.load_there(self.ledger.names, self.strategy, range, rows, bytes)
    }

    fn took(&mut self, answer: &[Option<String>], elapsed: Duration) -> anyhow::Result<Option<Took>> {
        let Some(moved) = self.ledger.binding.moved(answer)? else { return Ok(None) };
        if self.strategy == Strategy::Bulk {
            self.ledger.nothing_left_out(moved.counts.already_present)?;
        }
        let books = self.ledger.account(&moved.reached, &moved.counts, elapsed)?;
        self.after = Some(moved.reached);
        Ok(Some(Took { source_rows: moved.counts.source_rows, bytes: moved.bytes, books }))
    }

    fn progress(&self) -> Event {
        crate::apply::Ledger::progress(&self.ledger)
    }
}

impl Phases<'_> {
    /// Loads one mapping.
    pub(super) async fn load_there(&self, member: &Member, state: &Backfill) -> anyhow::Result<()> {
        if let (Some(pace), Some(up_to)) = (self.pace, self.high_water(member, state).await?) {
            let target = member.target.binding.target.plain();
            let watch = self.context.connect_to_read().await?;
            let limits = pace.limits();
            let throttle = Throttle::new(&watch, target.clone(), limits, vec![member.session.facts().pid]);
            let after = state.reached.clone();
            let mut moving = Moving { ledger: ledger(member, state), strategy: state.strategy, after, up_to };
            let done = self.move_all(member, &mut moving, &throttle, pace.batch_time).await;
            self.context.ui.target_done(&target);
            *member.times.borrow_mut() = done.with_context(|| format!("load {target}"))?;
        }
        self.end_load(member, state).await
    }

    async fn move_all(
        &self,
        member: &Member,
        moving: &mut Moving<'_>,
        throttle: &Throttle<'_>,
        batch_time: Duration,
    ) -> anyhow::Result<Times> {
        let lazy = moving.strategy == Strategy::Bulk;
        let server = ServerSide::new(&member.session, &self.context.stop, throttle, batch_time, lazy);
        let mut times = Times::default();
        let tell = |event: &Event| self.context.ui.event(event);
        while server.run(moving, &mut times, &tell).await? == Ended::Refused {
            self.one_document(member, moving, throttle, batch_time).await?;
        }
        Ok(times)
    }

    /// The next document takes the usual way.
    async fn one_document(
        &self,
        member: &Member,
        moving: &mut Moving<'_>,
        throttle: &Throttle<'_>,
        batch_time: Duration,
    ) -> anyhow::Result<()> {
        let binding = &member.target.binding;
        let next = binding.next_key(moving.after.as_deref(), &moving.up_to)?;
        let next = member.session.read(&next).await.map_err(ServerError::explained)?;
        let next = next.concat().into_iter().flatten().next();
        let key =
            next.context("the row that the target refuses is gone").hint("run the same command again")?;
        let reader = self.context.connect_to_read().await?;
        let mappings = vec![(binding, moving.after.clone(), key.clone())];
        let mut documents = Documents(Pass::begin(&member.session, mappings).await?);
        let way = way(&member.target, moving.strategy)?;
        let before = moving.ledger.counts.source_rows;
        let lane = Lane { writer: &member.session, ledger: &mut moving.ledger, way };
        let load = Load { reader: &reader, stop: &self.context.stop, throttle, batch_time };
        load.run(&mut documents, vec![lane], &|event| self.context.ui.event(event)).await?;
        ensure!(moving.ledger.counts.source_rows > before, "the row that the target refuses is gone");
        moving.after = Some(key);
        Ok(())
    }
}
