//! Rows that other tables refer to can only go by DELETE, and are still to be archived: they are set aside, into a table
//! beside their partition, from which the archive is made once the partition is gone. It knows nothing of archives.
use anyhow::{Context as _, anyhow, ensure};

use crate::ddl;
use crate::failure::Explain as _;
use crate::operations::partition::archive::idents;
use crate::operations::partition::mark::Mark;
use crate::operations::partition::timeline::Timeline;
use crate::pg::catalog::{Partition, Taken};
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Relation};
use crate::pg::sql::{BodyLiteral, Keyword, List, Sql};
use crate::plan::{ArchivedColumn, Lock, Run, Step};

const ENDING: &str = "_retired";
const SIZES: [u32; 5] = [5000, 500, 50, 5, 1];

/// What the second line of the comment of such a table says, after its mark: whose rows it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// The partition's oid.
    pub of: u32,
    /// The partition's name; it had the same schema.
    pub name: String,
}

impl Aside {
    /// `None`: it is no table of set-aside rows.
    pub fn of(table: &Partition) -> Option<Self> {
        let (_, rest) = table.comment.as_deref()?.split_once('\n')?;
        let (of, name) = rest.strip_prefix("pgtend:rows of=")?.split_once(" name=")?;
        Some(Self { of: of.parse().ok()?, name: name.to_owned() })
    }

    fn comment(partition: &Partition) -> String {
        format!("pgtend:rows of={} name={}", partition.oid, partition.relation.name.raw())
    }
}

/// The name of the table beside a partition.
pub fn aside_name(partition: &Partition) -> Relation {
    let Relation { schema, name } = &partition.relation;
    Relation { schema: schema.clone(), name: name.ending_in(ENDING) }
}

/// The table that holds rows of the partition with this oid already.
pub fn standing(timeline: &Timeline, partition: u32) -> Option<&Partition> {
    let aside = |table: &&Partition| Aside::of(table).is_some_and(|aside| aside.of == partition);
    timeline.table.stranded.iter().find(aside)
}

/// Whether the partition whose rows these are is there still, attached or not: then its rows come first.
pub fn waits(timeline: &Timeline, aside: &Partition) -> bool {
    let Some(aside) = Aside::of(aside) else { return false };
    let parts = timeline.parts.iter().map(|part| &part.partition);
    parts.chain(&timeline.pending).chain(&timeline.table.stranded).any(|known| known.oid == aside.of)
}

/// # Errors
/// When something else has the name.
pub fn refuse_taken(partition: &Partition, taken: &[Taken]) -> anyhow::Result<()> {
    let name = aside_name(partition);
    let other = taken.iter().any(|taken| taken.name == name.name.raw());
    ensure!(
        !other,
        anyhow!(
            "the rows of {} would be set aside in {}, which is there already",
            partition.relation.plain(),
            name.plain()
        )
        .hint("rename or drop that one; nothing was changed")
    );
    Ok(())
}

/// The table for the rows: nobody's but its owner's.
pub fn create_step(
    timeline: &Timeline,
    partition: &Partition,
    mark: Mark,
    owner: Option<&Ident>,
) -> anyhow::Result<Step> {
    let (aside, name) = (aside_name(partition), &partition.relation);
    let mut act = vec![
        ddl!("partition/aside_create.sql", aside = aside, partition = *name),
        ddl!("partition/row_security.sql", partition = aside, what = Keyword("enable")),
        ddl!(
            "partition/aside_mark.sql",
            aside = BodyLiteral(aside.to_string()),
            parent = timeline.table.oid,
            from = mark.from,
            to = mark.to,
            rows = BodyLiteral(Aside::comment(partition)),
        ),
    ];
    if let Some(owner) = owner {
        act.push(ddl!("partition/owner.sql", partition = aside, owner = *owner));
    }
    act.push(ddl!("partition/private.sql", table = BodyLiteral(aside.to_string())));
    let mut step = Step::transaction(format!("create {}", aside.plain()), act, vec![]);
    step.interrupted = "the table is there or not; the next run goes on with it";
    step.minor = true;
    Ok(step)
}

/// Row by row into the table beside it, until the partition is empty. `guard` is asked in each transaction.
pub fn move_step(partition: &Partition, columns: &[ArchivedColumn], guard: Sql) -> anyhow::Result<Step> {
    let (aside, name) = (aside_name(partition), &partition.relation);
    let columns = idents(columns).context("name the columns of the partition")?;
    let batch = |rows: u32| {
        ddl!(
            "partition/aside_batch.sql",
            partition = *name,
            aside = aside,
            columns = List(&columns),
            rows = rows
        )
    };
    let summary = format!("delete the rows of {}, set aside in {}", name.plain(), aside.plain());
    let mut step = Step::transaction(summary, vec![], vec![]);
    step.run = Run::Batches { guard: guarded(guard), statements: SIZES.map(batch).into() };
    step.locks =
        vec![Lock::first(name.clone(), LockMode::RowExclusive), Lock::implied(aside, LockMode::RowExclusive)];
    step.interrupted = "some rows are set aside; the next run goes on with the rest";
    Ok(step)
}

/// What is asked before rows are deleted. Triggers of the application fire then, with the settings that its own sessions
/// have.
pub fn guarded(guard: Sql) -> Vec<Sql> {
    let settings = ddl!("session/as_applications_do.sql", local = Keyword("local "));
    vec![guard, settings, ddl!("partition/every_row.sql")]
}

/// That nobody's row goes with the partition, which was emptied.
pub fn ensure_empty(partition: &Partition) -> Sql {
    let name = &partition.relation;
    ddl!("partition/convert/empty.sql", table = *name, name = BodyLiteral(name.plain()))
}
