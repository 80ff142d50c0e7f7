//! The plan that brings an archived partition back: a table like the partitioned one, filled in one transaction with
//! the proof that the rows are the same, and attached where that is asked for.
use anyhow::{Context as _, anyhow, bail, ensure};

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::archive::{digest, idents};
use crate::operations::partition::convert::{lock, validate_step};
use crate::operations::partition::create::{Side, Wanted, attach_locks, conditions, plan_guarded_attach};
use crate::operations::partition::inherit::dress;
use crate::operations::partition::policy::Policy;
use crate::operations::partition::replace::ForeignKeyOut;
use crate::operations::partition::survey::RestoreEvidence;
use crate::operations::partition::timeline::{Range, Timeline};
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{Deparsed, Keyword, List};
use crate::plan::{ArchivedColumn, Digest, FileFormat, Lock, Plan, Restore, Run, Step, StoredFile, Subject};

/// An archive that is to come back, as its manifest tells of it.
#[derive(Clone, Debug)]
pub struct Restoration<'a> {
    pub subject: &'a Subject,
    pub digest: &'a Digest,
    pub file_sha256: &'a str,
    pub format: FileFormat,
    /// The file with the rows.
    pub file: &'a StoredFile,
    /// The table that they go into.
    pub relation: Relation,
    /// The table becomes a partition again.
    pub attach: bool,
}

impl Restoration<'_> {
    /// The first line of the table's comment until the rows are in and in their place: a run that was interrupted is
    /// known by it.
    pub fn mark(&self) -> String {
        format!("pgtend:restore sha256={}", self.file_sha256)
    }

    /// The range that the rows lie in, as points of the key.
    pub fn range(&self, timeline: &Timeline) -> anyhow::Result<Range> {
        let point = |text: &Option<String>, open: i64| match text {
            None => Ok(open),
            Some(text) => timeline
                .kind
                .decode(text)
                .with_context(|| format!("the archive's bound '{text}' is no value of {}", timeline.column)),
        };
        let key = &self.subject.key;
        Ok(Range { lo: point(&key.from, i64::MIN)?, hi: point(&key.to, i64::MAX)? })
    }

    /// The partition that it becomes.
    pub fn wanted(&self, timeline: &Timeline) -> anyhow::Result<Wanted> {
        Ok(Wanted { relation: self.relation.clone(), range: self.range(timeline)?, clipped: false })
    }
}

const LEFT: &str = "the table stays a table of its own, marked; the next run makes it anew";

/// # Errors
/// When the name is taken, the columns have changed, or the table cannot be attached without holding others up.
pub fn plan_restore(
    timeline: &Timeline,
    policy: &Policy,
    restoration: &Restoration<'_>,
    evidence: &RestoreEvidence,
) -> anyhow::Result<Plan> {
    let table = &timeline.table;
    refuse_other_columns(&table.relation, restoration, &evidence.columns)?;
    if restoration.attach {
        refuse_attach(timeline, restoration, evidence)?;
    }
    let mut plan =
        Plan { target: table.relation.clone(), oid: table.oid, steps: Vec::new(), notes: Vec::new() };
    if evidence.begun {
        plan.steps.push(drop_begun_step(restoration, evidence));
    }
    plan.steps.push(create_step(timeline, policy, restoration, evidence)?);
    plan.steps.push(fill_step(restoration)?);
    if restoration.attach {
        plan.steps.extend(refer_steps(restoration, evidence));
        let wanted = restoration.wanted(timeline)?;
        plan_guarded_attach(
            timeline,
            &wanted,
            attach_step(timeline, restoration, &wanted, evidence)?,
            &evidence.create,
            &mut plan,
        )?;
    }
    Ok(plan)
}

/// The partitioned table may have changed since the interrupted run made it.
fn drop_begun_step(restoration: &Restoration<'_>, evidence: &RestoreEvidence) -> Step {
    let name = &restoration.relation;
    let act = vec![ddl!("partition/drop.sql", partition = *name)];
    let summary = format!("drop {}, which an interrupted run has left", name.plain());
    let mut step = Step::transaction(summary, vec![], act);
    if evidence.refers {
        step.locks = referenced(evidence, LockMode::AccessExclusive);
    }
    step.locks.push(Lock::first(name.clone(), LockMode::AccessExclusive));
    step.interrupted = "what is left stays, marked; the next run drops it";
    step.minor = true;
    step
}

fn create_step(
    timeline: &Timeline,
    policy: &Policy,
    restoration: &Restoration<'_>,
    evidence: &RestoreEvidence,
) -> anyhow::Result<Step> {
    let (parent, name) = (&timeline.table.relation, &restoration.relation);
    let create = &evidence.create;
    let method = create.sibling.as_ref().and_then(|sibling| sibling.access_method.clone());
    let method = Ident::new(method.unwrap_or_else(|| "heap".to_owned()))?;
    let mut act =
        vec![ddl!("partition/create.sql", partition = *name, parent = *parent, access_method = method)];
    let range = restoration.range(timeline)?;
    if restoration.attach && range.lo != i64::MIN && range.hi != i64::MAX {
        let condition = conditions(timeline, &[restoration.wanted(timeline)?], Side::Inside)?;
        let key = timeline.column.clone();
        act.push(ddl!("partition/restore_check.sql", partition = *name, key = key, condition = condition));
    }
    let dress = dress(name, create.sibling.as_ref(), &create.parent, &policy.overrides)?;
    act.extend(dress.before);
    let mark = Literal(restoration.mark());
    act.push(ddl!("partition/comment.sql", partition = *name, comment = mark));
    act.extend(dress.after);
    let mut step = Step::transaction(format!("create {}", name.plain()), act, vec![]);
    step.interrupted = LEFT;
    step.minor = true;
    Ok(step)
}

fn fill_step(restoration: &Restoration<'_>) -> anyhow::Result<Step> {
    let name = &restoration.relation;
    let names = idents(&restoration.subject.columns)?;
    let done = ddl!("partition/comment.sql", partition = *name, comment = Keyword("null"));
    let mut step = Step::transaction(format!("restore {}", name.plain()), vec![], vec![]);
    step.run = Run::Restore(Box::new(Restore {
        relation: name.clone(),
        file: restoration.file.clone(),
        format: restoration.format,
        copy: ddl!("partition/restore_copy.sql", partition = *name, columns = List(&names)),
        digest: digest(name, &names),
        expected: restoration.digest.clone(),
        // An attached table loses its mark when it is attached.
        done: (!restoration.attach).then_some(done),
    }));
    step.locks = vec![Lock::first(name.clone(), LockMode::AccessExclusive)];
    step.interrupted = LEFT;
    Ok(step)
}

/// Foreign keys like the partitioned table's, proved before it is a partition: ATTACH would read every row otherwise.
fn refer_steps(restoration: &Restoration<'_>, evidence: &RestoreEvidence) -> Vec<Step> {
    let (name, keys) = (&restoration.relation, &evidence.foreign_keys);
    if keys.is_empty() {
        return Vec::new();
    }
    let add = |key: &ForeignKeyOut| {
        let definition = Deparsed(key.definition.clone());
        ddl!("partition/replace/refer.sql", table = *name, name = key.name, definition = definition)
    };
    let summary = format!("give {} its foreign keys", name.plain());
    let mut step = Step::transaction(summary, vec![], keys.iter().map(add).collect());
    step.locks = referenced(evidence, LockMode::ShareRowExclusive);
    step.locks.push(Lock::first(name.clone(), LockMode::ShareRowExclusive));
    step.interrupted = LEFT;
    step.minor = true;
    let prove = keys.iter().map(|key| {
        let mut step = validate_step(name, &key.name, &key.referenced, key.name.raw());
        step.interrupted = LEFT;
        step
    });
    [step].into_iter().chain(prove).collect()
}

/// Tables that it refers to.
fn referenced(evidence: &RestoreEvidence, mode: LockMode) -> Vec<Lock> {
    let tables = evidence.create.foreign_keys.referenced.iter();
    tables.map(|one| lock(one.table.clone(), mode, one.may_lock)).collect()
}

fn attach_step(
    timeline: &Timeline,
    restoration: &Restoration<'_>,
    wanted: &Wanted,
    evidence: &RestoreEvidence,
) -> anyhow::Result<Step> {
    let (parent, name) = (&timeline.table.relation, &restoration.relation);
    let (from, to) = (timeline.literal_or_open(wanted.range.lo)?, timeline.literal_or_open(wanted.range.hi)?);
    let attach =
        ddl!("partition/attach.sql", parent = *parent, partition = *name, from = List(&from), to = List(&to));
    let uncheck = ddl!("partition/restore_uncheck.sql", partition = *name);
    let unmark = ddl!("partition/comment.sql", partition = *name, comment = Keyword("null"));
    let mut step =
        Step::transaction(format!("attach {}", name.plain()), vec![], vec![attach, uncheck, unmark]);
    step.locks = attach_locks(timeline, &evidence.create);
    step.locks.push(Lock::first(name.clone(), LockMode::AccessExclusive));
    step.interrupted = LEFT;
    Ok(step)
}

fn refuse_attach(
    timeline: &Timeline,
    restoration: &Restoration<'_>,
    evidence: &RestoreEvidence,
) -> anyhow::Result<()> {
    let name = timeline.table.relation.plain();
    let without = "restore it without --attach";
    let range = restoration.range(timeline)?;
    if evidence.registry {
        let (from, to) = (timeline.literal_or_open(range.lo)?, timeline.literal_or_open(range.hi)?);
        let error = anyhow!("attach to {name}: its keys stand in a registry, which ATTACH does not fill");
        return Err(error.hint(format!(
            "restore it as another table with --as instead, and insert its rows into {name}, after: create table {} \
             partition of {} for values from ({}) to ({});",
            restoration.relation,
            timeline.table.relation,
            List(&from),
            List(&to)
        )));
    }
    if let Some(other) =
        timeline.parts.iter().find(|part| part.range.lo < range.hi && range.lo < part.range.hi)
    {
        let other = other.partition.relation.plain();
        return Err(anyhow!("attach to {name}: {other} covers the archive's range already").hint(without));
    }
    if let Some(rows) = evidence.create.default_rows.first().filter(|rows| **rows > 0) {
        bail!("attach to {name}: the default partition holds {rows} rows of the archive's range");
    }
    Ok(())
}

fn refuse_other_columns(
    parent: &Relation,
    restoration: &Restoration<'_>,
    now: &[ArchivedColumn],
) -> anyhow::Result<()> {
    let subject = restoration.subject;
    let today = |one: &ArchivedColumn| now.iter().find(|column| column.name == one.name);
    let gone: Vec<&str> =
        subject.columns.iter().filter(|one| today(one).is_none()).map(|one| one.name.as_str()).collect();
    let by_hand = match restoration.format {
        FileFormat::Csv => "load the file by hand: it is CSV with a header line, compressed with Zstandard",
        FileFormat::Parquet => "load the file by hand: it is Parquet",
    };
    ensure!(
        gone.is_empty(),
        anyhow!("{} has no column {} any more", parent.plain(), gone.join(", "))
            .exit(Exit::Failed)
            .hint(by_hand)
    );
    let retyped = subject.columns.iter().find_map(|one| {
        let type_name = &today(one)?.type_name;
        (*type_name != one.type_name).then(|| format!("{} was {}, is {type_name}", one.name, one.type_name))
    });
    match retyped {
        Some(what) => {
            Err(anyhow!("{} has changed since the archive was written: {what}", parent.plain()).hint(by_hand))
        }
        None => Ok(()),
    }
}
