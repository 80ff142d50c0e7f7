//! What is put in place before rows are copied: the list of changed keys with the triggers that keep it, and the new
//! tables, empty.
use anyhow::Context as _;

use crate::ddl;
use crate::operations::partition::convert::without_mark;
use crate::operations::partition::inherit::{Dress, dress};
use crate::operations::partition::replace::evidence::few;
use crate::operations::partition::replace::mark::{Mark, Place, State};
use crate::operations::partition::replace::order::{Piece, Source, condition};
use crate::operations::partition::replace::plan::Replacement;
use crate::operations::partition::replace::undo;
use crate::pg::catalog::Properties;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::sql::{BodyLiteral, Fragment, List, Sql};
use crate::plan::Step;

/// All of it in one transaction: it is there, or not.
pub(super) fn step(replacement: &Replacement<'_>) -> anyhow::Result<Step> {
    let (order, names) = (replacement.order, &replacement.evidence.names);
    let source = &order.sources.first().context("nothing to replace")?.partition.relation;
    let keys = Fragment::joined(replacement.key.list_columns()?, ", ");
    let mut prepare = vec![
        ddl!("partition/replace/changes.sql", delta = names.delta, keys = keys, source = *source),
        ddl!("partition/replace/batch.sql", batch = names.batch, keys = keys, source = *source),
        marked_changes(replacement),
        note_function(replacement, Fragment::none())?,
        ddl!(
            "partition/replace/truncated_function.sql",
            function = names.truncate_function,
            delta = names.delta
        ),
        ddl!("apply/private_function.sql", function = BodyLiteral(names.row_function.to_string())),
        ddl!("apply/private_function.sql", function = BodyLiteral(names.truncate_function.to_string())),
    ];
    for piece in &order.pieces {
        prepare.extend(table_like(replacement, piece)?);
    }
    prepare.extend(owner(replacement)?);
    let sources: Vec<String> = order.sources.iter().map(|one| one.partition.relation.plain()).collect();
    let tables = tables(order.pieces.len());
    let summary = format!("make {tables}, empty, and note what changes in {}", few(&sources));
    let mut step = Step::transaction(summary, prepare, triggers(replacement));
    // Writers that are at work are waited for, under the lock timeout; all later ones have the triggers.
    step.locks = order.locks(replacement.table(), LockMode::ShareRowExclusive);
    Ok(step)
}

/// What changes is noted from then on, whoever has disabled that.
pub(super) fn note_step(replacement: &Replacement<'_>) -> Step {
    let mut step = Step::transaction("note what changes".to_owned(), vec![], triggers(replacement));
    step.locks = replacement.order.locks(replacement.table(), LockMode::ShareRowExclusive);
    step.minor = true;
    step
}

/// Whether they are there already or not.
fn triggers(replacement: &Replacement<'_>) -> Vec<Sql> {
    let names = &replacement.evidence.names;
    let of = |source: &Source| {
        let table = &source.partition.relation;
        let (row, truncate) = (&names.row_function, &names.truncate_function);
        [
            ddl!("partition/replace/row_trigger.sql", table = *table, function = *row),
            ddl!("partition/replace/truncate_trigger.sql", table = *table, function = *truncate),
            ddl!("partition/replace/trigger_always.sql", table = *table),
        ]
    };
    replacement.order.sources.iter().flat_map(of).collect()
}

/// What is begun, on the list of changed keys, and of which state of the table.
pub(super) fn marked_changes(replacement: &Replacement<'_>) -> Sql {
    let (order, evidence) = (replacement.order, replacement.evidence);
    let sources = order.sources.iter().map(|source| source.partition.oid).collect();
    let mark = Mark::Delta { parent: replacement.oid(), verb: order.verb, sources };
    let comment = Literal(match order.is_undo() {
        true => format!("{mark}\n{}", evidence.table.fingerprint),
        false => mark.to_string(),
    });
    ddl!("partition/comment.sql", partition = evidence.names.delta, comment = comment)
}

/// `through`: what is done at once to the copies of a row that goes.
pub(super) fn note_function(replacement: &Replacement<'_>, through: Fragment) -> anyhow::Result<Sql> {
    let (key, names) = (&replacement.key, &replacement.evidence.names);
    Ok(ddl!(
        "partition/replace/note_function.sql",
        function = names.row_function,
        delta = names.delta,
        old_keys = List(&key.row("old")),
        new_keys = List(&key.row("new")),
        through = through,
    ))
}

/// The functions run as their owner, who must be the table's, and reach what belongs to that one.
pub(super) fn owner(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Sql>> {
    let (properties, names) = (&replacement.evidence.table.properties, &replacement.evidence.names);
    if properties.owner_is_me {
        return Ok(Vec::new());
    }
    let owner = Ident::new(&properties.owner)?;
    let pieces = relations(replacement);
    let tables = [&names.delta, &names.batch].into_iter().chain(&pieces);
    let functions = [&names.row_function, &names.truncate_function].into_iter();
    let tables = tables.map(|table| ddl!("partition/owner.sql", partition = *table, owner = owner));
    let functions = functions
        .map(|function| ddl!("partition/convert/function_owner.sql", function = *function, owner = owner));
    Ok(tables.chain(functions).collect())
}

/// The new table, empty, under its mark.
pub(super) fn table_like(replacement: &Replacement<'_>, piece: &Piece) -> anyhow::Result<Vec<Sql>> {
    if piece.place == Place::Whole {
        return undo::table_like(replacement, piece);
    }
    let Some((source, evidence)) = replacement.order.sources.iter().zip(&replacement.evidence.sources).next()
    else {
        return Ok(Vec::new());
    };
    let properties = &evidence.properties;
    let condition = condition(replacement.timeline, replacement.order, piece.place)?;
    let mut statements = vec![ddl!(
        "partition/replace/table.sql",
        table = piece.relation,
        source = source.partition.relation,
        condition = condition,
        access_method = Ident::new(properties.access_method.as_deref().unwrap_or("heap"))?
    )];
    statements.extend(dressed(replacement, &piece.relation)?.before);
    statements.push(marked(replacement, piece, State::Begun));
    Ok(statements)
}

/// What else the new table has of the old one.
pub(super) fn dressed(replacement: &Replacement<'_>, called: &Relation) -> anyhow::Result<Dress> {
    let properties = replacement.evidence.sources.first().map(|source| source.properties.clone());
    let sibling = properties.map(|properties| Properties { comment: None, ..properties });
    let parent = &replacement.evidence.table.properties;
    dress(called, sibling.as_ref(), parent, &replacement.policy.overrides)
}

pub(super) fn mark(replacement: &Replacement<'_>, piece: &Piece, state: State) -> Literal {
    let takes = piece.takes.unwrap_or(0);
    Literal(Mark::New { parent: replacement.oid(), place: piece.place, takes, state }.to_string())
}

pub(super) fn marked(replacement: &Replacement<'_>, piece: &Piece, state: State) -> Sql {
    let comment = mark(replacement, piece, state);
    ddl!("partition/comment.sql", partition = piece.relation, comment = comment)
}

/// What is said of the table when it has its name: what was said of the one that had it.
pub(super) fn comment(replacement: &Replacement<'_>, piece: &Piece) -> Option<String> {
    if piece.place == Place::Whole {
        return replacement.evidence.table.properties.comment.clone();
    }
    let taken = replacement.order.sources.iter().zip(&replacement.evidence.sources);
    let mut taken = taken.filter(|(source, _)| Some(source.partition.oid) == piece.takes);
    let said = taken.next().and_then(|(_, evidence)| evidence.properties.comment.clone());
    let said = said.and_then(|comment| without_mark(&comment).map(str::to_owned));
    replacement.policy.overrides.comment.clone().or(said)
}

/// For people.
pub(super) fn tables(count: usize) -> String {
    if count == 1 { "a table".to_owned() } else { format!("{count} tables") }
}

pub(super) fn relations(replacement: &Replacement<'_>) -> Vec<Relation> {
    replacement.order.pieces.iter().map(|piece| piece.relation.clone()).collect()
}
