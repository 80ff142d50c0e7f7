//! What an archive of a partition is to hold. Where files lie and how they are written is not known here.
use anyhow::{Context as _, ensure};

use crate::ddl;
use crate::operations::partition::aside::Aside;
use crate::operations::partition::hive::folders;
use crate::operations::partition::mark::Mark;
use crate::operations::partition::stored::BaseType;
use crate::operations::partition::timeline::{Range, Timeline};
use crate::pg::bound::Datum;
use crate::pg::catalog::Partition;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Relation};
use crate::pg::sql::{List, Sql};
use crate::plan::{
    Archive, ArchivedColumn, FileFormat, Form, Held, Key, Lock, Run, Step, Store, Stored, Subject,
};

/// Where partitions go before they are dropped.
#[derive(Clone, Debug)]
pub struct Destination {
    pub store: Store,
    pub format: FileFormat,
    pub database: String,
    pub server_version: u32,
}

/// The columns of a table that is archived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Columns<'a> {
    pub columns: &'a [ArchivedColumn],
    /// In the same order; empty where the format does not depend on it.
    pub types: &'a [BaseType],
}

/// The step between the detach and the drop.
pub(super) fn archive_step(
    timeline: &Timeline,
    partition: &Partition,
    mark: Mark,
    Columns { columns, types }: Columns<'_>,
    destination: &Destination,
) -> anyhow::Result<Step> {
    let name = &partition.relation;
    let names = idents(columns)?;
    let copy = ddl!("partition/archive_copy.sql", columns = List(&names), partition = *name);
    let both = |relation: &Relation| [relation.schema.raw().to_owned(), relation.name.raw().to_owned()];
    // Rows that were set aside are those of the partition beside which they lie.
    let archived = match Aside::of(partition) {
        Some(aside) => Relation::new(name.schema.raw(), aside.name)?,
        None => name.clone(),
    };
    let subject = Subject {
        database: destination.database.clone(),
        server_version: destination.server_version,
        table: both(&timeline.table.relation),
        partition: both(&archived),
        oid: partition.oid,
        key: key(timeline, columns, mark)?,
        timezone: Some(timeline.calendar.zone.name().to_owned()),
        columns: columns.to_vec(),
        ddl: Some(definition(&archived, columns, &names)),
    };
    let form = match destination.format {
        FileFormat::Csv => Form::Csv,
        FileFormat::Parquet => Form::Parquet {
            columns: stored(columns, types)?,
            folders: folders(timeline, Range { lo: mark.from, hi: mark.to }, columns),
        },
    };
    let store = destination.store.clone();
    let mut step = Step::transaction(format!("archive {}", name.plain()), vec![], vec![]);
    let digest = digest(name, &names);
    step.run = Run::Archive(Box::new(Archive { relation: name.clone(), store, form, copy, digest, subject }));
    step.locks = vec![Lock { held: Held::WhileReading, ..Lock::implied(name.clone(), LockMode::Share) }];
    step.interrupted = "the detached table keeps its rows; the next run archives it from the beginning";
    // A note tells what was written, and where.
    step.minor = true;
    Ok(step)
}

/// How a file with types holds each column.
fn stored(columns: &[ArchivedColumn], types: &[BaseType]) -> anyhow::Result<Vec<Stored>> {
    ensure!(columns.len() == types.len(), "the partition's columns have changed meanwhile");
    Ok(types.iter().map(|base| base.stored()).collect())
}

/// A table for the rows, for who has no other.
fn definition(relation: &Relation, columns: &[ArchivedColumn], names: &[Ident]) -> String {
    let column = |(name, column): (&Ident, &ArchivedColumn)| {
        let not_null = if column.not_null { " not null" } else { "" };
        format!("{name} {}{not_null}", column.type_name)
    };
    let columns: Vec<String> = names.iter().zip(columns).map(column).collect();
    format!("create table {relation} ({})", columns.join(", "))
}

pub(super) fn idents(columns: &[ArchivedColumn]) -> anyhow::Result<Vec<Ident>> {
    columns.iter().map(|column| Ident::new(column.name.clone())).collect()
}

pub(super) fn digest(relation: &Relation, columns: &[Ident]) -> Sql {
    ddl!("partition/archive_digest.sql", columns = List(columns), partition = *relation)
}

fn key(timeline: &Timeline, columns: &[ArchivedColumn], mark: Mark) -> anyhow::Result<Key> {
    let column = timeline.column.raw().to_owned();
    let type_name = columns.iter().find(|known| known.name == column).map(|known| known.type_name.clone());
    let bound = |point: i64| -> anyhow::Result<Option<String>> {
        if point == i64::MIN {
            return Ok(None);
        }
        match timeline.literal(point)?.into_iter().next() {
            Some(Datum::Value(text)) => Ok(Some(text)),
            _ => Ok(None),
        }
    };
    let type_name = type_name.with_context(|| format!("the partition has no column {column}"))?;
    Ok(Key { column, type_name, from: bound(mark.from)?, to: bound(mark.to)? })
}
