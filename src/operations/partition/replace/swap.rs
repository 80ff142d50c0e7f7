//! The one transaction in which the copies become the partitions. What is long has been done before; under the locks only
//! the last changed keys are dealt with, and the catalog changes.
use crate::ddl;
use crate::operations::partition::convert::{fingerprint, foreign_key, foreign_key_comment, lock};
use crate::operations::partition::replace::mark::{Mark, Place, State};
use crate::operations::partition::replace::names::{Names, ROW_TRIGGER, TRUNCATE_TRIGGER};
use crate::operations::partition::replace::order::{Source, attach};
use crate::operations::partition::replace::plan::Replacement;
use crate::operations::partition::replace::prepare::{comment, dressed, mark};
use crate::operations::partition::replace::replay::Reach;
use crate::operations::partition::replace::{refer, replay};
use crate::pg::catalog::ForeignKeyIn;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{BodyLiteral, Keyword, Sql};
use crate::plan::{Lock, Step};

pub(super) fn step(replacement: &Replacement<'_>) -> anyhow::Result<Step> {
    let prepare = ready(replacement);
    let mut act = guards(replacement);
    act.extend(replay::statements(replacement, true, Reach::Last)?);
    act.push(ddl!("partition/replace/immediate.sql"));
    act.extend(take_away(replacement)?);
    act.extend(put_in_place(replacement)?);
    let summary = match replacement.order.sources.as_slice() {
        [one] => format!(
            "exchange {} for its {} parts",
            one.partition.relation.plain(),
            replacement.order.pieces.len()
        ),
        some => format!("exchange {} partitions for one", some.len()),
    };
    let mut step = Step::transaction(summary, prepare, act);
    // So that next to nothing is left for the time when the locks are held. Rows that were locked for it must be free
    // before they are asked for: a writer that waits for such a row holds the table.
    step.ahead = replay::statements(replacement, true, Reach::All)?;
    step.locks = locks(replacement)?;
    step.after_transactions_on = Some(replacement.table().clone());
    step.interrupted =
        "nothing has happened, the table is as it was and changes are noted; the next run does it";
    Ok(step)
}

/// Referenced tables, tables that refer, the table, its default partition, the partitions: always in this order.
fn locks(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Lock>> {
    let exclusive = LockMode::AccessExclusive;
    let mut locks = around(replacement)?;
    locks.push(Lock::first(replacement.table().clone(), exclusive));
    let default = replacement.timeline.default.iter().map(|default| &default.relation);
    let sources = replacement.order.sources.iter().map(|source| &source.partition.relation);
    for relation in default.chain(sources) {
        if !locks.iter().any(|known| known.relation == *relation) {
            locks.push(Lock::first(relation.clone(), exclusive));
        }
    }
    Ok(locks)
}

/// Of the tables on the other ends of foreign keys: those that are referred to first.
pub(super) fn around(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Lock>> {
    let exclusive = LockMode::AccessExclusive;
    let mut locks = refer::referenced(replacement, exclusive)?;
    for key in replacement.evidence.incoming() {
        let relation = key.table.relation()?;
        if !locks.iter().any(|known| known.relation == relation) {
            locks.push(lock(relation, exclusive, key.may_lock));
        }
    }
    Ok(locks)
}

/// The last look before anything changes.
fn guards(replacement: &Replacement<'_>) -> Vec<Sql> {
    let table = &replacement.evidence.table;
    let mut act = vec![ddl!(
        "partition/convert/unchanged.sql",
        table = BodyLiteral(table.relation.to_string()),
        oid = table.oid,
        fingerprint = fingerprint(table.oid),
        expected = BodyLiteral(table.fingerprint.clone()),
    )];
    act.extend(replacement.order.sources.iter().map(|source| {
        let partition = &source.partition;
        ddl!(
            "partition/still_there.sql",
            oid = partition.oid,
            partition = BodyLiteral(partition.relation.to_string()),
            parent = table.oid,
            parent_name = BodyLiteral(table.relation.to_string()),
            bound = BodyLiteral(partition.bound_text.clone().unwrap_or_default()),
        )
    }));
    act.extend(replay::guards(replacement));
    act
}

/// The new tables are those that were filled, and say what they will say as partitions: of tables that nobody uses, none
/// of that needs the locks.
pub(super) fn ready(replacement: &Replacement<'_>) -> Vec<Sql> {
    let pieces = replacement.order.pieces.iter();
    let statements = pieces.flat_map(|piece| {
        let ready = ddl!(
            "partition/replace/ready.sql",
            table = BodyLiteral(piece.relation.to_string()),
            mark = BodyLiteral(mark(replacement, piece, State::Ready).0)
        );
        let table = &piece.relation;
        let comment = match comment(replacement, piece) {
            Some(text) => ddl!("partition/comment.sql", partition = *table, comment = Literal(text)),
            None => ddl!("partition/comment.sql", partition = *table, comment = Keyword("null")),
        };
        [ready, comment]
    });
    statements.collect()
}

fn take_away(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Sql>> {
    let parent = replacement.table();
    let mut act = take_references(replacement)?;
    for Source { partition, .. } in &replacement.order.sources {
        let relation = &partition.relation;
        act.extend(drop_triggers(relation)?);
        act.push(ddl!("partition/detach.sql", parent = *parent, partition = *relation));
        let table = BodyLiteral(relation.to_string());
        act.push(ddl!("partition/replace/drop_foreign_keys.sql", table = table));
        let mark = Literal(Mark::Old { parent: replacement.oid() }.to_string());
        act.push(ddl!("partition/comment.sql", partition = *relation, comment = mark));
        let new = Names::old(partition.oid)?;
        act.push(ddl!("partition/convert/rename_table.sql", table = *relation, new = new));
    }
    Ok(act)
}

pub(super) fn drop_triggers(table: &Relation) -> anyhow::Result<Vec<Sql>> {
    [ROW_TRIGGER, TRUNCATE_TRIGGER]
        .into_iter()
        .map(|name| {
            let trigger = Ident::new(name)?;
            Ok(ddl!("partition/replace/drop_triggers.sql", trigger = trigger, table = *table))
        })
        .collect()
}

/// The default partition comes last: those with ranges then need not look into it.
fn put_in_place(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Sql>> {
    let mut pieces: Vec<_> = replacement.order.pieces.iter().collect();
    pieces.sort_by_key(|piece| piece.place == Place::Default);
    let (mut act, mut last) = (Vec::new(), Vec::new());
    for piece in pieces {
        let partition = piece.partition(&replacement.order.sources);
        if partition != piece.relation {
            act.push(ddl!(
                "partition/convert/rename_table.sql",
                table = piece.relation,
                new = partition.name
            ));
        }
        act.push(attach(replacement.timeline, &partition, piece.place)?);
        act.push(ddl!("partition/replace/bound_drop.sql", table = partition));
        last.extend(dressed(replacement, &partition)?.after);
    }
    act.extend(last);
    act.extend(give_references(replacement)?);
    Ok(act)
}

/// Foreign keys to the table go.
pub(super) fn take_references(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Sql>> {
    let drop = |key: &ForeignKeyIn| {
        let (table, name) = (key.table.relation()?, Ident::new(&key.name)?);
        Ok(ddl!("partition/convert/drop_constraint.sql", table = table, name = name))
    };
    replacement.evidence.incoming().map(drop).collect()
}

/// They are made again, not proved.
pub(super) fn give_references(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Sql>> {
    let mut statements = Vec::new();
    for key in replacement.evidence.incoming() {
        let (table, name) = (key.table.relation()?, Ident::new(&key.name)?);
        statements.push(foreign_key(key, &table, &name, replacement.table())?);
        statements.extend(foreign_key_comment(key)?);
    }
    Ok(statements)
}

/// What the replaced partitions are called then.
pub(super) fn old(replacement: &Replacement<'_>) -> anyhow::Result<Vec<(u32, Relation)>> {
    let sources = replacement.order.sources.iter();
    sources
        .map(|source| {
            let (oid, relation) = (source.partition.oid, &source.partition.relation);
            Ok((oid, Names::old_table(relation, oid)?))
        })
        .collect()
}
