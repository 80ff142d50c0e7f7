//! `pgtend normalize run`
use std::rc::Rc;

use clap::Args;
use serde::Serialize;

use crate::apply::{Target as Claim, Times};
use crate::commands::context::Context;
use crate::commands::normalize::pace::PaceArgs;
use crate::commands::normalize::phases::{Member, Phases};
use crate::commands::normalize::targets::{find, mappings, open_books, read_books};
use crate::commands::work::{Shared, Tally};
use crate::failure::Exit;
use crate::operations::normalize::{
    Backfill, Counts, Mapping, Phase, Strategy, backfills, definitions, plan_begin,
};
use crate::pg::session::Session;

/// Load the rows, then keep them in step with every change of the JSON column
///
/// Run again after an interruption, it goes on where the last committed batch ended. Mappings of one source share one
/// pass over it.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Mapping [default: every mapping of the configuration]
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Mappings of one source that are loaded at the same time, each over a connection of its own
    #[arg(short, long, value_name = "NUMBER", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: u8,
    /// Let the server itself read and write the documents: slower, for when it is far away
    #[arg(long)]
    server_side: bool,
    #[command(flatten)]
    pace: PaceArgs,
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
        self.pace.check(context).await?;
        let schema = open_books(context, &session).await?;
        let (shared, tally) = (Shared::new(context), Tally::default());
        let phases = Phases {
            context,
            shared: &shared,
            tally: &tally,
            schema: &schema,
            pace: Some(&self.pace),
            server_side: self.server_side,
        };
        for together in together(&mappings, self.jobs.into()) {
            context.stop.check()?;
            let mut members = Vec::new();
            for mapping in together {
                let spare = members.is_empty().then(|| Rc::clone(&session));
                match member(&phases, spare, mapping).await {
                    Ok(member) => members.push(member),
                    Err(error) => tally.fail(context, &mapping.name, &error),
                }
            }
            claimed(&phases, &members).await?;
        }
        tally.end(context, SCHEMA)
    }
}

/// Mappings that share a pass: of the same source, into different targets.
fn together(mappings: &[Mapping], most: usize) -> Vec<Vec<&Mapping>> {
    let mut groups: Vec<Vec<&Mapping>> = Vec::new();
    for mapping in mappings {
        let fits = |group: &&mut Vec<&Mapping>| {
            group.len() < most
                && group.iter().all(|other| {
                    other.source == mapping.source
                        && other.key == mapping.key
                        && other.target != mapping.target
                })
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(mapping),
            None => groups.push(vec![mapping]),
        }
    }
    groups
}

async fn member(
    phases: &Phases<'_>,
    session: Option<Rc<Session>>,
    mapping: &Mapping,
) -> anyhow::Result<Member> {
    let session = match session {
        Some(session) => session,
        None => {
            let session = phases.context.connect().await?;
            open_books(phases.context, &session).await?;
            session
        }
    };
    let target = find(&session, phases.schema, mapping).await?;
    Ok(Member::new(session, target))
}

/// Works on the members whose targets no other run holds.
pub async fn claimed(phases: &Phases<'_>, members: &[Member]) -> anyhow::Result<()> {
    let (mut claims, mut held) = (Vec::new(), Vec::new());
    for member in members {
        let binding = &member.target.binding;
        let (budget, stop) = (&phases.shared.budget, &phases.context.stop);
        match Claim::claim(&member.session, &binding.target, binding.target_oid, budget, stop).await {
            Ok(claim) => {
                claims.push(claim);
                held.push(member);
            }
            Err(error) => phases.tally.fail(phases.context, member.name(), &error),
        }
    }
    for (member, state) in phases.all(&held).await {
        phases.tally.finish(member.name(), &member.outcome.borrow());
        report(phases.context, member, state)?;
    }
    for claim in claims {
        // A session that has broken has told so, and its claim has gone with it.
        if let Err(error) = claim.release().await {
            tracing::debug!("release the claim: {error:#}");
        }
    }
    Ok(())
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
            let begun = backfills(session, &schema, None).await?;
            target.binding.check_target(session, &begun).await?;
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

fn report(context: &Context, member: &Member, state: Backfill) -> anyhow::Result<()> {
    let (counts, target) = (&state.counts, member.target.binding.target.plain());
    let times: &Times = &member.times.borrow();
    if state.phase == Phase::Moved {
        context.ui.status(&format!("{target}: nothing to do: it is cut over"));
        return Ok(());
    }
    context.ui.status(&format!(
        "{target}: {} elements of {} source rows = {} inserted + {} duplicate + {} rejected + {} skipped + {} already present",
        counts.elements,
        counts.source_rows,
        counts.inserted,
        counts.duplicate,
        counts.rejected,
        counts.skipped,
        counts.already_present
    ));
    context.ui.status(&format!(
        "{target}: {} source rows = {} with elements + {} empty + {} null + {} JSON null + {} of another type",
        counts.source_rows,
        counts.with_elements,
        counts.empty,
        counts.null,
        counts.json_null,
        counts.wrong_type
    ));
    if state.rejects_open > 0 {
        context.ui.warning(&format!(
            "{} elements have no row: pgtend normalize rejects list {}",
            state.rejects_open, state.name
        ));
    }
    if context.ui.is_json() {
        let report = Report {
            event: "mapping_done",
            name: state.name,
            target,
            strategy: state.strategy,
            phase: state.phase,
            counts: state.counts,
            load_ms: state.load_ms,
            batch_p99_ms: times.percentile(0.99),
        };
        context.ui.line("pgtend.normalize.mapping/1", &report)?;
    }
    Ok(())
}
