//! Which partitions are missing ahead, and the plan that makes them: each table is made on the side and attached
//! under SHARE UPDATE EXCLUSIVE, so that nobody who reads or writes the parent waits.
use anyhow::{Context as _, anyhow, bail, ensure};

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::inherit::dress;
use crate::operations::partition::policy::Policy;
use crate::operations::partition::retire::finalize_steps;
use crate::operations::partition::survey::CreateEvidence;
use crate::operations::partition::template::Template;
use crate::operations::partition::timeline::{Range, Timeline};
use crate::pg::bound::Datum;
use crate::pg::catalog::RelationKind;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Relation};
use crate::pg::sql::{Fragment, List, Sql};
use crate::plan::{Held, Lock, Plan, Run, Standing, Step};

/// A partition that should be there and is not.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub relation: Relation,
    pub range: Range,
    /// Its neighbours leave it less than a whole period.
    pub clipped: bool,
}

/// The plan, and what it cannot do because rows are in the way.
#[derive(Debug)]
pub struct CreatePlan {
    pub plan: Plan,
    pub blocked: Option<anyhow::Error>,
}

/// A gap between the last partition and today is filled only when it is no longer than this.
const MOST_PERIODS_TO_FILL: usize = 120;
/// One transaction attaches so many partitions, when it holds locks that others may wait for, and when not.
const ATTACH_AT_ONCE_LOCKED: usize = 12;
const ATTACH_AT_ONCE: usize = 100;

/// The missing partitions from the current period on. `now` is a point of the key. Reads nothing, changes nothing.
///
/// # Errors
/// When a period cannot be named or lies beyond what the key can hold.
pub fn wanted(timeline: &Timeline, policy: &Policy, now: i64) -> anyhow::Result<Vec<Wanted>> {
    let template = policy.name.clone().unwrap_or_else(|| Template::usual(timeline.calendar.every));
    template.check(timeline.calendar.every)?;
    let schema = schema(timeline, policy)?;
    let mut wanted = Vec::new();
    for period in periods(timeline, policy, now)? {
        let pieces = uncovered(period, timeline);
        ensure!(
            pieces.len() <= 1,
            "the partitions between {} and {} leave more than one gap in one {}; make these by hand",
            timeline.show(period.lo),
            timeline.show(period.hi),
            timeline.calendar.every.word()
        );
        let Some(range) = pieces.first().copied() else { continue };
        let label = timeline.calendar.label(period.lo).context("name a period beyond the calendar")?;
        let name = template.name(&timeline.table.relation.name, label)?;
        let relation = Relation { schema: schema.clone(), name };
        wanted.push(Wanted { relation, range, clipped: range != period });
    }
    Ok(wanted)
}

/// Where new partitions come: as the policy says, else where the newest one is.
pub(super) fn schema(timeline: &Timeline, policy: &Policy) -> anyhow::Result<Ident> {
    match (&policy.overrides.schema, timeline.newest()) {
        (Some(schema), _) => Ident::new(schema),
        (None, Some(newest)) => Ok(newest.partition.relation.schema.clone()),
        (None, None) => Ok(timeline.table.relation.schema.clone()),
    }
}

/// The periods that should have partitions, in order.
fn periods(timeline: &Timeline, policy: &Policy, now: i64) -> anyhow::Result<Vec<Range>> {
    let calendar = &timeline.calendar;
    let beyond = || anyhow!("the calendar ends before {} {}s from now", policy.ahead, calendar.every.word());
    let current = calendar.floor(now).with_context(beyond)?;
    let mut begin = first_begin(timeline, policy, now, current).with_context(beyond)?;
    let mut periods = Vec::new();
    let mut ahead = 0;
    while ahead <= policy.ahead {
        let end = calendar.next(begin).with_context(beyond)?;
        periods.push(Range { lo: begin, hi: end });
        if begin >= current {
            ahead += 1;
        }
        begin = end;
    }
    Ok(periods)
}

/// Where the wanted periods begin: at the current one; in a new table `behind` periods earlier; after a time in which
/// nobody made partitions, where the last one ends, but never before what is kept.
fn first_begin(timeline: &Timeline, policy: &Policy, now: i64, current: i64) -> Option<i64> {
    let calendar = &timeline.calendar;
    let mut begin = current;
    if timeline.parts.is_empty() {
        for _ in 0..policy.behind {
            begin = calendar.previous(begin)?;
        }
        return Some(begin);
    }
    let last_end = timeline.parts.iter().map(|part| part.range.hi).filter(|hi| *hi <= current).max();
    let covered = timeline.holding(current).is_some();
    let (Some(last_end), false) = (last_end, covered) else { return Some(current) };
    let kept_since = policy.keep.and_then(|keep| calendar.before(now, keep)).unwrap_or(i64::MIN);
    let mut earlier = current;
    for _ in 0..MOST_PERIODS_TO_FILL {
        if earlier <= last_end || earlier <= kept_since {
            return Some(earlier);
        }
        earlier = calendar.previous(earlier)?;
    }
    Some(current)
}

/// The pieces of a period that no partition covers.
pub(super) fn uncovered(period: Range, timeline: &Timeline) -> Vec<Range> {
    let mut pieces = Vec::new();
    let mut lo = period.lo;
    for part in timeline.parts.iter().filter(|part| part.range.hi > period.lo && part.range.lo < period.hi) {
        if part.range.lo > lo {
            pieces.push(Range { lo, hi: part.range.lo });
        }
        lo = lo.max(part.range.hi);
    }
    if lo < period.hi {
        pieces.push(Range { lo, hi: period.hi });
    }
    pieces
}

/// The plan that creates what is wanted. Pure: all that it needs to know of the database is in its arguments.
///
/// # Errors
/// When a name is taken, or the partitions are not pgtend's to make.
pub fn plan_create(
    timeline: &Timeline,
    policy: &Policy,
    wanted: Vec<Wanted>,
    evidence: &CreateEvidence,
) -> anyhow::Result<CreatePlan> {
    let table = &timeline.table;
    let mut plan =
        Plan { target: table.relation.clone(), oid: table.oid, steps: Vec::new(), notes: Vec::new() };
    plan.steps.extend(finalize_steps(timeline, &evidence.foreign_keys));
    if !wanted.is_empty() {
        refuse_what_is_not_ours(timeline)?;
        refuse_taken_names(timeline, &wanted, evidence)?;
    }
    let (wanted, blocked) = split_blocked(timeline, wanted, evidence);
    for clipped in wanted.iter().filter(|w| w.clipped) {
        plan.notes.push(format!(
            "{} gets what its neighbours leave: {} to {}",
            clipped.relation.plain(),
            timeline.show(clipped.range.lo),
            timeline.show(clipped.range.hi)
        ));
    }
    let ranges: Vec<Range> = wanted.iter().map(|one| one.range).collect();
    let guarded = guard_default(timeline, &ranges, evidence.default_is_empty, &mut plan)?;
    let careful = timeline.default.is_some() || !evidence.foreign_keys.referenced.is_empty();
    let at_once = if careful { ATTACH_AT_ONCE_LOCKED } else { ATTACH_AT_ONCE };
    for chunk in wanted.chunks(at_once) {
        plan.steps.push(attach_step(timeline, policy, chunk, evidence)?);
    }
    if let (Some(check), Some(default)) = (guarded, &timeline.default) {
        plan.steps.push(drop_check_step(&default.relation, Some(check)));
    }
    Ok(CreatePlan { plan, blocked })
}

/// Adds one attach to a plan, with what keeps the default partition from being read under its lock.
///
/// # Errors
/// When the range cannot be written as a condition on the key.
pub(super) fn plan_guarded_attach(
    timeline: &Timeline,
    wanted: &Wanted,
    attach: Step,
    evidence: &CreateEvidence,
    plan: &mut Plan,
) -> anyhow::Result<()> {
    let guarded = guard_default(timeline, &[wanted.range], evidence.default_is_empty, plan)?;
    plan.steps.push(attach);
    if let (Some(check), Some(default)) = (guarded, &timeline.default) {
        plan.steps.push(drop_check_step(&default.relation, Some(check)));
    }
    Ok(())
}

fn refuse_what_is_not_ours(timeline: &Timeline) -> anyhow::Result<()> {
    let name = timeline.table.relation.plain();
    if let Some(newest) =
        timeline.newest().filter(|part| part.partition.kind == RelationKind::PartitionedTable)
    {
        bail!(
            "create partitions of {name}: its newest partition {} is partitioned itself, and how its leaves are \
             made is not pgtend's to know",
            newest.partition.relation.plain()
        );
    }
    if !timeline.table.owned {
        let error = anyhow!("create partitions of {name}: it belongs to role `{}`", timeline.table.owner);
        return Err(error
            .exit(Exit::Denied)
            .hint(format!("grant {} to the role that pgtend uses", timeline.table.owner)));
    }
    Ok(())
}

fn refuse_taken_names(
    timeline: &Timeline,
    wanted: &[Wanted],
    evidence: &CreateEvidence,
) -> anyhow::Result<()> {
    for (index, one) in wanted.iter().enumerate() {
        if wanted[..index].iter().any(|other| other.relation == one.relation) {
            bail!("two periods would both be named {}", one.relation.plain());
        }
    }
    let Some(taken) = evidence.taken.first() else { return Ok(()) };
    let table = &timeline.table;
    let is = |oid: u32| taken.oid == Some(oid);
    let what = if timeline.parts.iter().any(|part| is(part.partition.oid)) {
        "is a partition with other bounds"
    } else if table.stranded.iter().any(|partition| is(partition.oid)) {
        "was detached to be dropped and is still there"
    } else if timeline.pending.iter().any(|partition| is(partition.oid)) {
        "is being detached and stays as a table of its own"
    } else if taken.oid.is_some() {
        "is a relation that is no partition of this table"
    } else {
        "is a type"
    };
    Err(anyhow!(
        "create partitions of {}: the name {} is taken, it {what}",
        table.relation.plain(),
        taken.name
    )
    .hint("rename that one, or give new partitions another name with --name"))
}

/// Takes out the partitions for which the default partition holds rows.
fn split_blocked(
    timeline: &Timeline,
    wanted: Vec<Wanted>,
    evidence: &CreateEvidence,
) -> (Vec<Wanted>, Option<anyhow::Error>) {
    let Some(default) = &timeline.default else { return (wanted, None) };
    let rows = &evidence.default_rows;
    let in_the_way = |index: usize| rows.get(index).copied().unwrap_or(0);
    let lines: Vec<String> = wanted
        .iter()
        .enumerate()
        .filter(|(index, _)| in_the_way(*index) > 0)
        .map(|(index, one)| format!("{} rows for {}", in_the_way(index), one.relation.plain()))
        .collect();
    let free =
        wanted.into_iter().enumerate().filter(|(index, _)| in_the_way(*index) == 0).map(|(_, one)| one);
    let free: Vec<Wanted> = free.collect();
    if lines.is_empty() {
        return (free, None);
    }
    let error = anyhow!(
        "the default partition {} holds rows that belong into partitions to be made",
        default.relation.plain()
    );
    (
        free,
        Some(
            error
                .detail(lines.join("\n"))
                .hint("move these rows out of the default partition, then run again"),
        ),
    )
}

/// A default partition with rows must not be scanned while ATTACH locks it. One check over all the new ranges is
/// proved beforehand, under a lock that stops nobody. Returns the index of the step that adds the check.
pub(super) fn guard_default(
    timeline: &Timeline,
    ranges: &[Range],
    default_is_empty: bool,
    plan: &mut Plan,
) -> anyhow::Result<Option<usize>> {
    let Some(default) = &timeline.default else { return Ok(None) };
    if ranges.is_empty() || default_is_empty {
        if default.window_check {
            plan.steps.push(drop_check_step(&default.relation, None));
        }
        return Ok(None);
    }
    let condition = range_conditions(timeline, ranges, Side::Outside)?;
    let index = plan.steps.len();
    let name = default.relation.plain();
    let add = ddl!("partition/window_check.sql", default = default.relation, condition = condition);
    let mut step =
        Step::transaction(format!("keep new rows of the coming partitions out of {name}"), vec![], vec![add]);
    // Whoever uses it for long would keep us from taking the check off again.
    step.after_transactions_on = Some(default.relation.clone());
    step.locks = vec![Lock::first(default.relation.clone(), LockMode::AccessExclusive)];
    step.minor = true;
    step.interrupted = "the check stays: rows of these ranges are refused until the next run takes it away";
    plan.steps.push(step);
    plan.steps.push(Step {
        summary: format!("prove that {name} holds none of them"),
        run: Run::Alone {
            prepare: Vec::new(),
            statement: ddl!("partition/window_validate.sql", default = default.relation),
            guard: None,
        },
        ahead: Vec::new(),
        locks: vec![Lock {
            relation: default.relation.clone(),
            mode: LockMode::ShareUpdateExclusive,
            first: false,
            by: None,
            held: Held::WhileReading,
        }],
        destroys: None,
        interrupted: "the check stays, not proved; the next run begins again",
        recover: None,
        standing: Standing::Ordinary,
        after_transactions_on: None,
        minor: true,
        foreign: false,
    });
    plan.notes.push(format!(
        "{name} has rows: it is read once without stopping anybody; meanwhile an insert that would have to go into it \
         for one of the new ranges fails"
    ));
    Ok(Some(index))
}

pub(super) fn drop_check_step(default: &Relation, after: Option<usize>) -> Step {
    let drop = ddl!("partition/window_drop.sql", default = *default);
    let mut step = Step::transaction(format!("take the check off {}", default.plain()), vec![], vec![drop]);
    step.locks = vec![Lock::first(default.clone(), LockMode::AccessExclusive)];
    step.interrupted = "the check pgtend_default_window stays: rows of the coming partitions are refused until the next \
                        run takes it away";
    if let Some(after) = after {
        step.standing = Standing::CleansUp { after };
    }
    step.minor = true;
    step
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Inside,
    Outside,
}

/// One condition over all the ranges; ranges that touch become one.
pub(super) fn conditions(timeline: &Timeline, wanted: &[Wanted], side: Side) -> anyhow::Result<Fragment> {
    let ranges: Vec<Range> = wanted.iter().map(|one| one.range).collect();
    range_conditions(timeline, &ranges, side)
}

fn range_conditions(timeline: &Timeline, ranges: &[Range], side: Side) -> anyhow::Result<Fragment> {
    let mut runs: Vec<Range> = Vec::new();
    for range in ranges {
        match runs.last_mut() {
            Some(last) if last.hi == range.lo => last.hi = range.hi,
            _ => runs.push(*range),
        }
    }
    let mut whole: Option<Fragment> = None;
    for run in runs {
        let key = timeline.column.clone();
        if run.lo == i64::MIN && side == Side::Outside {
            let lower = first_value(timeline, run.hi)?;
            whole = Some(Fragment(ddl!("partition/replace/since.sql", key = key, lower = lower)));
            continue;
        }
        if run.hi == i64::MAX && side == Side::Outside {
            let upper = first_value(timeline, run.lo)?;
            let right = Fragment(ddl!("partition/replace/before.sql", key = key, upper = upper));
            whole = Some(match whole {
                None => right,
                Some(left) => Fragment(ddl!("partition/and.sql", left = left, right = right)),
            });
            continue;
        }
        let (lower, upper) = (first_value(timeline, run.lo)?, first_value(timeline, run.hi)?);
        let part = match side {
            Side::Outside => ddl!("partition/outside.sql", key = key, lower = lower, upper = upper),
            Side::Inside => ddl!("partition/inside.sql", key = key, lower = lower, upper = upper),
        };
        let right = Fragment(part);
        whole = Some(match (whole, side) {
            (None, _) => right,
            (Some(left), Side::Outside) => Fragment(ddl!("partition/and.sql", left = left, right = right)),
            (Some(left), Side::Inside) => Fragment(ddl!("partition/or.sql", left = left, right = right)),
        });
    }
    whole.context("no ranges")
}

/// The key's first value at a point, for a condition on that column alone.
pub(super) fn first_value(timeline: &Timeline, point: i64) -> anyhow::Result<Datum> {
    timeline.literal(point)?.into_iter().next().context("a bound without a value")
}

fn attach_step(
    timeline: &Timeline,
    policy: &Policy,
    chunk: &[Wanted],
    evidence: &CreateEvidence,
) -> anyhow::Result<Step> {
    let parent = &timeline.table.relation;
    let (mut prepare, mut act): (Vec<Sql>, Vec<Sql>) = (Vec::new(), Vec::new());
    let mut last = Vec::new();
    let sibling = evidence.sibling.as_ref();
    let method = sibling.and_then(|s| s.access_method.clone()).unwrap_or_else(|| "heap".to_owned());
    let method = Ident::new(method)?;
    for one in chunk {
        let partition = &one.relation;
        let create =
            ddl!("partition/create.sql", partition = *partition, parent = *parent, access_method = method);
        prepare.push(create);
        let dress = dress(partition, sibling, &evidence.parent, &policy.overrides)?;
        prepare.extend(dress.before);
        let (from, to) = (timeline.literal(one.range.lo)?, timeline.literal(one.range.hi)?);
        act.push(ddl!(
            "partition/attach.sql",
            parent = *parent,
            partition = *partition,
            from = List(&from),
            to = List(&to)
        ));
        last.extend(dress.after);
    }
    act.extend(last);
    let mut step = Step::transaction(summary(chunk), prepare, act);
    step.locks = attach_locks(timeline, evidence);
    Ok(step)
}

fn summary(chunk: &[Wanted]) -> String {
    match chunk {
        [one] => format!("create {}", one.relation.plain()),
        [first, .., last] => {
            format!(
                "create {} partitions, {} to {}",
                chunk.len(),
                first.relation.plain(),
                last.relation.plain()
            )
        }
        [] => "create nothing".to_owned(),
    }
}

/// Referenced tables, referencing tables, parent, default: always in this order.
pub(super) fn attach_locks(timeline: &Timeline, evidence: &CreateEvidence) -> Vec<Lock> {
    let lock = |table: &Relation, mode, may: bool| {
        if may { Lock::first(table.clone(), mode) } else { Lock::implied(table.clone(), mode) }
    };
    let keys = &evidence.foreign_keys;
    let mode = LockMode::ShareRowExclusive;
    let mut locks: Vec<Lock> = keys.referenced.iter().map(|r| lock(&r.table, mode, r.may_lock)).collect();
    if evidence.server_major >= 15 {
        locks.extend(keys.referencing.iter().map(|r| lock(&r.table, mode, r.may_lock)));
    }
    locks.push(Lock::first(timeline.table.relation.clone(), LockMode::ShareUpdateExclusive));
    if let Some(default) = &timeline.default {
        locks.push(Lock::first(default.relation.clone(), LockMode::AccessExclusive));
    }
    locks
}
