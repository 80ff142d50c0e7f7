//! The one transaction in which the ordinary table takes the place of the partitioned one: its name, the names of its
//! indexes, and all that hangs on it.
use crate::ddl;
use crate::operations::partition::convert::{Handover, own_name, rename};
use crate::operations::partition::replace::names::Names;
use crate::operations::partition::replace::plan::Replacement;
use crate::operations::partition::replace::replay::{self, Reach};
use crate::operations::partition::replace::swap::{around, give_references, ready, take_references};
use crate::operations::partition::replace::undo::registry;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{BodyLiteral, List, Sql};
use crate::plan::Step;

pub fn step(replacement: &Replacement<'_>) -> anyhow::Result<Step> {
    let table = replacement.table();
    let handover = Handover { giver: &replacement.evidence.table };
    let mut act = vec![handover.guard(), all_there(replacement)];
    act.extend(replay::guards(replacement));
    act.extend(replay::statements(replacement, true, Reach::Last)?);
    act.push(ddl!("partition/replace/immediate.sql"));
    act.extend(take_references(replacement)?);
    act.extend(handover.take()?);
    if let Some(registry) = &replacement.evidence.registry {
        act.extend(registry::leave(registry, table, replacement.oid())?);
    }
    act.push(ddl!("partition/replace/drop_foreign_keys.sql", table = BodyLiteral(table.to_string())));
    act.extend(rename_all(replacement)?);
    act.extend(handover.give()?);
    act.extend(give_references(replacement)?);
    act.push(ddl!(
        "partition/replace/undone.sql",
        old = BodyLiteral(Names::old_table(table, replacement.oid())?.to_string()),
        parent = replacement.oid(),
        table = BodyLiteral(table.to_string())
    ));
    let mut prepare = ready(replacement);
    prepare.extend(comments(replacement)?);
    let summary = format!("exchange {} for an ordinary table", table.plain());
    let mut step = Step::transaction(summary, prepare, act);
    step.ahead = replay::statements(replacement, true, Reach::All)?;
    step.locks = handover.locks()?;
    step.locks.extend(around(replacement)?);
    step.locks.extend(replacement.order.locks(table, LockMode::AccessExclusive));
    step.locks.extend(replacement.evidence.registry.as_ref().map(registry::lock));
    step.after_transactions_on = Some(table.clone());
    step.interrupted =
        "nothing has happened, the table is as it was and changes are noted; the next run does it";
    Ok(step)
}

fn all_there(replacement: &Replacement<'_>) -> Sql {
    let sources = || replacement.order.sources.iter().map(|source| &source.partition);
    let oids: Vec<u32> = sources().map(|partition| partition.oid).collect();
    let names: Vec<_> = sources().map(|partition| BodyLiteral(partition.relation.to_string())).collect();
    ddl!(
        "partition/replace/all_there.sql",
        parent = replacement.oid(),
        oids = List(&oids),
        names = List(&names)
    )
}

/// Those of foreign keys, which nothing else brings over.
fn comments(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Sql>> {
    let mut statements = Vec::new();
    let constraints = &replacement.evidence.table.objects.constraints;
    for one in constraints.iter().filter(|one| one.kind == "f") {
        let Some(comment) = &one.comment else { continue };
        let (name, comment) = (Ident::new(&one.name)?, Literal(comment.clone()));
        for piece in &replacement.order.pieces {
            statements.push(ddl!(
                "partition/convert/comment_constraint.sql",
                name = name,
                table = piece.relation,
                comment = comment
            ));
        }
    }
    Ok(statements)
}

/// The partitions get other names too: who writes to one of them by its name must not write to what goes.
fn rename_all(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Sql>> {
    let table = &replacement.evidence.table;
    let pieces = || replacement.order.pieces.iter().map(|piece| &piece.relation);
    let mut act = Vec::new();
    for index in &table.indexes {
        let name = &index.relation.name;
        act.push(rename(&table.relation, index, name, &Names::old(index.oid)?));
        for piece in pieces() {
            act.push(rename(piece, index, &own_name(index.oid)?, name));
        }
    }
    let sources = replacement.order.sources.iter().map(|source| &source.partition);
    let goes = sources.map(|partition| (partition.oid, &partition.relation));
    for (oid, relation) in goes.chain([(table.oid, &table.relation)]) {
        let new = Names::old(oid)?;
        act.push(ddl!("partition/convert/rename_table.sql", table = *relation, new = new));
    }
    let name = &table.relation.name;
    act.extend(
        pieces()
            .map(|piece: &Relation| ddl!("partition/convert/rename_table.sql", table = *piece, new = *name)),
    );
    Ok(act)
}
