//! A plan before it is applied: as SQL that psql runs, with locks and interruptions in comments, or as JSON.
use serde::Serialize;

use crate::output::format::{bytes, count};
use crate::output::ui::{Format, Ui};
use crate::pg::lock::LockMode;
use crate::pg::sql::Sql;
use crate::plan::{FileFormat, Held, Lock, Loss, Plan, Proof, Run, Standing, Step, framed};

/// How the frame around a transaction is shown, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    pub lock_ms: u32,
    pub statement_ms: u32,
}

#[derive(Serialize)]
struct PlanView<'a> {
    target: String,
    notes: &'a [String],
    steps: Vec<StepView<'a>>,
}

#[derive(Serialize)]
struct StepView<'a> {
    step: usize,
    summary: &'a str,
    run: &'static str,
    sql: Vec<String>,
    locks: &'a [Lock],
    destroys: Option<&'a Loss>,
    if_interrupted: &'a str,
    runs_after_a_failure: bool,
}

/// A target for which no plan could be made.
#[derive(Clone, Debug, Serialize)]
pub struct Unplanned {
    pub target: String,
    pub error: String,
}

#[derive(Serialize)]
struct Plans<'a> {
    plans: Vec<PlanView<'a>>,
    failed: &'a [Unplanned],
}

impl Ui {
    /// Writes the plans to stdout. Nothing to do is said on stderr, unless it is because a target has `failed`.
    pub fn plans(
        &self,
        schema: &str,
        plans: &[Plan],
        timeouts: Timeouts,
        failed: &[Unplanned],
    ) -> anyhow::Result<()> {
        if self.format() == Format::Json {
            let plans = plans.iter().map(|plan| view(plan, timeouts)).collect();
            return self.document(schema, &Plans { plans, failed });
        }
        let some: Vec<&Plan> = plans.iter().filter(|plan| !plan.is_empty()).collect();
        if some.is_empty() && failed.is_empty() {
            self.status("nothing to do");
        }
        some.into_iter().try_for_each(|plan| self.answer(&script(plan, timeouts)))
    }
}

fn view(plan: &Plan, timeouts: Timeouts) -> PlanView<'_> {
    let steps = plan.steps.iter().enumerate().map(|(index, step)| StepView {
        step: index + 1,
        summary: &step.summary,
        run: match step.run {
            Run::Transaction { .. } => "transaction",
            Run::Alone { .. } => "alone",
            Run::Batches { .. } => "batches",
            Run::Archive(_) => "archive",
            Run::Restore(_) => "restore",
            Run::Fill(_) => "fill",
            Run::CatchUp(_) => "catch_up",
            Run::Move(_) => "move",
        },
        sql: statements(step, timeouts),
        locks: &step.locks,
        destroys: step.destroys.as_ref(),
        if_interrupted: step.interrupted,
        runs_after_a_failure: step.standing != Standing::Ordinary,
    });
    PlanView { target: plan.target.plain(), notes: &plan.notes, steps: steps.collect() }
}

fn script(plan: &Plan, timeouts: Timeouts) -> String {
    let steps =
        if plan.steps.len() == 1 { "1 step".to_owned() } else { format!("{} steps", plan.steps.len()) };
    let mut lines = vec![comment("", &format!("{}: {steps}", plan.target.plain()))];
    lines.extend(plan.notes.iter().map(|note| comment("note: ", note)));
    for (index, step) in plan.steps.iter().enumerate() {
        lines.push(String::new());
        lines.push(comment("", &format!("step {}: {}", index + 1, step.summary)));
        lines.extend(step.locks.iter().map(|lock| comment("lock: ", &lock_words(lock))));
        lines.extend(step.destroys.iter().map(|loss| comment("destroys: ", &loss_words(loss))));
        lines.push(comment("if interrupted: ", step.interrupted));
        if matches!(step.standing, Standing::TakesBack { .. } | Standing::AfterFailureOf { .. }) {
            lines.push(comment("", "only when a step before it has failed; not run by this script"));
            continue;
        }
        lines.extend(match &step.run {
            Run::Transaction { .. } => None,
            Run::Alone { .. } => Some(comment("", "has transactions of its own; cannot run inside one")),
            Run::Fill(fill) => {
                let jobs = fill.jobs;
                Some(comment(
                    "",
                    &format!(
                        "each statement by itself, {jobs} tables at a time; psql takes one after the other"
                    ),
                ))
            }
            Run::CatchUp(_) => Some(comment("", "in one transaction, repeated until little is left")),
            Run::Archive(archive) => {
                let format = match archive.form.format() {
                    FileFormat::Csv => "into files of ",
                    FileFormat::Parquet => "into Parquet files of ",
                };
                Some(comment(format, &archive.store.to_string()))
            }
            Run::Restore(restore) => Some(comment("from ", &restore.file.to_string())),
            Run::Move(_) => {
                Some(comment("", "by pgtend, some blocks at a time; the statement for the first of them:"))
            }
            Run::Batches { .. } => {
                Some(comment("", "repeated until it touches no row; psql runs it once, so repeat it by hand"))
            }
        });
        lines.extend(statements(step, timeouts));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// One line of comment, whatever a table is called: a name may hold a line break.
fn comment(head: &str, text: &str) -> String {
    format!("-- {head}{}", text.replace(['\n', '\r'], " "))
}

fn statements(step: &Step, timeouts: Timeouts) -> Vec<String> {
    match &step.run {
        Run::Transaction { prepare, act } => {
            let Timeouts { lock_ms, statement_ms } = timeouts;
            let ahead =
                (!step.ahead.is_empty()).then(|| framed(&[], &[], &step.ahead, lock_ms, statement_ms));
            let own = framed(prepare, &step.locks, act, lock_ms, statement_ms);
            let transactions = ahead.iter().chain([&own]);
            transactions.flat_map(|one| one.begin.iter().chain(&one.body)).map(ToString::to_string).collect()
        }
        // A batch has half of its time for waits, as when it is run.
        Run::Batches { guard, statements } => {
            let act: Vec<Sql> = guard.iter().chain(statements.first()).cloned().collect();
            let batch = framed(&[], &step.locks, &act, (timeouts.lock_ms / 2).max(1), timeouts.lock_ms);
            batch.begin.iter().chain(&batch.body).map(ToString::to_string).collect()
        }
        Run::CatchUp(catch_up) => {
            let round = framed(&[], &[], &catch_up.replay, timeouts.lock_ms, timeouts.statement_ms);
            let proof = catch_up.proof.iter().flat_map(Proof::queries);
            round.begin.iter().chain(&round.body).chain(proof).map(ToString::to_string).collect()
        }
        Run::Move(moving) => moving.example().iter().map(ToString::to_string).collect(),
        _ => step.statements().into_iter().map(ToString::to_string).collect(),
    }
}

fn lock_words(lock: &Lock) -> String {
    let held = match lock.held {
        Held::Briefly => "for an instant",
        Held::WhileReading if lock.mode == LockMode::AccessExclusive => {
            "while it reads the tables below; readers and writers wait as long"
        }
        Held::WhileReading => "while it reads the table; readers and writers go on",
    };
    format!("{} on {}, {held}", lock.mode, lock.relation.plain())
}

/// What would be gone, for a plan or a question.
pub(super) fn loss_words(loss: &Loss) -> String {
    let rows = loss.rows.map(|rows| format!("about {} rows", count(rows)));
    let size = loss.bytes.map(bytes);
    let facts: Vec<String> = [rows, size].into_iter().flatten().collect();
    let what =
        if facts.is_empty() { loss.what.clone() } else { format!("{} ({})", loss.what, facts.join(", ")) };
    std::iter::once(what).chain(loss.also.iter().cloned()).collect::<Vec<_>>().join("; also ")
}

impl Ui {
    /// Shows what would be destroyed and asks for consent.
    ///
    /// # Errors
    /// When nobody can be asked and consent was not given beforehand.
    pub fn consent_to(&self, losses: &[&Loss], agreed: bool) -> anyhow::Result<bool> {
        if agreed {
            return Ok(true);
        }
        for loss in losses {
            self.say(&format!("  {}", loss_words(loss)));
        }
        self.confirm(&question(losses))
    }
}

/// Relations that go are told by name, or by their number; other losses as they are.
fn question(losses: &[&Loss]) -> String {
    let all = |noun: &str| losses.iter().all(|loss| loss.what.starts_with(noun));
    let nouns = [("partition ", "partitions"), ("index ", "indexes")];
    let Some((_, plural)) = nouns.into_iter().find(|(noun, _)| all(noun)) else {
        let all: Vec<&str> = losses.iter().map(|loss| loss.what.as_str()).collect();
        return format!("Lose {}, for good?", all.join(", "));
    };
    let things = match losses {
        [loss] => loss.what.clone(),
        some => format!("{} {plural}", some.len()),
    };
    let size: i64 = losses.iter().filter_map(|loss| loss.bytes).sum();
    let holding = if size > 0 { format!(" holding {}", bytes(size)) } else { String::new() };
    format!("Drop {things}{holding}, for good?")
}
