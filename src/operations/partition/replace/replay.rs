//! What was changed since the rows were copied is brought into the copies, key by key; and the proof that they are equal.
use crate::ddl;
use crate::operations::partition::replace::evidence::noted;
use crate::operations::partition::replace::order::condition;
use crate::operations::partition::replace::plan::Replacement;
use crate::pg::lock::LockMode;
use crate::pg::name::{Column, Relation};
use crate::pg::sql::{Fragment, Keyword, List, Sql};
use crate::plan::{CatchUp, Held, Lock, Proof, Run, Step};

/// So many keys in one transaction: rows that are read for foreign keys stay locked as long.
const MOST_KEYS: Keyword = Keyword("2000");

/// Which of the changed keys a transaction deals with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Some,
    /// All that are noted when it begins.
    All,
    /// As [`Reach::All`], and nobody can write meanwhile: nothing may be left.
    Last,
}

pub(super) fn step(replacement: &Replacement<'_>, last: bool) -> anyhow::Result<Step> {
    let summary = if last {
        "bring the copies up to date, and prove that they hold the same"
    } else {
        "bring the copies up to date"
    };
    let mut step = Step::transaction(summary.to_owned(), vec![], vec![]);
    let catch_up = CatchUp {
        replay: statements(replacement, last, Reach::Some)?,
        guard: not_truncated(replacement),
        proof: if last { Some(proof(replacement)?) } else { None },
    };
    step.run = Run::CatchUp(Box::new(catch_up));
    step.minor = !last;
    step.locks = replacement
        .order
        .sources
        .iter()
        .map(|source| Lock {
            held: Held::WhileReading,
            ..Lock::implied(source.partition.relation.clone(), LockMode::AccessShare)
        })
        .collect();
    step.interrupted = "the table is as it was, changes are noted; the next run goes on with them";
    Ok(step)
}

pub(super) fn guards(replacement: &Replacement<'_>) -> [Sql; 2] {
    let sources: Vec<u32> = replacement.order.sources.iter().map(|source| source.partition.oid).collect();
    [not_truncated(replacement), ddl!("partition/replace/still_noted.sql", noted = noted(&sources))]
}

fn not_truncated(replacement: &Replacement<'_>) -> Sql {
    ddl!("partition/replace/not_truncated.sql", delta = replacement.evidence.names.delta)
}

/// One transaction's worth. `referring`: the copies have foreign keys, so that the rows must stay while theirs are checked.
pub(super) fn statements(
    replacement: &Replacement<'_>,
    referring: bool,
    reach: Reach,
) -> anyhow::Result<Vec<Sql>> {
    let names = &replacement.evidence.names;
    let exclusive = LockMode::Exclusive.keyword();
    let most = if reach == Reach::Some { MOST_KEYS } else { Keyword("all") };
    let (key, listed) = (&replacement.key, replacement.key.listed("b")?);
    let referring = referring && !replacement.evidence.foreign_keys.is_empty();
    let mut statements = vec![
        ddl!("partition/replace/nested_loops.sql"),
        // The server may still be at it for a run that was killed.
        ddl!("apply/lock.sql", relation = names.batch, mode = exclusive),
        ddl!("partition/replace/take.sql", delta = names.delta, batch = names.batch, most = most),
    ];
    if referring {
        statements.extend(hold(replacement)?);
    }
    for piece in &replacement.order.pieces {
        statements.push(ddl!(
            "partition/replace/forget.sql",
            table = piece.relation,
            batch = names.batch,
            lookup = key.lookup(&piece.relation, &listed, false)
        ));
    }
    let from: Vec<Column> = replacement.columns.iter().map(|one| Column("s", one.clone())).collect();
    for piece in &replacement.order.pieces {
        for source in read(replacement) {
            statements.push(ddl!(
                "partition/replace/put.sql",
                table = piece.relation,
                columns = List(&replacement.columns),
                from_columns = List(&from),
                batch = names.batch,
                lookup = lookup(replacement, source, &listed, referring),
                condition = condition(replacement.timeline, replacement.order, piece.place)?
            ));
        }
    }
    statements.push(ddl!("partition/replace/usual_joins.sql"));
    statements.push(ddl!("partition/replace/settled.sql", batch = names.batch));
    if reach == Reach::Last {
        statements.push(ddl!("partition/replace/all_settled.sql", delta = names.delta));
    }
    Ok(statements)
}

/// Where the rows of a key are looked for. Where all partitions go, the server knows in which of them a key lies.
fn read<'a>(replacement: &'a Replacement<'_>) -> Vec<&'a Relation> {
    if replacement.order.is_undo() {
        return vec![replacement.table()];
    }
    replacement.order.sources.iter().map(|source| &source.partition.relation).collect()
}

/// In one of those.
fn lookup(replacement: &Replacement<'_>, source: &Relation, wanted: &[Column], share: bool) -> Fragment {
    let key = &replacement.key;
    if replacement.order.is_undo() {
        key.lookup_in_all(source, &replacement.timeline.column, wanted, share)
    } else {
        key.lookup(source, wanted, share)
    }
}

/// The rows before their copies, as writers lock them.
fn hold(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Sql>> {
    let listed = replacement.key.listed("b")?;
    let sources = read(replacement).into_iter();
    sources
        .map(|source| {
            Ok(ddl!(
                "partition/replace/hold.sql",
                batch = replacement.evidence.names.batch,
                lookup = lookup(replacement, source, &listed, true)
            ))
        })
        .collect()
}

fn proof(replacement: &Replacement<'_>) -> anyhow::Result<Proof> {
    let sources = replacement.order.sources.iter().map(|source| &source.partition.relation);
    let pieces = replacement.order.pieces.iter().map(|piece| &piece.relation);
    Ok(Proof { old: digest(replacement, sources)?, new: digest(replacement, pieces)? })
}

fn digest<'a>(
    replacement: &Replacement<'_>,
    tables: impl Iterator<Item = &'a Relation>,
) -> anyhow::Result<Sql> {
    let all = replacement.evidence.model();
    let all = all.iter().flat_map(|model| &model.objects.columns);
    let columns = all.map(|column| Ok(Column("t", crate::pg::name::Ident::new(&column.name)?)));
    let columns: Vec<Column> = columns.collect::<anyhow::Result<_>>()?;
    let noted = replacement.key.listed("d")?;
    let rows = tables.map(|table| {
        Ok(ddl!(
            "partition/replace/digest_rows.sql",
            columns = List(&columns),
            table = *table,
            delta = replacement.evidence.names.delta,
            matches = replacement.key.matches(&noted)
        ))
    });
    let rows = Fragment::joined(rows.collect::<anyhow::Result<Vec<_>>>()?, "\n    union all\n");
    Ok(ddl!("partition/replace/digest.sql", rows = rows))
}
