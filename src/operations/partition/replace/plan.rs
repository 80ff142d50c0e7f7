//! The steps in their order, those left out that an earlier run has done.
use anyhow::anyhow;

use crate::failure::{Exit, Explain as _};
use crate::operations::partition::create::{drop_check_step, guard_default};
use crate::operations::partition::policy::Policy;
use crate::operations::partition::replace::evidence::{Begun, ReplaceEvidence};
use crate::operations::partition::replace::mark::Place;
use crate::operations::partition::replace::order::Order;
use crate::operations::partition::replace::refuse::refuse;
use crate::operations::partition::replace::row_key::RowKey;
use crate::operations::partition::replace::{clean_up, fill, prepare, refer, replay, swap, undo};
use crate::operations::partition::timeline::Timeline;
use crate::pg::disk;
use crate::pg::name::{Ident, Relation};
use crate::plan::{Pace, Plan};

/// One replacement, in whose way nothing stands. The steps are made of it.
pub(super) struct Replacement<'a> {
    pub timeline: &'a Timeline,
    pub policy: &'a Policy,
    pub order: &'a Order,
    pub evidence: &'a ReplaceEvidence,
    pub key: RowKey,
    /// Columns that are written: all but generated ones.
    pub columns: Vec<Ident>,
    pub jobs: usize,
    pub pace: &'a Pace,
}

impl Replacement<'_> {
    pub fn table(&self) -> &Relation {
        &self.timeline.table.relation
    }

    pub fn oid(&self) -> u32 {
        self.timeline.table.oid
    }
}

/// `order`: `None` where there is nothing to replace, or it is replaced by now. What earlier runs have left is brought to
/// its end in any case.
///
/// # Errors
/// With everything that is in the way.
pub fn plan_replace(
    timeline: &Timeline,
    policy: &Policy,
    order: Option<&Order>,
    evidence: &ReplaceEvidence,
    jobs: usize,
    pace: &Pace,
) -> anyhow::Result<Plan> {
    let table = &timeline.table;
    let mut plan =
        Plan { target: table.relation.clone(), oid: table.oid, steps: Vec::new(), notes: Vec::new() };
    let Some(order) = order else {
        if let Some(default) = timeline.default.as_ref().filter(|default| default.window_check) {
            plan.steps.push(drop_check_step(&default.relation, None));
        }
        if evidence.left.begun.is_some() || !evidence.left.old.is_empty() {
            plan.steps.extend(clean_up::steps(timeline, evidence, &evidence.left.old, None)?);
        }
        return Ok(plan);
    };
    if !evidence.left.old.is_empty() {
        let old = &evidence.left.old;
        plan.steps.extend(clean_up::drop_old(timeline, old, None));
    }
    refuse(timeline, order, evidence)?;
    let none = || anyhow!("no key");
    let columns = evidence.model().ok_or_else(none)?.objects.columns.iter();
    let columns = columns.filter(|column| !column.generated).map(|column| Ident::new(&column.name));
    let replacement = Replacement {
        timeline,
        policy,
        order,
        evidence,
        key: RowKey::of(evidence).ok_or_else(none)?,
        columns: columns.collect::<anyhow::Result<_>>()?,
        jobs,
        pace,
    };
    steps(&replacement, &mut plan)?;
    Ok(plan)
}

fn steps(replacement: &Replacement<'_>, plan: &mut Plan) -> anyhow::Result<()> {
    let Replacement { timeline, order, evidence, .. } = *replacement;
    notes(replacement, plan);
    match &evidence.left.begun {
        None => plan.steps.push(prepare::step(replacement)?),
        Some(_) => plan.steps.extend(fill::again_steps(replacement)?),
    }
    plan.steps.extend(fill::step(replacement)?);
    if !evidence.foreign_keys.is_empty() {
        if !evidence.left.refers() || evidence.outdated.is_some() {
            plan.steps.push(replay::step(replacement, false)?);
            plan.steps.push(refer::step(replacement)?);
        }
        plan.steps.push(refer::prove_step(replacement));
    }
    plan.steps.push(replay::step(replacement, true)?);
    if order.is_undo() {
        plan.steps.push(undo::step(replacement)?);
        plan.steps.extend(undo::steps_after(replacement)?);
        return Ok(());
    }
    let ranges: Vec<_> = order
        .sources
        .iter()
        .filter_map(|source| match source.place {
            Place::Range(range) => Some(range),
            Place::Default | Place::Whole => None,
        })
        .collect();
    // Where the default partition stays, ATTACH must not read it.
    let guarded = if ranges.is_empty() {
        None
    } else {
        guard_default(timeline, &ranges, evidence.default_is_empty, plan)?
    };
    plan.steps.push(swap::step(replacement)?);
    if let (Some(check), Some(default)) = (guarded, &timeline.default) {
        plan.steps.push(drop_check_step(&default.relation, Some(check)));
    }
    let old = swap::old(replacement)?;
    plan.steps.extend(clean_up::steps(timeline, evidence, &old, Some(order))?);
    Ok(())
}

/// So many partitions make an exchange a long one.
const MANY_PARTS: usize = 50;

fn notes(replacement: &Replacement<'_>, plan: &mut Plan) {
    let Replacement { order, evidence, timeline, .. } = replacement;
    plan.notes.extend(order.notes.iter().cloned());
    let sources: Vec<String> = order.sources.iter().map(|one| one.partition.relation.plain()).collect();
    let begun = evidence.left.begun.as_ref();
    let ready = begun.map_or(0, Begun::ready);
    let (many, pieces) = (sources.len() > 1, order.pieces.len());
    let parts = pieces.max(sources.len());
    if parts >= MANY_PARTS {
        plan.notes.push(format!(
            "the exchange takes some milliseconds under its locks for each of {parts} partitions: do fewer at once where that \
             is too long"
        ));
    }
    let disk = format!("in use meanwhile; {}", disk::told(evidence.bytes_needed(order), evidence.free));
    plan.notes.push(if order.is_undo() {
        let all = if many { format!("{} partitions", sources.len()) } else { "partition".to_owned() };
        format!("it becomes an ordinary table with the rows of its {all}, {disk}")
    } else {
        format!(
            "{} {} {pieces} partition{}, {disk}",
            sources.join(", "),
            if many { "become" } else { "becomes" },
            if pieces == 1 { "" } else { "s" },
        )
    });
    if order.is_undo() {
        plan.notes.extend(undo::notes(replacement));
    }
    if begun.is_some() {
        plan.notes.push(format!("goes on with what was begun: {ready} of {} are filled", order.pieces.len()));
    }
    plan.notes.extend(evidence.incoming().map(|key| {
        format!(
            "foreign key {} of {}.{} is made again in the exchange, checks every new row from that instant on, and is \
             proved for the others afterwards",
            key.name, key.table.schema, key.table.name
        )
    }));
    if !timeline.pending.is_empty() {
        plan.notes.push("an interrupted detach is left as it is".to_owned());
    }
}

/// # Errors
/// When another verb's work is not at its end.
pub fn ensure_same_verb(order: &Order, verb: super::Verb, table: &Relation) -> anyhow::Result<()> {
    if order.verb == verb {
        return Ok(());
    }
    let (table, act, begun) = (table.plain(), order.verb.act(), order.verb.word());
    Err(anyhow!("an earlier run has begun to {act} {table}; nothing was changed")
        .exit(Exit::Usage)
        .hint(format!("run pgtend partition {begun} {table} again, or take it back with --abort")))
}
