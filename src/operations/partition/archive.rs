//! What an archive of a partition is to hold. Where files lie and how they are written is not known here.
use anyhow::Context as _;

use crate::ddl;
use crate::operations::partition::aside::Aside;
use crate::operations::partition::mark::Mark;
use crate::operations::partition::timeline::Timeline;
use crate::pg::bound::Datum;
use crate::pg::catalog::Partition;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Relation};
use crate::pg::sql::{List, Sql};
use crate::plan::{Archive, ArchivedColumn, Held, Key, Lock, Run, Step, Store, Subject};

/// Where partitions go before they are dropped.
#[derive(Clone, Debug)]
pub struct Destination {
    pub store: Store,
    pub database: String,
    pub server_version: u32,
}

/// The step between the detach and the drop.
pub(super) fn archive_step(
    timeline: &Timeline,
    partition: &Partition,
    mark: Mark,
    columns: &[ArchivedColumn],
    destination: &Destination,
) -> anyhow::Result<Step> {
    let name = &partition.relation;
    let names = idents(columns)?;
    let copy = ddl!("partition/archive_copy.sql", columns = List(&names), partition = *name);
    let both = |relation: &Relation| [relation.schema.raw().to_owned(), relation.name.raw().to_owned()];
    // Rows that were set aside are those of the partition beside which they lie.
    let [schema, own_name] = both(name);
    let subject = Subject {
        database: destination.database.clone(),
        server_version: destination.server_version,
        table: both(&timeline.table.relation),
        partition: [schema, Aside::of(partition).map_or(own_name, |aside| aside.name)],
        oid: partition.oid,
        key: key(timeline, columns, mark)?,
        columns: columns.to_vec(),
    };
    let store = destination.store.clone();
    let mut step = Step::transaction(format!("archive {}", name.plain()), vec![], vec![]);
    let digest = digest(name, &names);
    step.run = Run::Archive(Box::new(Archive { relation: name.clone(), store, copy, digest, subject }));
    step.locks = vec![Lock { held: Held::WhileReading, ..Lock::implied(name.clone(), LockMode::Share) }];
    step.interrupted = "the detached table keeps its rows; the next run archives it from the beginning";
    // A note tells what was written, and where.
    step.minor = true;
    Ok(step)
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
