//! The plan that drops an index: concurrently, or, on a partitioned table, where the server has no such way, in one
//! short transaction.
use anyhow::anyhow;

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::operations::index::steps::only_done;
use crate::operations::index::survey::{Survey, refuse_strangers};
use crate::pg::catalog::{Index, RelationKind};
use crate::pg::lock::LockMode;
use crate::plan::{Lock, Loss, Plan, Step};

/// # Errors
/// When something else depends on the index, or the role may not drop it.
pub fn plan_drop(survey: &Survey, index: &Index) -> anyhow::Result<Plan> {
    refuse_strangers(survey, "drop an index")?;
    refuse_needed(survey, index)?;
    let root = survey.tree.root();
    let mut step = if index.partitioned { partitioned_step(survey, index) } else { concurrent_step(index) };
    step.destroys = Some(Loss {
        what: format!("index {}", index.relation.plain()),
        also: Vec::new(),
        rows: None,
        bytes: Some(parts(survey, index.oid).iter().map(|part| part.bytes).sum()),
    });
    let mut notes = Vec::new();
    if index.replica_identity {
        notes.push(
            "it is the table's replica identity: logical replication of its changes needs another".to_owned(),
        );
    }
    if index.partitioned {
        notes.push(
            "PostgreSQL cannot drop the index of a partitioned table concurrently: the table and its partitions are \
             locked for an instant"
                .to_owned(),
        );
    }
    Ok(Plan { target: root.relation.clone(), oid: root.oid, steps: vec![step], notes })
}

fn refuse_needed(survey: &Survey, index: &Index) -> anyhow::Result<()> {
    let name = index.relation.plain();
    if let Some(parent) = index.parent {
        let whole = survey.index(parent).map_or("of a partitioned table".to_owned(), |i| i.relation.plain());
        let error = anyhow!("{name} is a part of the index {whole} and cannot be dropped alone");
        return Err(error.exit(Exit::Failed).hint("drop the whole one"));
    }
    if let Some(constraint) = &index.constraint {
        let error = anyhow!("{name} belongs to the {} `{constraint}`", index.kind.words());
        return Err(error.exit(Exit::Failed).hint("drop the constraint, when it is not wanted any more"));
    }
    Ok(())
}

fn concurrent_step(index: &Index) -> Step {
    let name = &index.relation;
    let mut step =
        Step::alone(format!("drop {}", name.name.plain()), ddl!("index/drop_concurrently.sql", name = *name));
    step.locks = vec![Lock::implied(index.table.clone(), LockMode::ShareUpdateExclusive)];
    step.after_transactions_on = Some(index.table.clone());
    step.interrupted = "the index may be left, not valid any more; the next run drops it";
    step.recover = Some(only_done(ddl!("index/drop_state.sql", oid = index.oid)));
    step
}

fn partitioned_step(survey: &Survey, index: &Index) -> Step {
    let name = &index.relation;
    let drop = ddl!("index/drop.sql", name = *name);
    let mut step =
        Step::transaction(format!("drop {} with its parts", name.name.plain()), vec![], vec![drop]);
    let tables = survey.tree.nodes.iter().filter(|node| node.kind != RelationKind::ForeignTable);
    step.locks = tables.map(|node| Lock::first(node.relation.clone(), LockMode::AccessExclusive)).collect();
    step.after_transactions_on = Some(survey.tree.root().relation.clone());
    step.recover = Some(only_done(ddl!("index/drop_state.sql", oid = index.oid)));
    step
}

/// An index and all its parts, at every level.
pub(super) fn parts(survey: &Survey, index: u32) -> Vec<&Index> {
    let mut found: Vec<&Index> = survey.index(index).into_iter().collect();
    let mut at = 0;
    while let Some(whole) = found.get(at).map(|index| index.oid) {
        found.extend(survey.indexes.iter().filter(|index| index.parent == Some(whole)));
        at += 1;
    }
    found
}
