//! Foreign keys on the copies, proved before they are partitions: ATTACH would read every row otherwise. From here on a row
//! that goes takes its copy along at once, or the copy would keep what it refers to from going. That begins when nobody
//! writes, and the copies hold the same at that instant.
use crate::ddl;
use crate::operations::partition::convert::lock;
use crate::operations::partition::replace::plan::Replacement;
use crate::operations::partition::replace::prepare::{note_function, relations};
use crate::operations::partition::replace::replay::{self, Reach};
use crate::pg::lock::LockMode;
use crate::pg::sql::{Deparsed, Fragment};
use crate::plan::{Fill, FillTable, Lock, Run, Step};

pub(super) fn step(replacement: &Replacement<'_>) -> anyhow::Result<Step> {
    let pieces = relations(replacement);
    let through = pieces.iter().map(|piece| {
        let lookup = replacement.key.lookup(piece, &replacement.key.row("old"), false);
        ddl!("partition/replace/through.sql", table = *piece, lookup = lookup)
    });
    let prepare = replay::statements(replacement, false, Reach::All)?;
    let mut act = replay::statements(replacement, false, Reach::Last)?;
    act.push(note_function(replacement, Fragment::joined(through, ""))?);
    for piece in &pieces {
        for key in &replacement.evidence.foreign_keys {
            let (name, definition) = (&key.name, Deparsed(key.definition.clone()));
            act.push(ddl!(
                "partition/replace/refer.sql",
                table = *piece,
                name = *name,
                definition = definition
            ));
        }
    }
    act.push(ddl!("partition/replace/immediate.sql"));
    let mut step = Step::transaction("give the copies their foreign keys".to_owned(), prepare, act);
    step.locks = referenced(replacement, LockMode::ShareRowExclusive)?;
    step.locks.extend(replacement.order.locks(replacement.table(), LockMode::ShareRowExclusive));
    step.interrupted = "the table is as it was, changes are noted; the next run goes on with them";
    step.minor = true;
    Ok(step)
}

/// Tables that the partitioned one refers to.
pub(super) fn referenced(replacement: &Replacement<'_>, mode: LockMode) -> anyhow::Result<Vec<Lock>> {
    let tables = &replacement.evidence.table.objects.referenced;
    tables.iter().map(|one| Ok(lock(one.name.relation()?, mode, one.may_lock))).collect()
}

pub(super) fn prove_step(replacement: &Replacement<'_>) -> Step {
    let tables = relations(replacement).into_iter().map(|relation| {
        let keys = replacement.evidence.foreign_keys.iter();
        let finish = keys
            .map(|key| ddl!("partition/convert/validate.sql", table = relation, name = key.name))
            .collect();
        FillTable { relation: relation.clone(), empty: Vec::new(), copies: Vec::new(), finish }
    });
    let fill =
        Fill { tables: tables.collect(), jobs: replacement.jobs, pace: replacement.pace.clone(), rows: None };
    let mut step = Step::transaction("prove the foreign keys of the copies".to_owned(), vec![], vec![]);
    step.run = Run::Fill(Box::new(fill));
    step.interrupted = "the table is as it was, changes are noted; the next run goes on with them";
    step.minor = true;
    step
}
