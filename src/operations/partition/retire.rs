//! Which partitions are older than what is kept, and the plan that lets them go: detached without stopping anybody,
//! then dropped. Each step can be met half-done: the mark in the table's comment says what was meant.
use anyhow::{anyhow, bail, ensure};

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::policy::{DropMode, Policy};
use crate::operations::partition::survey::DropEvidence;
use crate::operations::partition::timeline::{Part, Timeline};
use crate::pg::catalog::{ForeignKeys, OnDelete, Partition, RelationKind};
use crate::pg::lock::LockMode;
use crate::pg::name::{Literal, Relation};
use crate::pg::sql::{Keyword, Sql};
use crate::plan::{Lock, Loss, Plan, Recover, Run, Step};

/// What retention asks for.
#[derive(Clone, Debug)]
pub struct Retired<'a> {
    /// Whole range before the horizon, oldest first.
    pub due: Vec<&'a Part>,
    /// Marked by an earlier run, and no longer due.
    pub spared: Vec<&'a Part>,
    /// Rows from here on are kept; a point of the key.
    pub horizon: i64,
}

impl Retired<'_> {
    /// For a table of which nothing is ever dropped.
    pub const fn nothing() -> Self {
        Self { due: Vec::new(), spared: Vec::new(), horizon: i64::MIN }
    }
}

const MARK: &str = "pgtend:drop parent=";

/// Partitions whose whole range lies before what is kept. Never the current one, never one of the future, never the
/// last one that is left. `now` is a point of the key.
pub fn due<'a>(timeline: &'a Timeline, policy: &Policy, now: i64) -> anyhow::Result<Option<Retired<'a>>> {
    let Some(keep) = policy.keep else { return Ok(None) };
    let begin = timeline.calendar.before(now, keep);
    let begin = begin.ok_or_else(|| anyhow!("{keep} before now is beyond the calendar"))?;
    let current = timeline.calendar.floor(now).ok_or_else(|| anyhow!("now is beyond the calendar"))?;
    let horizon = begin.min(current);
    let mut due: Vec<&Part> = timeline.parts.iter().filter(|part| part.range.hi <= horizon).collect();
    if due.len() == timeline.parts.len() {
        due.pop();
    }
    let marked = |part: &&Part| marked_for(&part.partition, timeline.table.oid);
    let spared = timeline.parts.iter().filter(|part| part.range.hi > horizon).filter(marked).collect();
    Ok(Some(Retired { due, spared, horizon }))
}

fn marked_for(partition: &Partition, parent: u32) -> bool {
    partition.comment.as_deref().is_some_and(|c| c.lines().next() == Some(&format!("{MARK}{parent}")))
}

impl Retired<'_> {
    /// Nothing is due, and no mark is to be taken off.
    pub const fn is_empty(&self) -> bool {
        self.due.is_empty() && self.spared.is_empty()
    }
}

/// The plan for what is due. With nothing due, an earlier run's half-done work is still brought to its end.
///
/// # Errors
/// When more is due than `max_drop` allows, or rows of other tables refer to the partitions.
pub fn plan_drop(
    timeline: &Timeline,
    retired: &Retired<'_>,
    policy: &Policy,
    max_drop: usize,
    evidence: &DropEvidence,
) -> anyhow::Result<Plan> {
    let table = &timeline.table;
    let mut plan =
        Plan { target: table.relation.clone(), oid: table.oid, steps: Vec::new(), notes: Vec::new() };
    plan.steps.extend(finalize_steps(timeline, &evidence.foreign_keys));
    let marked = |partition: &&Partition| marked_for(partition, table.oid);
    for stranded in timeline.pending.iter().filter(marked).chain(&table.stranded) {
        plan.steps.extend(removal_steps(stranded, table.oid, evidence));
    }
    for spared in &retired.spared {
        plan.steps.push(unmark_step(&spared.partition, "which is not due any more"));
    }
    refuse(timeline, retired, max_drop, evidence)?;
    if policy.mode == DropMode::Drop {
        refuse_depended_on(timeline, evidence)?;
    }
    for part in &retired.due {
        plan.steps.extend(retire_steps(timeline, part, policy.mode, evidence));
    }
    let lost = evidence.foreign_keys.referencing.iter().filter(|key| key.on_delete != OnDelete::NoAction);
    if !retired.due.is_empty() {
        plan.notes.extend(lost.map(|key| {
            format!(
                "rows go by DELETE, so that {} of {} ({}) is honoured",
                key.name,
                key.table.plain(),
                key.on_delete.words()
            )
        }));
        if timeline.default.is_some() {
            plan.notes.push(
                "the default partition forbids a concurrent detach; this one locks the parent for an instant"
                    .into(),
            );
        }
    }
    Ok(plan)
}

fn refuse(
    timeline: &Timeline,
    retired: &Retired<'_>,
    max_drop: usize,
    evidence: &DropEvidence,
) -> anyhow::Result<()> {
    let name = timeline.table.relation.plain();
    let due = retired.due.len();
    if due == 0 {
        return Ok(());
    }
    if due > max_drop {
        let oldest = retired.due.first().map_or_else(String::new, |part| part.partition.relation.plain());
        let newest = retired.due.last().map_or_else(String::new, |part| part.partition.relation.plain());
        return Err(anyhow!(
            "{due} partitions of {name} are due ({oldest} to {newest}), more than --max-drop {max_drop}"
        )
        .exit(Exit::Usage)
        .hint(format!("if this is meant, pass --max-drop {due}")));
    }
    if let Some(foreign) = retired.due.iter().find(|part| part.partition.kind == RelationKind::ForeignTable) {
        bail!(
            "{} is a foreign table; pgtend drops tables of this server only",
            foreign.partition.relation.plain()
        );
    }
    ensure_owned(timeline)?;
    refuse_referenced(timeline, retired, evidence)
}

fn ensure_owned(timeline: &Timeline) -> anyhow::Result<()> {
    let table = &timeline.table;
    if table.owned {
        return Ok(());
    }
    let error =
        anyhow!("drop partitions of {}: it belongs to role `{}`", table.relation.plain(), table.owner);
    Err(error.exit(Exit::Denied).hint(format!("grant {} to the role that pgtend uses", table.owner)))
}

/// A drop that fails when all the rest is done would leave the rows neither here nor gone.
fn refuse_depended_on(timeline: &Timeline, evidence: &DropEvidence) -> anyhow::Result<()> {
    if evidence.dependents.is_empty() {
        return Ok(());
    }
    let name = timeline.table.relation.plain();
    Err(anyhow!("other objects depend on partitions of {name} that are due; nothing was changed")
        .detail(evidence.dependents.join("\n"))
        .hint("drop these first, or keep each partition as a table of its own with --mode detach"))
}

fn refuse_referenced(
    timeline: &Timeline,
    retired: &Retired<'_>,
    evidence: &DropEvidence,
) -> anyhow::Result<()> {
    let keys = &evidence.foreign_keys.referencing;
    let name = timeline.table.relation.plain();
    if !keys.is_empty() && retired.due.iter().any(|p| p.partition.kind == RelationKind::PartitionedTable) {
        bail!(
            "a partition of {name} is partitioned itself and other tables refer to it; drop its leaves first"
        );
    }
    let stopping: Vec<String> = evidence
        .referencing_rows
        .iter()
        .filter(|found| found.rows > 0)
        .filter(|found| matches!(keys[found.key].on_delete, OnDelete::NoAction | OnDelete::Restrict))
        .map(|found| {
            let key = &keys[found.key];
            format!(
                "{} rows of {} refer to {} ({}, {})",
                found.rows,
                key.table.plain(),
                found.partition.plain(),
                key.name,
                key.on_delete.words()
            )
        })
        .collect();
    ensure!(
        stopping.is_empty(),
        anyhow!("partitions of {name} are still referred to; nothing was changed")
            .detail(stopping.join("\n"))
            .hint("remove the rows that refer to them first, or let the foreign key say ON DELETE CASCADE")
    );
    Ok(())
}

/// The plan that ends every interrupted detach, and nothing else.
pub fn plan_finalize(timeline: &Timeline, keys: &ForeignKeys) -> Plan {
    let table = &timeline.table;
    let steps = finalize_steps(timeline, keys);
    Plan { target: table.relation.clone(), oid: table.oid, steps, notes: Vec::new() }
}

/// Ends every detach that was interrupted: until then no other concurrent detach can begin, and the partition's rows
/// are out of sight.
pub(super) fn finalize_steps(timeline: &Timeline, keys: &ForeignKeys) -> Vec<Step> {
    let parent = &timeline.table.relation;
    timeline
        .pending
        .iter()
        .map(|partition| {
            let name = &partition.relation;
            let finalize = ddl!("partition/detach_finalize.sql", parent = *parent, partition = *name);
            let summary = format!("finalize the interrupted detach of {}", name.plain());
            let locks = finalize_locks(parent, name, keys);
            let mut step = Step::transaction(summary, vec![], vec![finalize.clone()]);
            step.locks.clone_from(&locks);
            step.recover = Some(detach_recovery(partition, finalize, locks));
            step
        })
        .collect()
}

fn detach_recovery(partition: &Partition, finalize: Sql, locks: Vec<Lock>) -> Recover {
    Recover { state: ddl!("partition/detach_state.sql", oid = partition.oid), finish: vec![finalize], locks }
}

fn finalize_locks(parent: &Relation, partition: &Relation, keys: &ForeignKeys) -> Vec<Lock> {
    let mut locks = referenced_locks(keys, LockMode::ShareRowExclusive);
    locks.push(Lock::first(parent.clone(), LockMode::ShareUpdateExclusive));
    locks.push(Lock::implied(partition.clone(), LockMode::AccessExclusive));
    locks
}

fn referenced_locks(keys: &ForeignKeys, mode: LockMode) -> Vec<Lock> {
    keys.referenced
        .iter()
        .map(|referenced| {
            let table = referenced.table.clone();
            if referenced.may_lock { Lock::first(table, mode) } else { Lock::implied(table, mode) }
        })
        .collect()
}

fn retire_steps(timeline: &Timeline, part: &Part, mode: DropMode, evidence: &DropEvidence) -> Vec<Step> {
    let mut steps = Vec::new();
    let partition = &part.partition;
    if mode == DropMode::Detach && marked_for(partition, timeline.table.oid) {
        // With the mark, the next run would take the detached table for one to be dropped.
        steps.push(unmark_step(partition, "which stays as a table of its own"));
    }
    if mode == DropMode::Drop {
        steps.push(mark_step(partition, timeline.table.oid));
        if !evidence.foreign_keys.referencing.is_empty() {
            steps.push(empty_step(partition, evidence));
        }
    }
    let mut detach = detach_step(timeline, partition, &evidence.foreign_keys);
    detach.minor = mode == DropMode::Drop;
    steps.push(detach);
    if mode == DropMode::Drop {
        steps.extend(removal_steps(partition, timeline.table.oid, evidence));
    }
    steps
}

fn mark_step(partition: &Partition, parent: u32) -> Step {
    let name = &partition.relation;
    let before = partition.comment.as_deref().and_then(without_mark);
    let mark =
        Literal(before.map_or_else(|| format!("{MARK}{parent}"), |text| format!("{MARK}{parent}\n{text}")));
    let comment = ddl!("partition/comment.sql", partition = *name, comment = mark);
    let summary = format!("mark {} as one to be dropped", name.plain());
    let mut step = Step::transaction(summary, vec![], vec![comment]);
    step.locks = vec![Lock::first(name.clone(), LockMode::ShareUpdateExclusive)];
    step.interrupted = "the partition is where it was, with or without the mark";
    step.minor = true;
    step
}

fn unmark_step(partition: &Partition, why: &str) -> Step {
    let name = &partition.relation;
    let summary = format!("take the mark off {}, {why}", name.plain());
    let statement = match partition.comment.as_deref().and_then(without_mark) {
        Some(text) => ddl!("partition/comment.sql", partition = *name, comment = Literal(text.to_owned())),
        None => ddl!("partition/comment.sql", partition = *name, comment = Keyword("null")),
    };
    let mut step = Step::transaction(summary, vec![], vec![statement]);
    step.locks = vec![Lock::first(name.clone(), LockMode::ShareUpdateExclusive)];
    step
}

/// The comment that the table had before a mark was put before it.
pub(super) fn without_mark(comment: &str) -> Option<&str> {
    if comment.starts_with(MARK) { comment.split_once('\n').map(|(_, rest)| rest) } else { Some(comment) }
}

fn empty_step(partition: &Partition, evidence: &DropEvidence) -> Step {
    let name = &partition.relation;
    let mut step = Step::transaction(format!("delete the rows of {}", name.plain()), vec![], vec![]);
    let batch = |rows: u32| ddl!("partition/empty_batch.sql", partition = *name, rows = rows);
    step.run = Run::Batches { guard: vec![], statements: [5000, 500, 50, 5, 1].map(batch).into() };
    step.locks = vec![Lock::implied(name.clone(), LockMode::RowExclusive)];
    step.destroys = Some(loss(partition, evidence));
    step.interrupted = "some rows are deleted; the next run goes on with the rest";
    step
}

fn loss(partition: &Partition, evidence: &DropEvidence) -> Loss {
    Loss {
        what: format!("partition {}", partition.relation.plain()),
        rows: partition.rows_estimate,
        bytes: evidence.bytes.get(&partition.oid).copied(),
    }
}

fn detach_step(timeline: &Timeline, partition: &Partition, keys: &ForeignKeys) -> Step {
    let (parent, name) = (&timeline.table.relation, &partition.relation);
    let summary = format!("detach {}", name.plain());
    if timeline.default.is_some() {
        let detach = ddl!("partition/detach.sql", parent = *parent, partition = *name);
        let mut step = Step::transaction(summary, vec![], vec![detach]);
        step.locks = referenced_locks(keys, LockMode::ShareRowExclusive);
        step.locks.push(Lock::first(parent.clone(), LockMode::AccessExclusive));
        step.locks.push(Lock::first(name.clone(), LockMode::AccessExclusive));
        return step;
    }
    let finalize: Sql = ddl!("partition/detach_finalize.sql", parent = *parent, partition = *name);
    let mut locks = vec![
        Lock::implied(parent.clone(), LockMode::ShareUpdateExclusive),
        Lock::implied(name.clone(), LockMode::AccessExclusive),
    ];
    locks.extend(keys.referenced.iter().map(|r| Lock::implied(r.table.clone(), LockMode::ShareRowExclusive)));
    locks.extend(keys.referencing.iter().map(|r| Lock::implied(r.table.clone(), LockMode::Share)));
    Step {
        summary,
        run: Run::Alone {
            statement: ddl!("partition/detach_concurrently.sql", parent = *parent, partition = *name),
            after_transactions_on: Some(parent.clone()),
        },
        locks,
        destroys: None,
        interrupted: "the detach is pending: its rows are out of sight; the next run finalizes it",
        recover: Some(detach_recovery(partition, finalize, finalize_locks(parent, name, keys))),
        cleans_up: None,
        minor: false,
    }
}

/// From detached to gone.
fn removal_steps(partition: &Partition, parent: u32, evidence: &DropEvidence) -> Vec<Step> {
    let name = &partition.relation;
    let still_ours = ddl!(
        "partition/still_ours.sql",
        oid = partition.oid,
        partition = Literal(name.to_string()),
        mark = Literal(format!("{MARK}{parent}"))
    );
    let keys = &evidence.foreign_keys;
    let mut steps = Vec::new();
    let emptied = !keys.referencing.is_empty();
    let mut destroys = (!emptied).then(|| loss(partition, evidence));
    if !keys.referenced.is_empty() {
        let truncate = ddl!("partition/truncate.sql", partition = *name);
        let mut step = Step::transaction(
            format!("truncate {}", name.plain()),
            vec![],
            vec![still_ours.clone(), truncate],
        );
        step.locks = vec![Lock::first(name.clone(), LockMode::AccessExclusive)];
        step.destroys = destroys.take();
        step.interrupted = "the detached table keeps its rows; the next run truncates it";
        step.minor = true;
        steps.push(step);
    }
    let drop = ddl!("partition/drop.sql", partition = *name);
    let mut step = Step::transaction(format!("drop {}", name.plain()), vec![], vec![still_ours, drop]);
    step.locks = referenced_locks(keys, LockMode::AccessExclusive);
    step.locks.push(Lock::first(name.clone(), LockMode::AccessExclusive));
    step.destroys = destroys;
    step.interrupted = "the detached table is still there, marked; the next run drops it";
    steps.push(step);
    steps
}
