//! `pgtend normalize run`
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, ensure};
use clap::Args;
use serde::Serialize;

use crate::apply::{Event, Limits, Load, Throttle, Times, Way};
use crate::commands::context::Context;
use crate::commands::normalize::load::{Documents, Ledger};
use crate::commands::normalize::targets::{Target, find, mappings, open_books, read_books};
use crate::commands::work::{Shared, Subject, Tally};
use crate::failure::{Exit, Explain as _};
use crate::operations::normalize::{
    Backfill, Counts, Kind, Mapping, Phase, Reader, Strategy, backfills, definitions, missing, plan_begin,
    plan_restore, plan_settle, plan_switch,
};
use crate::pg::lock::older_transactions;
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::plan::{Plan, consent};

/// Load the rows, then keep them in step with every change of the JSON column
///
/// Run again after an interruption, it goes on where the last committed batch ended.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Mapping [default: every mapping of the configuration]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    #[command(flatten)]
    pace: PaceArgs,
}

#[derive(Debug, Args)]
pub struct PaceArgs {
    /// How long the transaction of a batch should take
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = humantime::parse_duration)]
    batch_time: Duration,
    /// Pause while this file exists
    #[arg(long, value_name = "FILE")]
    throttle_file: Option<PathBuf>,
    /// Pause while the first value that this query gives is neither false, 0 nor null
    #[arg(long, value_name = "SQL")]
    throttle_query: Option<String>,
    /// Pause while a standby has more megabytes of WAL to replay
    #[arg(long, value_name = "MB", default_value_t = 64)]
    max_lag_mb: u32,
}

pub const SCHEMA: &str = "pgtend.normalize.run/1";

/// What a run has to say of a mapping in the end.
#[derive(Debug, Serialize)]
struct Report {
    event: &'static str,
    name: String,
    target: String,
    strategy: Strategy,
    phase: Phase,
    counts: Counts,
    load_ms: i64,
    batch_p99_ms: Option<f64>,
}

impl RunArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let mappings = mappings(context, &self.names)?;
        if context.args.dry_run {
            return dry_run(context, &session, &mappings).await;
        }
        let schema = open_books(context, &session).await?;
        let (shared, tally) = (Shared::new(context), Tally::default());
        for mapping in &mappings {
            context.stop.check()?;
            match self.mapping(context, &shared, &session, &schema, mapping).await {
                Ok(outcome) => tally.finish(&mapping.name, &outcome),
                Err(error) => tally.fail(context, &mapping.name, &error),
            }
        }
        tally.end(context, SCHEMA)
    }

    async fn mapping(
        &self,
        context: &Context,
        shared: &Shared,
        session: &Session,
        schema: &Ident,
        mapping: &Mapping,
    ) -> anyhow::Result<crate::apply::Outcome> {
        let target = find(session, schema, mapping).await?;
        let (relation, oid) = (target.binding.target.clone(), target.binding.target_oid);
        let subject = Subject { relation: &relation, oid, linked: false };
        let run = Run { args: self, context, shared, session, schema };
        shared.claimed(context, session, &subject, run.all(target)).await
    }
}

/// The statements that would come before the load. `plan` tells what the load would do.
async fn dry_run(context: &Context, session: &Session, mappings: &[Mapping]) -> anyhow::Result<Exit> {
    let schema = read_books(context, session).await?;
    let tally = Tally::default();
    let mut plans = Vec::new();
    for mapping in mappings {
        let plan = async {
            let mut target = find(session, &schema, mapping).await?;
            if target.state.is_some() {
                return Ok(None);
            }
            target.binding.check_target(session).await?;
            let known = definitions(session, target.binding.target_oid).await?;
            plan_begin(&target.binding, &target.names, &known).map(Some)
        };
        match plan.await {
            Ok(plan) => plans.extend(plan),
            Err(error) => tally.fail(context, &mapping.name, &error),
        }
    }
    tally.show(context, session, SCHEMA, &plans)
}

/// One mapping from claim to release.
struct Run<'a> {
    args: &'a RunArgs,
    context: &'a Context,
    shared: &'a Shared,
    session: &'a Session,
    schema: &'a Ident,
}

impl Run<'_> {
    /// Goes from phase to phase; each is noted in the transaction that ends it.
    async fn all(&self, mut target: Target) -> anyhow::Result<crate::apply::Outcome> {
        let mut outcome = crate::apply::Outcome::default();
        let mut times = Times::default();
        // Another run may just have ended, whose claim this one has waited for.
        let mut state = self.state(&target).await?;
        if state.is_none() {
            target.binding.check_target(self.session).await?;
            let known = definitions(self.session, target.binding.target_oid).await?;
            let plan = plan_begin(&target.binding, &target.names, &known)?;
            self.apply(plan, &mut outcome).await?;
            state = self.state(&target).await?;
        }
        loop {
            let now = state.take().context("the books of the mapping are gone")?;
            match now.phase {
                Phase::Load => times = self.load(&target, &now).await?,
                Phase::Restore => self.restore(&target, &now, &mut outcome).await?,
                Phase::Drain => {
                    let missing = missing(self.session, target.binding.target_oid, &now.restore).await?;
                    self.apply(plan_switch(&target.binding, &target.names, &missing)?, &mut outcome).await?;
                }
                Phase::Settle => self.settle(&target, &now, &mut outcome).await?,
                Phase::Direct | Phase::Moved => {
                    now.counts.balance().context("count the elements").hint(FAULT)?;
                    self.report(&target, now, &times)?;
                    return Ok(outcome);
                }
            }
            state = self.state(&target).await?;
        }
    }

    async fn state(&self, target: &Target) -> anyhow::Result<Option<Backfill>> {
        let name = &target.binding.mapping.name;
        Ok(backfills(self.session, self.schema, Some(name)).await?.pop())
    }

    async fn apply(&self, plan: Plan, outcome: &mut crate::apply::Outcome) -> anyhow::Result<()> {
        for note in &plan.notes {
            self.context.ui.status(&format!("{}: {note}", plan.target.plain()));
        }
        for consented in &consent(vec![plan], |_| Ok(false))? {
            outcome.steps.extend(self.shared.apply(self.context, self.session, consented).await?.steps);
        }
        Ok(())
    }

    async fn load(&self, target: &Target, state: &Backfill) -> anyhow::Result<Times> {
        let (binding, names) = (&target.binding, &target.names);
        let session = self.session;
        let mut times = Times::default();
        if let Some(high_water) = self.high_water(target, state).await? {
            let reader = self.context.connect_to_read().await?;
            let watch = self.context.connect_to_read().await?;
            let mut documents = Documents {
                binding,
                reader: Reader::new(binding.compiled()),
                reached: state.reached.clone(),
                high_water,
            };
            let mut ledger = Ledger {
                names,
                target: binding.target.plain(),
                estimate: (binding.source_rows > 0.0).then_some(binding.source_rows),
                counts: state.counts.clone(),
                begun: Instant::now(),
                batch_ms: 0.0,
                rows_before: state.counts.inserted,
            };
            let limits = self.args.pace.limits(session.facts().pid);
            let throttle = Throttle { session: &watch, target: binding.target.plain(), limits, looked: None };
            let batch_time = self.args.pace.batch_time;
            let stop = &self.context.stop;
            let mut load = Load { reader: &reader, writer: session, stop, throttle, batch_time };
            let tell = |event: &Event| self.context.ui.event(event);
            let way = way(target, state.strategy)?;
            let done = load.run(&mut documents, &mut ledger, &way, &tell).await;
            self.context.ui.target_done(&binding.target.plain());
            times = done.with_context(|| format!("load {}", binding.target.plain()))?;
        }
        self.check_load(target).await?;
        let next = if state.strategy == Strategy::Bulk { "restore" } else { "drain" };
        session.execute(&names.set_phase(next)).await.map_err(ServerError::explained)?;
        Ok(times)
    }

    /// Where the load ends: the greatest key at its beginning. None: the source is empty.
    async fn high_water(&self, target: &Target, state: &Backfill) -> anyhow::Result<Option<String>> {
        if state.high_water.is_some() {
            return Ok(state.high_water.clone());
        }
        let last = self.session.read(&target.binding.last_key()).await.map_err(ServerError::explained)?;
        let Some(last) = last.concat().into_iter().flatten().next() else { return Ok(None) };
        let set = target.names.set_high_water(&last);
        self.session.execute(&set).await.map_err(ServerError::explained)?;
        Ok(Some(last))
    }

    /// Every element is accounted for, and in an empty target there are as many rows as were inserted.
    async fn check_load(&self, target: &Target) -> anyhow::Result<()> {
        let state = self.state(target).await?.context("the books of the mapping are gone")?;
        state.counts.balance().context("count the elements").hint(FAULT)?;
        if state.strategy == Strategy::Bulk {
            let count = self.session.read(&target.binding.count_target()).await;
            let count = count.map_err(ServerError::explained)?.concat().into_iter().flatten().next();
            let count: u64 = count.and_then(|count| count.parse().ok()).unwrap_or(0);
            ensure!(
                count == state.counts.inserted,
                "{} rows were inserted into {}, and {count} are there: somebody else writes into it",
                state.counts.inserted,
                target.binding.target.plain()
            );
        }
        Ok(())
    }

    async fn restore(
        &self,
        target: &Target,
        state: &Backfill,
        outcome: &mut crate::apply::Outcome,
    ) -> anyhow::Result<()> {
        let missing = missing(self.session, target.binding.target_oid, &state.restore).await?;
        self.apply(plan_restore(&target.binding, &target.names, &missing)?, outcome).await
    }

    async fn settle(
        &self,
        target: &Target,
        state: &Backfill,
        outcome: &mut crate::apply::Outcome,
    ) -> anyhow::Result<()> {
        let switched = state.switched.as_deref().context("the books do not say when it was switched")?;
        let began = Instant::now();
        loop {
            let older = older_transactions(self.session, switched).await?;
            if older.is_empty() {
                break;
            }
            if began.elapsed() > self.context.patience.budget {
                let names: Vec<String> = older.iter().map(ToString::to_string).collect();
                let error = anyhow!("transactions from before the switch are still open").exit(Exit::Busy);
                return Err(error
                    .detail(names.join("\n"))
                    .hint("nobody is held up; run the same command again when they have ended"));
            }
            self.context.stop.sleep(Duration::from_millis(50)).await?;
        }
        let unproved: Vec<Ident> = state
            .restore
            .iter()
            .filter(|definition| definition.kind == Kind::ForeignKey)
            .map(|definition| Ident::new(&definition.name))
            .collect::<anyhow::Result<_>>()?;
        self.apply(plan_settle(&target.binding, &target.names, &unproved), outcome).await
    }

    fn report(&self, target: &Target, state: Backfill, times: &Times) -> anyhow::Result<()> {
        let counts = &state.counts;
        self.context.ui.status(&format!(
            "{}: {} elements of {} source rows = {} inserted + {} duplicate + {} rejected + {} skipped + {} already present",
            target.binding.target.plain(),
            counts.elements,
            counts.source_rows,
            counts.inserted,
            counts.duplicate,
            counts.rejected,
            counts.skipped,
            counts.already_present
        ));
        if state.rejects_open > 0 {
            self.context.ui.warning(&format!(
                "{} elements have no row: pgtend normalize rejects list {}",
                state.rejects_open, state.name
            ));
        }
        if self.context.ui.is_json() {
            let report = Report {
                event: "mapping_done",
                name: state.name,
                target: target.binding.target.plain(),
                strategy: state.strategy,
                phase: state.phase,
                counts: state.counts,
                load_ms: state.load_ms,
                batch_p99_ms: times.percentile(0.99),
            };
            self.context.ui.line("pgtend.normalize.mapping/1", &report)?;
        }
        Ok(())
    }
}

const FAULT: &str = "this is a fault in pgtend; what was committed stays";

impl PaceArgs {
    fn limits(&self, writer: i32) -> Limits {
        Limits {
            file: self.throttle_file.clone(),
            query: self.throttle_query.clone(),
            lag_bytes: Some(i64::from(self.max_lag_mb) << 20),
            blocker: Some(writer),
        }
    }
}

fn way(target: &Target, strategy: Strategy) -> anyhow::Result<Way> {
    let copy = target.binding.load();
    Ok(match strategy {
        Strategy::Bulk => Way::Bulk { copy },
        Strategy::Merge => {
            let [stage, copy_stage, merge] = target.binding.stage()?;
            Way::Merge { copy, stage, copy_stage, merge }
        }
    })
}
