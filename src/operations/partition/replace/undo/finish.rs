//! After the exchange: how a later run knows that there was one, and what is left to do. The partitioned table, of which
//! every row has been proved to be in the ordinary one, goes last.
use anyhow::{Context as _, anyhow, bail};

use crate::ddl;
use crate::failure::Explain as _;
use crate::operations::partition::convert::{Whole, validate_step, whole};
use crate::operations::partition::replace::clean_up::list;
use crate::operations::partition::replace::evidence::marked;
use crate::operations::partition::replace::mark::Mark;
use crate::operations::partition::replace::names::Names;
use crate::operations::partition::replace::plan::Replacement;
use crate::operations::partition::replace::undo::registry;
use crate::pg::catalog::{ForeignKeyIn, RelationKind, TableName, dependent_objects, find_relations};
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::sql::BodyLiteral;
use crate::plan::{Lock, Loss, Plan, Step};

/// Where a table stands on its way to be an ordinary one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoStage {
    /// Its oid.
    Partitioned(u32),
    /// `table` is an ordinary one by now; `tree`, which was the partitioned one, is still there.
    Exchanged { table: u32, tree: u32 },
    /// There is nothing to undo.
    Ordinary,
}

impl UndoStage {
    /// The oid that the table has before, by which one run at a time is kept.
    pub const fn claim(self) -> Option<u32> {
        match self {
            Self::Partitioned(oid) | Self::Exchanged { tree: oid, .. } => Some(oid),
            Self::Ordinary => None,
        }
    }
}

/// An ordinary table, and the partitioned one that it was.
#[derive(Debug)]
pub struct Undone {
    pub table: Whole,
    pub tree: (u32, Relation),
    /// Its registry of keys, where it had one.
    pub registry: Option<(u32, Relation)>,
    pub names: Names,
}

/// Finds the table, and how far it is.
///
/// # Errors
/// When there is no such table, or it is neither a partitioned one nor an ordinary one.
pub async fn undo_stage(session: &Session, name: &TableName) -> anyhow::Result<(Relation, UndoStage)> {
    let found = find_relations(session, std::slice::from_ref(name)).await?;
    let found = found.into_iter().next().context("nothing was looked up")??;
    let relation = found.relation.clone();
    match found.kind {
        RelationKind::PartitionedTable => Ok((relation, UndoStage::Partitioned(found.oid))),
        RelationKind::Table => {
            if dependent_objects(session, found.oid).await?.is_partition {
                let error = anyhow!("{} is a partition of another table", relation.plain());
                return Err(error.hint("name the partitioned table"));
            }
            let tree = tree(session, found.oid).await?;
            let stage = tree.map(|(tree, _)| UndoStage::Exchanged { table: found.oid, tree });
            Ok((relation, stage.unwrap_or(UndoStage::Ordinary)))
        }
        other => bail!("{} is {}, not a partitioned table", relation.plain(), other.words()),
    }
}

/// What was the partitioned table in whose place this one is.
async fn tree(session: &Session, of: u32) -> anyhow::Result<Option<(u32, Relation)>> {
    let all = marked(session).await?;
    let tree = all.into_iter().find(
        |one| matches!(&one.mark, Mark::Undone { parent, table } if *table == of && *parent == one.oid),
    );
    Ok(tree.map(|one| (one.oid, one.relation)))
}

/// # Errors
/// When it is not what it was a moment ago.
pub async fn survey_undone(session: &Session, relation: &Relation, table: u32) -> anyhow::Result<Undone> {
    let tree = tree(session, table).await?.context("what was the partitioned table is gone")?;
    let names = Names::of(&tree.1, tree.0)?;
    let all = marked(session).await?;
    let mut old = all.into_iter().filter(|one| one.mark == Mark::Old { parent: tree.0 });
    let registry = old.find(|one| one.parent.is_none()).map(|one| (one.oid, one.relation));
    Ok(Undone { table: whole(session, table, relation).await?, tree, registry, names })
}

/// What a run that was interrupted after the exchange has left to do.
///
/// # Errors
/// Never in practice.
pub fn plan_undone(undone: &Undone) -> anyhow::Result<Plan> {
    let Undone { table, tree, registry, names } = undone;
    let unproved = table.objects.referencing.iter().filter(|key| !key.validated);
    let steps = steps(&table.relation, unproved, tree, registry.as_ref(), names)?;
    Ok(Plan { target: table.relation.clone(), oid: tree.0, steps, notes: Vec::new() })
}

/// What this plan's exchange leaves to do.
///
/// # Errors
/// Never in practice.
pub fn steps_after(replacement: &Replacement<'_>) -> anyhow::Result<Vec<Step>> {
    let (table, evidence) = (replacement.table(), replacement.evidence);
    let unproved = evidence.incoming().filter(|key| key.validated);
    let tree = (replacement.oid(), Names::old_table(table, replacement.oid())?);
    let registry = evidence.registry.as_ref().map(|registry| (registry.oid, registry.relation.clone()));
    steps(table, unproved, &tree, registry.as_ref(), &evidence.names)
}

fn steps<'a>(
    table: &Relation,
    unproved: impl Iterator<Item = &'a ForeignKeyIn>,
    tree: &(u32, Relation),
    registry: Option<&(u32, Relation)>,
    names: &Names,
) -> anyhow::Result<Vec<Step>> {
    let mut steps = Vec::new();
    for key in unproved {
        let (referring, name) = (key.table.relation()?, Ident::new(&key.name)?);
        steps.push(validate_step(&referring, &name, table, &key.name));
    }
    steps.extend(drop_tree(table, tree, registry, names));
    Ok(steps)
}

fn drop_tree(
    table: &Relation,
    (oid, old): &(u32, Relation),
    registry: Option<&(u32, Relation)>,
    names: &Names,
) -> [Step; 2] {
    let guard = ddl!(
        "partition/replace/still_undone.sql",
        oid = *oid,
        old = BodyLiteral(old.to_string()),
        table = BodyLiteral(table.to_string())
    );
    let name = table.plain();
    // Large files that go hold up nobody.
    let truncate = ddl!("partition/truncate.sql", partition = *old);
    let summary = format!("empty {}", old.plain());
    let mut empty = Step::transaction(summary, vec![], vec![guard.clone(), truncate]);
    empty.locks = vec![Lock::first(old.clone(), LockMode::AccessExclusive)];
    empty.interrupted = "its rows are in the ordinary table; the next run drops it";
    empty.minor = true;
    empty.destroys = Some(Loss {
        what: format!("the partitions of {name}, once their rows are proved to be in the ordinary table"),
        also: Vec::new(),
        rows: None,
        bytes: None,
    });
    // The rest goes with it: triggers of the partitions call functions, and without the table nobody would find it.
    let mut act = vec![guard];
    act.extend(registry.into_iter().flat_map(|(one, relation)| registry::drop(*one, relation, table, *oid)));
    act.push(ddl!("partition/drop.sql", partition = *old));
    act.extend(list(names));
    let summary = match registry {
        Some((_, registry)) => {
            format!("drop {}, the list of changed keys and {}", old.plain(), registry.plain())
        }
        None => format!("drop {} and the list of changed keys", old.plain()),
    };
    let mut drop = Step::transaction(summary, vec![], act);
    let relations = [old].into_iter().chain(registry.map(|(_, relation)| relation));
    drop.locks = relations.map(|relation| Lock::first(relation.clone(), LockMode::AccessExclusive)).collect();
    drop.interrupted = "it stays, empty; the next run drops it";
    [empty, drop]
}
