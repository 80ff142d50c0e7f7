//! The rows of each new table, then its indexes. Both can be done again: what a killed run has copied goes first.
use crate::ddl;
use crate::operations::partition::replace::mark::{Place, State};
use crate::operations::partition::replace::order::{Piece, condition, inside};
use crate::operations::partition::replace::plan::Replacement;
use crate::operations::partition::replace::prepare::{
    marked, note_function, owner, table_like, tables as of_tables,
};
use crate::operations::partition::replace::refer::referenced;
use crate::operations::partition::replace::{prepare, undo};
use crate::operations::partition::timeline::Range;
use crate::pg::catalog::IndexKind;
use crate::pg::lock::LockMode;
use crate::pg::sql::{Deparsed, Fragment, Keyword, List, Sql};
use crate::plan::{Fill, FillTable, Held, Lock, Run, Step};

/// So many rows are copied in one transaction, as far as a look at the clock tells.
const ROWS_AT_ONCE: u64 = 500_000;

/// `None`: an earlier run has filled them all.
pub(super) fn step(replacement: &Replacement<'_>) -> anyhow::Result<Option<Step>> {
    let evidence = replacement.evidence;
    let pieces = replacement.order.pieces.iter().filter(|piece| !is_ready(replacement, piece));
    let tables: Vec<FillTable> =
        pieces.map(|piece| table(replacement, piece)).collect::<anyhow::Result<_>>()?;
    if tables.is_empty() {
        return Ok(None);
    }
    let (count, jobs) = (tables.len(), replacement.jobs);
    let mut step =
        Step::transaction(format!("copy the rows into {}, and index them", of_tables(count)), vec![], vec![]);
    let known: Option<u64> = replacement.order.pieces.iter().map(|piece| piece.rows).sum();
    let rows = known.map_or(evidence.rows, |rows| rows as f64);
    let rows = Some(rows).filter(|_| evidence.left.begun.is_none());
    step.run = Run::Fill(Box::new(Fill { tables, jobs, pace: replacement.pace.clone(), rows }));
    step.locks = replacement
        .order
        .sources
        .iter()
        .map(|source| Lock {
            held: Held::WhileReading,
            ..Lock::implied(source.partition.relation.clone(), LockMode::AccessShare)
        })
        .collect();
    step.interrupted = "the table is as it was, changes are noted; the next run fills what is not full, or --abort takes \
                        it all back";
    Ok(Some(step))
}

fn is_ready(replacement: &Replacement<'_>, piece: &Piece) -> bool {
    let begun = replacement.evidence.left.begun.iter().flat_map(|begun| &begun.pieces);
    let mut begun = begun.filter(|one| one.piece.relation == piece.relation);
    replacement.evidence.outdated.is_none() && begun.any(|one| one.state == State::Ready)
}

fn table(replacement: &Replacement<'_>, piece: &Piece) -> anyhow::Result<FillTable> {
    let mut copies = Vec::new();
    for source in &replacement.order.sources {
        for condition in conditions(replacement, piece)? {
            copies.push(ddl!(
                "partition/replace/copy.sql",
                table = piece.relation,
                columns = List(&replacement.columns),
                source = source.partition.relation,
                condition = condition
            ));
        }
    }
    let mut finish = match piece.place {
        Place::Whole => undo::indexes(replacement, piece)?,
        _ => indexes(replacement, piece),
    };
    finish.push(ddl!("partition/replace/analyze.sql", table = piece.relation));
    finish.push(marked(replacement, piece, State::Ready));
    let empty = vec![
        marked(replacement, piece, State::Begun),
        ddl!("partition/truncate.sql", partition = piece.relation),
    ];
    Ok(FillTable { relation: piece.relation.clone(), empty, copies, finish })
}

/// The piece's condition, or one for each part of its time where it has many rows.
fn conditions(replacement: &Replacement<'_>, piece: &Piece) -> anyhow::Result<Vec<Fragment>> {
    let timeline = replacement.timeline;
    let parts = i64::try_from(piece.rows.unwrap_or(0) / ROWS_AT_ONCE)? + 1;
    let whole = || condition(timeline, replacement.order, piece.place).map(|whole| vec![whole]);
    let Place::Range(range) = piece.place else { return whole() };
    if parts == 1 || range.lo == i64::MIN || range.hi == i64::MAX {
        return whole();
    }
    let width = (range.hi - range.lo) / parts;
    let mut ends: Vec<i64> = (1..parts).map(|part| range.lo + part * width).collect();
    // What the key cannot hold, as a time of day in a date, is no bound.
    ends.retain(|end| timeline.kind.encode(*end).is_some());
    ends.push(range.hi);
    let mut lo = range.lo;
    ends.into_iter()
        .map(|hi| {
            let part = Range { lo: std::mem::replace(&mut lo, hi), hi };
            inside(timeline, part)
        })
        .collect()
}

/// All indexes that the old partition has, those that it has alone among them.
fn indexes(replacement: &Replacement<'_>, piece: &Piece) -> Vec<Sql> {
    let Some(source) = replacement.evidence.sources.first() else { return Vec::new() };
    let statement = |index: &crate::pg::catalog::Index| {
        let constraint = index.constraint.as_deref().and_then(|name| source.objects.constraint(name));
        if let Some(constraint) = constraint {
            let definition = Deparsed(constraint.definition.clone());
            return Some(ddl!(
                "partition/replace/constraint.sql",
                table = piece.relation,
                definition = definition
            ));
        }
        let definition = index.definition.as_ref()?;
        let unique = index.kind == IndexKind::Unique;
        Some(ddl!(
            "partition/replace/index.sql",
            index = Keyword(if unique { "unique index" } else { "index" }),
            table = piece.relation,
            definition = *definition
        ))
    };
    source.indexes.iter().filter_map(statement).collect()
}

/// What is not as it should be is copied again, into new tables without indexes.
pub(super) fn again_steps(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Step>> {
    let Some(why) = replacement.evidence.outdated else { return Ok(Vec::new()) };
    let pieces = &replacement.order.pieces;
    let mut act: Vec<Sql> =
        pieces.iter().map(|piece| ddl!("partition/drop.sql", partition = piece.relation)).collect();
    for piece in pieces {
        act.extend(table_like(replacement, piece)?);
    }
    act.extend(owner(replacement)?);
    act.push(note_function(replacement, Fragment::none())?);
    act.push(ddl!("partition/replace/forget_truncate.sql", delta = replacement.evidence.names.delta));
    act.push(prepare::marked_changes(replacement));
    let mut step = Step::transaction(format!("begin to copy again, for {why}"), vec![], act);
    if replacement.evidence.left.refers() {
        step.locks = referenced(replacement, LockMode::AccessExclusive)?;
    }
    Ok(vec![step, prepare::note_step(replacement)])
}
