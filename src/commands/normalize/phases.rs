//! From phase to phase: each is noted in the transaction that ends it, so that the next run goes on from there. Mappings
//! of one source are loaded together, and their indexes made side by side.
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use futures_util::future::{join_all, try_join_all};

use crate::apply::{Event, Lane, Load, Outcome, Throttle, Times, Way};
use crate::commands::context::Context;
use crate::commands::normalize::load::{Documents, Ledger};
use crate::commands::normalize::pace::PaceArgs;
use crate::commands::normalize::targets::Target;
use crate::commands::work::{Shared, Tally};
use crate::failure::{Exit, Explain as _};
use crate::operations::normalize::{
    Backfill, Pass, Phase, Strategy, backfills, definitions, missing, plan_begin, plan_catch_up, plan_prove,
    plan_restore, plan_settle, plan_switch, unproved,
};
use crate::pg::lock::older_transactions;
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::plan::{Plan, consent};

/// A mapping that is worked on, with the session that holds the claim on its target.
#[derive(Debug)]
pub struct Member {
    pub session: Rc<Session>,
    pub target: Target,
    pub outcome: RefCell<Outcome>,
    pub times: RefCell<Times>,
}

impl Member {
    pub fn new(session: Rc<Session>, target: Target) -> Self {
        Self { session, target, outcome: RefCell::default(), times: RefCell::default() }
    }

    pub fn name(&self) -> &str {
        &self.target.binding.mapping.name
    }
}

/// A run, whatever it works on.
#[derive(Debug)]
pub struct Phases<'a> {
    pub context: &'a Context,
    pub shared: &'a Shared,
    pub tally: &'a Tally,
    pub schema: &'a Ident,
    /// For a load; none where there is nothing to load.
    pub pace: Option<&'a PaceArgs>,
    /// The rows of a load do not leave the server.
    pub server_side: bool,
}

impl Phases<'_> {
    /// All the way. What fails is told, and keeps nothing else from its end. Gives the mappings that are in step.
    pub async fn all<'m>(&self, members: &[&'m Member]) -> Vec<(&'m Member, Backfill)> {
        let begun = self.each(members, async |member| self.begin(member).await).await;
        let begun: Vec<&Member> = begun.into_iter().map(|(member, ())| member).collect();
        let states = self.each(&begun, async |member| self.state(member).await).await;
        let (loading, mut ready): (Vec<_>, Vec<_>) =
            states.into_iter().partition(|(_, state)| state.phase == Phase::Load);
        let loaded = if self.server_side {
            try_join_all(loading.iter().map(|(member, state)| self.load_there(member, state)))
                .await
                .map(|_| ())
        } else {
            self.load(&loading).await
        };
        match loaded {
            Ok(()) => ready.extend(loading),
            Err(error) => {
                let names: Vec<String> = loading.iter().map(|(member, _)| member.name().to_owned()).collect();
                self.tally.fail_all(self.context, &names, &error);
            }
        }
        let ready: Vec<&Member> = ready.into_iter().map(|(member, _)| member).collect();
        let restored = join_all(ready.iter().map(|member| self.restore(member))).await;
        let mut done = Vec::new();
        for (member, restored) in ready.into_iter().zip(restored) {
            let rest = async {
                restored?;
                self.rest(member).await
            };
            match rest.await {
                Ok(state) => done.push((member, state)),
                Err(error) => self.tally.fail(self.context, member.name(), &error),
            }
        }
        done
    }

    /// A change of a mapping that is in step, which is settled as the first switch was.
    ///
    /// # Errors
    /// The server's.
    pub async fn again(&self, member: &Member, plan: Plan) -> anyhow::Result<Backfill> {
        self.apply(member, plan).await?;
        self.rest(member).await
    }

    async fn each<'m, T>(
        &self,
        members: &[&'m Member],
        one: impl AsyncFn(&'m Member) -> anyhow::Result<T>,
    ) -> Vec<(&'m Member, T)> {
        let mut done = Vec::new();
        for member in members {
            match one(member).await {
                Ok(value) => done.push((*member, value)),
                Err(error) => self.tally.fail(self.context, member.name(), &error),
            }
        }
        done
    }

    async fn state(&self, member: &Member) -> anyhow::Result<Backfill> {
        let found = backfills(&member.session, self.schema, Some(member.name())).await?.pop();
        found.context("the books of the mapping are gone")
    }

    async fn apply(&self, member: &Member, plan: Plan) -> anyhow::Result<()> {
        for note in &plan.notes {
            self.context.ui.status(&format!("{}: {note}", plan.target.plain()));
        }
        for consented in &consent(vec![plan], |_| Ok(false))? {
            let done = self.shared.apply(self.context, &member.session, consented).await?;
            member.outcome.borrow_mut().steps.extend(done.steps);
        }
        Ok(())
    }

    async fn begin(&self, member: &Member) -> anyhow::Result<()> {
        // Another run may just have ended, whose claim this one has waited for.
        let begun = backfills(&member.session, self.schema, None).await?;
        if begun.iter().any(|state| state.name == member.name()) {
            return Ok(());
        }
        let mut binding = member.target.binding.clone();
        binding.check_target(&member.session, &begun).await?;
        let known = definitions(&member.session, binding.target_oid).await?;
        self.apply(member, plan_begin(&binding, &member.target.names, &known)?).await
    }

    /// Loads mappings of one source in one pass.
    async fn load(&self, members: &[(&Member, Backfill)]) -> anyhow::Result<()> {
        let Some((first, _)) = members.first() else { return Ok(()) };
        let (mut mappings, mut lanes, mut read) = (Vec::new(), Vec::new(), Vec::new());
        for (member, state) in members {
            let binding = &member.target.binding;
            // Without one the source was empty when the triggers were there.
            let Some(high_water) = self.high_water(member, state).await? else { continue };
            mappings.push((binding, state.reached.clone(), high_water));
            read.push(member);
            lanes.push(Lane {
                writer: &member.session,
                ledger: ledger(member, state),
                way: way(&member.target, state.strategy)?,
            });
        }
        if let (Some(pace), false) = (self.pace, lanes.is_empty()) {
            let reader = self.context.connect_to_read().await?;
            let watch = self.context.connect_to_read().await?;
            let writers = lanes.iter().map(|lane| lane.writer.facts().pid).collect();
            let names: Vec<String> = lanes.iter().map(|lane| lane.ledger.target.clone()).collect();
            let names = names.join(", ");
            let throttle = Throttle::new(&watch, names.clone(), pace.limits(), writers);
            let (stop, batch_time) = (&self.context.stop, pace.batch_time);
            let load = Load { reader: &reader, stop, throttle: &throttle, batch_time };
            let mut documents = Documents(Pass::begin(&first.session, mappings).await?);
            let tell = |event: &Event| self.context.ui.event(event);
            let done = load.run(&mut documents, lanes, &tell).await;
            members
                .iter()
                .for_each(|(member, _)| self.context.ui.target_done(&member.target.binding.target.plain()));
            let times = done.with_context(|| format!("load {names}"))?;
            for (member, times) in read.into_iter().zip(times) {
                *member.times.borrow_mut() = times;
            }
        }
        for (member, state) in members {
            self.end_load(member, state).await?;
        }
        Ok(())
    }

    /// The statement waits for the disk, and so brings all of the load there.
    pub(super) async fn end_load(&self, member: &Member, state: &Backfill) -> anyhow::Result<()> {
        self.check_load(member).await?;
        let next = if state.strategy == Strategy::Bulk { "restore" } else { "drain" };
        let set = member.target.names.set_phase(next);
        member.session.execute(&set).await.map_err(ServerError::explained)
    }

    /// Where the load ends: the greatest key at its beginning. None: the source is empty.
    pub(super) async fn high_water(
        &self,
        member: &Member,
        state: &Backfill,
    ) -> anyhow::Result<Option<String>> {
        if state.high_water.is_some() {
            return Ok(state.high_water.clone());
        }
        let (session, target) = (&member.session, &member.target);
        let last = session.read(&target.binding.last_key()).await.map_err(ServerError::explained)?;
        let Some(last) = last.concat().into_iter().flatten().next() else { return Ok(None) };
        session.execute(&target.names.set_high_water(&last)).await.map_err(ServerError::explained)?;
        Ok(Some(last))
    }

    /// Every element is accounted for, and in an empty target there are as many rows as were inserted.
    async fn check_load(&self, member: &Member) -> anyhow::Result<()> {
        let (state, binding) = (self.state(member).await?, &member.target.binding);
        state.counts.balance().context("count the elements").hint(FAULT)?;
        if state.strategy == Strategy::Bulk {
            let count = member.session.read(&binding.count_target()).await;
            let count = count.map_err(ServerError::explained)?.concat().into_iter().flatten().next();
            let count: u64 = count.and_then(|count| count.parse().ok()).unwrap_or(0);
            ensure!(
                count == state.counts.inserted,
                "{} rows were inserted into {}, and {count} are there: somebody else writes into it",
                state.counts.inserted,
                binding.target.plain()
            );
        }
        Ok(())
    }

    /// The indexes and unique constraints of a target that was empty.
    async fn restore(&self, member: &Member) -> anyhow::Result<()> {
        let state = self.state(member).await?;
        if state.phase != Phase::Restore {
            return Ok(());
        }
        let binding = &member.target.binding;
        let missing = missing(&member.session, binding.target_oid, &state.restore).await?;
        self.apply(member, plan_restore(binding, &member.target.names, &missing)?).await
    }

    /// From the drain on.
    async fn rest(&self, member: &Member) -> anyhow::Result<Backfill> {
        loop {
            let state = self.state(member).await?;
            match state.phase {
                Phase::Load | Phase::Restore => {
                    return Err(anyhow!("the books say that it is not loaded").hint(FAULT));
                }
                Phase::Drain => self.switch(member, &state).await?,
                Phase::Settle => self.settle(member, &state).await?,
                Phase::Direct | Phase::Moved => {
                    state.counts.balance().context("count the elements").hint(FAULT)?;
                    return Ok(state);
                }
            }
        }
    }

    async fn switch(&self, member: &Member, state: &Backfill) -> anyhow::Result<()> {
        let (session, target) = (&member.session, &member.target);
        let missing = missing(session, target.binding.target_oid, &state.restore).await?;
        self.apply(member, plan_switch(&target.binding, &target.names, &missing)?).await
    }

    /// Until no transaction is left that could have written a source row without seeing what its rows are.
    async fn settle(&self, member: &Member, state: &Backfill) -> anyhow::Result<()> {
        let (binding, names) = (&member.target.binding, &member.target.names);
        let unproved = unproved(&member.session, binding.target_oid, &state.restore).await?;
        self.apply(member, plan_prove(binding, names, &unproved)?).await?;
        let began = Instant::now();
        loop {
            let switched =
                self.state(member).await?.switched.context("the books do not say when it was switched")?;
            self.older_end(member, &switched, began).await?;
            self.apply(member, plan_catch_up(binding, names)).await?;
            if self.state(member).await?.switched.as_ref() == Some(&switched) {
                break;
            }
        }
        self.apply(member, plan_settle(binding, names)).await
    }

    async fn older_end(&self, member: &Member, switched: &str, began: Instant) -> anyhow::Result<()> {
        const LOOK: Duration = Duration::from_millis(50);
        loop {
            let older = older_transactions(&member.session, switched).await?;
            if older.is_empty() {
                return Ok(());
            }
            if began.elapsed() > self.context.patience.budget {
                let names: Vec<String> = older.iter().map(ToString::to_string).collect();
                let error = anyhow!("transactions from before the last change of rows are still open")
                    .exit(Exit::Busy);
                return Err(error
                    .detail(names.join("\n"))
                    .hint("nobody is held up; run the same command again when they have ended"));
            }
            self.context.stop.sleep(LOOK).await?;
        }
    }
}

const FAULT: &str = "this is a fault in pgtend; what was committed stays";

pub(super) fn ledger<'m>(member: &'m Member, state: &Backfill) -> Ledger<'m> {
    let binding = &member.target.binding;
    Ledger {
        binding,
        names: &member.target.names,
        target: binding.target.plain(),
        estimate: (binding.source_rows > 0.0).then_some(binding.source_rows),
        counts: state.counts.clone(),
        begun: Instant::now(),
        batch_ms: 0.0,
        rows_before: state.counts.inserted,
    }
}

pub(super) fn way(target: &Target, strategy: Strategy) -> anyhow::Result<Way> {
    let copy = target.binding.load();
    Ok(match strategy {
        Strategy::Bulk => Way::Bulk { copy },
        Strategy::Merge => {
            let [stage, copy_stage, merge] = target.binding.stage()?;
            Way::Merge { copy, stage, copy_stage, merge }
        }
    })
}
