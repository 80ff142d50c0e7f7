//! Which partitions are older than what is kept, and the plan that lets them go: detached without stopping anybody,
//! then dropped. Each step can be met half-done: the mark in the table's comment says what was meant.
use anyhow::{anyhow, bail, ensure};

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::archive::{Columns, Destination, archive_step};
use crate::operations::partition::aside::{self, Aside};
use crate::operations::partition::mark::Mark;
use crate::operations::partition::policy::{DropMode, Policy};
use crate::operations::partition::survey::{DropEvidence, ReferencingRows};
use crate::operations::partition::timeline::{Part, Timeline};
use crate::pg::catalog::{ForeignKeys, OnDelete, Partition, RelationKind};
use crate::pg::lock::LockMode;
use crate::pg::name::{Literal, Relation};
use crate::pg::sql::{BodyLiteral, Keyword, Sql};
use crate::plan::{ArchivedColumn, Lock, Loss, Plan, Recover, Run, Standing, Step};

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

/// How old partitions are to go.
#[derive(Clone, Debug)]
pub struct Terms {
    pub mode: DropMode,
    /// More than so many at once is taken for a mistake.
    pub max_drop: usize,
    /// Absent: the rows go for good.
    pub archive: Option<Destination>,
}

impl Retired<'_> {
    /// For a table of which nothing is ever dropped.
    pub const fn nothing() -> Self {
        Self { due: Vec::new(), spared: Vec::new(), horizon: i64::MIN }
    }
}

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
    let marked = |part: &&Part| Mark::of(&part.partition, timeline.table.oid).is_some();
    let spared = timeline.parts.iter().filter(|part| part.range.hi > horizon).filter(marked).collect();
    Ok(Some(Retired { due, spared, horizon }))
}

/// Tables that an earlier run has detached, or has begun to detach, in order to drop them, and that are still due.
fn left_to_remove(timeline: &Timeline, horizon: i64) -> impl Iterator<Item = (&Partition, Mark)> {
    let parent = timeline.table.oid;
    let marked = timeline.pending.iter().chain(&timeline.table.stranded);
    marked
        .filter_map(move |table| Some((table, Mark::of(table, parent)?)))
        .filter(move |(_, mark)| mark.to <= horizon)
}

impl Retired<'_> {
    /// Nothing is due, nothing is left of an earlier run, and no mark is to be taken off.
    pub fn is_empty(&self, timeline: &Timeline) -> bool {
        let left = left_to_remove(timeline, self.horizon).next().is_none();
        self.due.is_empty() && self.spared.is_empty() && timeline.pending.is_empty() && left
    }
}

/// The plan for what is due. With nothing due, an earlier run's half-done work is still brought to its end.
///
/// # Errors
/// When more is due than the terms allow, or rows of other tables refer to the partitions.
pub fn plan_drop(
    timeline: &Timeline,
    retired: &Retired<'_>,
    terms: &Terms,
    evidence: &DropEvidence,
) -> anyhow::Result<Plan> {
    let table = &timeline.table;
    let mut plan =
        Plan { target: table.relation.clone(), oid: table.oid, steps: Vec::new(), notes: Vec::new() };
    plan.steps.extend(finalize_steps(timeline, &evidence.foreign_keys));
    for (left, mark) in left_to_remove(timeline, retired.horizon) {
        if !aside::waits(timeline, left) {
            plan.steps.extend(left_steps(timeline, left, mark, terms, evidence)?);
        }
    }
    for spared in &retired.spared {
        plan.steps.push(unmark_step(timeline, &spared.partition, "which is not due any more"));
    }
    refuse(timeline, retired, terms.max_drop, evidence)?;
    if terms.mode == DropMode::Drop {
        refuse_depended_on(timeline, evidence)?;
    }
    for part in &retired.due {
        let steps = retire_steps(timeline, part, terms, evidence, plan.steps.len())?;
        plan.steps.extend(steps);
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
        plan.notes.extend(evidence.foreign_keys.referencing.iter().filter(|key| !key.indexed).map(|key| {
            format!(
                "{} is read whole for each row that goes, as no index begins with a column of {}: pgtend index create makes \
                 one",
                key.table.plain(),
                key.name
            )
        }));
        if terms.archive.is_some() && !evidence.foreign_keys.referencing.is_empty() {
            plan.notes.push(
                "such rows are set aside in a table beside their partition, which is archived, and dropped, once the \
                 partition is gone"
                    .into(),
            );
        }
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
    ensure!(
        evidence.replaced.is_empty(),
        anyhow!(
            "a split, drain, merge or undo of {} has begun; nothing was changed",
            evidence.replaced.join(", ")
        )
        .hint("let it come to its end first, or take it back with --abort")
    );
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
            let summary = format!("finalize the interrupted detach of {}", name.plain());
            let recover = detach_recovery(parent, name, partition.oid, keys);
            let mut act = vec![still_there(timeline, partition)];
            act.extend_from_slice(&recover.finish);
            let mut step = Step::transaction(summary, vec![], act);
            step.locks.clone_from(&recover.locks);
            step.recover = Some(recover);
            step
        })
        .collect()
}

/// How a concurrent detach of the partition with this oid is recognised half-done, and brought to its end.
pub fn detach_recovery(parent: &Relation, partition: &Relation, oid: u32, keys: &ForeignKeys) -> Recover {
    Recover {
        state: ddl!("partition/detach_state.sql", oid = oid),
        finish: vec![ddl!("partition/detach_finalize.sql", parent = *parent, partition = *partition)],
        locks: finalize_locks(parent, partition, keys),
    }
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

/// `at`: how many steps the plan has already.
fn retire_steps(
    timeline: &Timeline,
    part: &Part,
    terms: &Terms,
    evidence: &DropEvidence,
    at: usize,
) -> anyhow::Result<Vec<Step>> {
    let (partition, parent) = (&part.partition, timeline.table.oid);
    let aside = aside::standing(timeline, partition.oid);
    let mut detach = detach_step(timeline, partition, &evidence.foreign_keys);
    if terms.mode == DropMode::Detach {
        refuse_torn(partition, aside)?;
        // With the mark, the next run would take the detached table for one to be dropped.
        let marked = Mark::of(partition, parent).is_some();
        let unmark = marked.then(|| unmark_step(timeline, partition, "which stays as a table of its own"));
        return Ok(unmark.into_iter().chain([detach]).collect());
    }
    let mark = Mark::new(partition, parent, part.range);
    let mut steps = vec![mark_step(timeline, partition, mark)];
    let emptied = aside.is_some() || !evidence.foreign_keys.referencing.is_empty();
    let set_aside = emptied && terms.archive.is_some();
    if set_aside {
        if aside.is_none() {
            aside::refuse_taken(partition, &evidence.taken)?;
            steps.push(aside::create_step(timeline, partition, mark, evidence.owner.as_ref())?);
        }
        let guard = still_there(timeline, partition);
        let mut step = aside::move_step(partition, columns_of(partition, evidence), guard)?;
        step.destroys = Some(loss(partition, terms, evidence));
        steps.push(step);
    } else if emptied {
        steps.push(empty_step(timeline, partition, terms, evidence));
    }
    detach.minor = true;
    steps.push(detach);
    let standing = Standing::TakesBack { after: at, before: at + steps.len() - 1 };
    steps.push(take_mark_back_step(partition, parent, standing));
    steps.extend(match set_aside {
        true => emptied_steps(timeline, partition, mark, evidence, None)?,
        false => removal_steps(timeline, partition, mark, terms, evidence, emptied)?,
    });
    Ok(steps)
}

/// What an earlier run has detached, to its end.
fn left_steps(
    timeline: &Timeline,
    left: &Partition,
    mark: Mark,
    terms: &Terms,
    evidence: &DropEvidence,
) -> anyhow::Result<Vec<Step>> {
    match aside::standing(timeline, left.oid) {
        Some(_) if terms.archive.is_some() => {
            emptied_steps(timeline, left, mark, evidence, Some(loss(left, terms, evidence)))
        }
        _ => removal_steps(timeline, left, mark, terms, evidence, false),
    }
}

/// A partition of which a part of the rows is in another table must not become a table that is taken for the whole.
fn refuse_torn(partition: &Partition, aside: Option<&Partition>) -> anyhow::Result<()> {
    let Some(aside) = aside else { return Ok(()) };
    Err(anyhow!(
        "rows of {} are in {} already, set aside by a run that was to archive them",
        partition.relation.plain(),
        aside.relation.plain()
    )
    .exit(Exit::Usage)
    .hint("let that come to its end first, with --mode drop and --archive"))
}

fn columns_of<'a>(partition: &Partition, evidence: &'a DropEvidence) -> &'a [ArchivedColumn] {
    evidence.columns.get(&partition.oid).map_or(&[][..], Vec::as_slice)
}

/// Asks under the lock whether the name still means the partition of the plan.
fn still_there(timeline: &Timeline, partition: &Partition) -> Sql {
    ddl!(
        "partition/still_there.sql",
        oid = partition.oid,
        partition = BodyLiteral(partition.relation.to_string()),
        parent = timeline.table.oid,
        parent_name = BodyLiteral(timeline.table.relation.to_string()),
        bound = BodyLiteral(partition.bound_text.clone().unwrap_or_default()),
    )
}

fn mark_step(timeline: &Timeline, partition: &Partition, mark: Mark) -> Step {
    let name = &partition.relation;
    let comment = Literal(mark.before(partition.comment.as_deref().and_then(Mark::without)));
    let comment = ddl!("partition/comment.sql", partition = *name, comment = comment);
    let summary = format!("mark {} as one to be dropped", name.plain());
    let mut step = Step::transaction(summary, vec![], vec![still_there(timeline, partition), comment]);
    step.locks = vec![Lock::first(name.clone(), LockMode::ShareUpdateExclusive)];
    step.interrupted = "the partition is where it was, with or without the mark";
    step.minor = true;
    step
}

fn unmark_step(timeline: &Timeline, partition: &Partition, why: &str) -> Step {
    let name = &partition.relation;
    let summary = format!("take the mark off {}, {why}", name.plain());
    let statement = match partition.comment.as_deref().and_then(Mark::without) {
        Some(text) => ddl!("partition/comment.sql", partition = *name, comment = Literal(text.to_owned())),
        None => ddl!("partition/comment.sql", partition = *name, comment = Keyword("null")),
    };
    let mut step = Step::transaction(summary, vec![], vec![still_there(timeline, partition), statement]);
    step.locks = vec![Lock::first(name.clone(), LockMode::ShareUpdateExclusive)];
    step
}

/// For a run that has to give up before the detach: the mark must not outlive it.
fn take_mark_back_step(partition: &Partition, parent: u32, standing: Standing) -> Step {
    let comment = partition.comment.as_deref().and_then(Mark::without).unwrap_or_default();
    let unmark = ddl!(
        "partition/unmark_attached.sql",
        oid = partition.oid,
        parent = parent,
        comment = BodyLiteral(comment.to_owned())
    );
    let summary = format!("take the mark off {} again", partition.relation.plain());
    let mut step = Step::transaction(summary, vec![], vec![unmark]);
    step.locks = vec![Lock::implied(partition.relation.clone(), LockMode::ShareUpdateExclusive)];
    step.interrupted =
        "the mark stays; the next run goes on by it while the partition is due, or takes it off";
    step.standing = standing;
    step.minor = true;
    step
}

fn empty_step(timeline: &Timeline, partition: &Partition, terms: &Terms, evidence: &DropEvidence) -> Step {
    let name = &partition.relation;
    let mut step = Step::transaction(format!("delete the rows of {}", name.plain()), vec![], vec![]);
    let batch = |rows: u32| ddl!("partition/empty_batch.sql", partition = *name, rows = rows);
    let guard = aside::guarded(still_there(timeline, partition));
    step.run = Run::Batches { guard, statements: [5000, 500, 50, 5, 1].map(batch).into() };
    step.locks = vec![Lock::first(name.clone(), LockMode::RowExclusive)];
    step.destroys = Some(loss(partition, terms, evidence));
    step.interrupted = "some rows are deleted; the next run goes on with the rest";
    step
}

fn loss(partition: &Partition, terms: &Terms, evidence: &DropEvidence) -> Loss {
    let name = match Aside::of(partition) {
        Some(aside) => Relation::new(partition.relation.schema.raw(), aside.name).map(|name| name.plain()),
        None => Ok(partition.relation.plain()),
    };
    let name = name.unwrap_or_else(|_| partition.relation.plain());
    Loss {
        what: match &terms.archive {
            Some(archive) => format!("partition {name}, once it is archived in {}", archive.store),
            None => format!("partition {name}"),
        },
        also: also_lost(partition, evidence),
        rows: partition.rows_estimate,
        bytes: evidence.bytes.get(&partition.oid).copied(),
    }
}

/// What ON DELETE does to rows of other tables. Those that refer to the partition are counted; which rows of tables
/// beyond them go is for the server to find out.
fn also_lost(partition: &Partition, evidence: &DropEvidence) -> Vec<String> {
    let of_this: Vec<&ReferencingRows> = evidence
        .referencing_rows
        .iter()
        .filter(|found| found.partition == partition.relation && found.rows > 0)
        .collect();
    let counted = of_this.iter().map(|found| {
        let key = &evidence.foreign_keys.referencing[found.key];
        format!("{} rows of {} by {}", found.rows, key.table.plain(), key.on_delete.words())
    });
    let cascading = |found: &&&ReferencingRows| {
        evidence.foreign_keys.referencing[found.key].on_delete == OnDelete::Cascade
    };
    let beyond: Vec<String> = match of_this.iter().find(cascading) {
        Some(_) => evidence.cascades.iter().map(Relation::plain).collect(),
        None => Vec::new(),
    };
    let beyond = (!beyond.is_empty()).then(|| format!("what refers to those in {}", beyond.join(", ")));
    counted.chain(beyond).collect()
}

fn detach_step(timeline: &Timeline, partition: &Partition, keys: &ForeignKeys) -> Step {
    let (parent, name) = (&timeline.table.relation, &partition.relation);
    let summary = format!("detach {}", name.plain());
    if timeline.default.is_some() {
        let detach = ddl!("partition/detach.sql", parent = *parent, partition = *name);
        let mut step = Step::transaction(summary, vec![], vec![still_there(timeline, partition), detach]);
        step.locks = referenced_locks(keys, LockMode::ShareRowExclusive);
        step.locks.push(Lock::first(parent.clone(), LockMode::AccessExclusive));
        step.locks.push(Lock::first(name.clone(), LockMode::AccessExclusive));
        return step;
    }
    let mut locks = vec![
        Lock::implied(parent.clone(), LockMode::ShareUpdateExclusive),
        Lock::implied(name.clone(), LockMode::AccessExclusive),
    ];
    locks.extend(keys.referenced.iter().map(|r| Lock::implied(r.table.clone(), LockMode::ShareRowExclusive)));
    locks.extend(keys.referencing.iter().map(|r| Lock::implied(r.table.clone(), LockMode::Share)));
    Step {
        summary,
        run: Run::Alone {
            prepare: Vec::new(),
            statement: ddl!("partition/detach_concurrently.sql", parent = *parent, partition = *name),
            guard: Some(still_there(timeline, partition)),
        },
        ahead: Vec::new(),
        locks,
        destroys: None,
        interrupted: "the detach is pending: its rows are out of sight; the next run finalizes it",
        recover: Some(detach_recovery(parent, name, partition.oid, keys)),
        standing: Standing::Ordinary,
        after_transactions_on: Some(parent.clone()),
        minor: false,
        foreign: false,
    }
}

/// From detached to gone. `emptied`: its rows were deleted by a step of the same plan, which has told the loss.
fn removal_steps(
    timeline: &Timeline,
    partition: &Partition,
    mark: Mark,
    terms: &Terms,
    evidence: &DropEvidence,
    emptied: bool,
) -> anyhow::Result<Vec<Step>> {
    let name = &partition.relation;
    let still_ours = still_ours(timeline, partition, mark);
    let keys = &evidence.foreign_keys;
    let mut steps = Vec::new();
    if let Some(destination) = &terms.archive {
        let types = evidence.types.get(&partition.oid).map_or(&[][..], Vec::as_slice);
        let columns = Columns { columns: columns_of(partition, evidence), types };
        steps.push(close_step(partition, still_ours.clone()));
        steps.push(archive_step(timeline, partition, mark, columns, destination)?);
    }
    let mut destroys = (!emptied).then(|| loss(partition, terms, evidence));
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
    let mut step = drop_step(partition, vec![still_ours], keys);
    step.destroys = destroys;
    steps.push(step);
    Ok(steps)
}

fn close_step(partition: &Partition, guard: Sql) -> Step {
    let name = &partition.relation;
    let close = ddl!("partition/close.sql", partition = *name);
    let mut step = Step::transaction(
        format!("close {} to who writes by its name", name.plain()),
        vec![],
        vec![guard, close],
    );
    step.locks = vec![Lock::first(name.clone(), LockMode::AccessExclusive)];
    step.interrupted = "the detached table keeps its rows; the next run closes it";
    step.minor = true;
    step
}

/// From detached to gone for a partition whose rows were set aside: what came after the last look at it goes there too.
/// `destroys` is what this plan has not told before.
fn emptied_steps(
    timeline: &Timeline,
    partition: &Partition,
    mark: Mark,
    evidence: &DropEvidence,
    destroys: Option<Loss>,
) -> anyhow::Result<Vec<Step>> {
    let still_ours = still_ours(timeline, partition, mark);
    let mut rest = aside::move_step(partition, columns_of(partition, evidence), still_ours.clone())?;
    rest.summary = format!("set aside what came into {} meanwhile", partition.relation.plain());
    rest.destroys = destroys;
    rest.minor = true;
    let guard = vec![still_ours, aside::ensure_empty(partition)];
    let mut drop = drop_step(partition, guard, &evidence.foreign_keys);
    drop.interrupted =
        "the detached table is still there, empty; the next run drops it and archives what was set aside";
    Ok(vec![rest, drop])
}

fn still_ours(timeline: &Timeline, partition: &Partition, mark: Mark) -> Sql {
    ddl!(
        "partition/still_ours.sql",
        oid = partition.oid,
        partition = BodyLiteral(partition.relation.to_string()),
        parent = timeline.table.oid,
        mark = BodyLiteral(mark.to_string())
    )
}

fn drop_step(partition: &Partition, guard: Vec<Sql>, keys: &ForeignKeys) -> Step {
    let name = &partition.relation;
    let drop = ddl!("partition/drop.sql", partition = *name);
    let mut step = Step::transaction(format!("drop {}", name.plain()), vec![], [guard, vec![drop]].concat());
    step.locks = referenced_locks(keys, LockMode::AccessExclusive);
    step.locks.push(Lock::first(name.clone(), LockMode::AccessExclusive));
    step.interrupted = "the detached table is still there, marked; the next run drops it";
    step
}
