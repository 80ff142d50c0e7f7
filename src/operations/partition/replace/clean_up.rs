//! What is left after the exchange: foreign keys to be proved, the list of changed keys, and the old partitions, of which
//! every row has been proved to be in the new ones.
use crate::ddl;
use crate::operations::partition::convert::validate_step;
use crate::operations::partition::replace::evidence::ReplaceEvidence;
use crate::operations::partition::replace::mark::Mark;
use crate::operations::partition::replace::names::Names;
use crate::operations::partition::replace::order::Order;
use crate::operations::partition::timeline::Timeline;
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Relation};
use crate::pg::sql::{BodyLiteral, Sql};
use crate::plan::{Lock, Loss, Step};

/// `order`: what this plan has exchanged before, where it has.
pub(super) fn steps(
    timeline: &Timeline,
    evidence: &ReplaceEvidence,
    old: &[(u32, Relation)],
    order: Option<&Order>,
) -> anyhow::Result<Vec<Step>> {
    let mut steps = Vec::new();
    let table = &timeline.table.relation;
    for key in &evidence.table.objects.referencing {
        if order.is_some() == key.validated {
            let (referring, name) = (key.table.relation()?, Ident::new(&key.name)?);
            steps.push(validate_step(&referring, &name, table, &key.name));
        }
    }
    if order.is_some() || evidence.left.begun.is_some() {
        steps.push(drop_list(evidence));
    }
    steps.extend(drop_old(timeline, old, order));
    Ok(steps)
}

fn drop_list(evidence: &ReplaceEvidence) -> Step {
    let list = list(&evidence.names);
    let mut step = Step::transaction("drop the list of changed keys".to_owned(), vec![], list);
    step.locks = vec![Lock::first(evidence.names.delta.clone(), LockMode::AccessExclusive)];
    step.interrupted = "the list stays, and nobody uses it; the next run drops it";
    step.minor = true;
    step
}

pub(super) fn list(names: &Names) -> Vec<Sql> {
    let tables = [&names.delta, &names.batch].into_iter();
    let functions = [&names.row_function, &names.truncate_function].into_iter();
    let tables = tables.map(|table| ddl!("partition/replace/drop_table.sql", table = *table));
    let functions =
        functions.map(|function| ddl!("partition/replace/drop_function.sql", function = *function));
    tables.chain(functions).collect()
}

pub(super) fn drop_old(timeline: &Timeline, old: &[(u32, Relation)], order: Option<&Order>) -> Vec<Step> {
    let parent = timeline.table.oid;
    let mut steps = Vec::new();
    for (oid, relation) in old {
        let name = relation.plain();
        let guard = ddl!(
            "partition/still_ours.sql",
            parent = parent,
            oid = *oid,
            partition = BodyLiteral(relation.to_string()),
            mark = BodyLiteral(Mark::Old { parent }.to_string())
        );
        // A large file that goes holds up nobody.
        let truncate = ddl!("partition/truncate.sql", partition = *relation);
        let mut step = Step::transaction(format!("empty {name}"), vec![], vec![guard.clone(), truncate]);
        step.locks = vec![Lock::first(relation.clone(), LockMode::AccessExclusive)];
        step.interrupted = "its rows are in the new partitions; the next run drops it";
        step.minor = true;
        let partition = order.and_then(|order| {
            let source = order.sources.iter().find(|source| source.partition.oid == *oid)?;
            Some(source.partition.relation.plain())
        });
        step.destroys = Some(Loss {
            what: match partition {
                Some(partition) => {
                    format!("the old {partition}, once its rows are proved to be in the new ones")
                }
                None => format!("{name}, whose rows are in the new partitions"),
            },
            also: Vec::new(),
            rows: None,
            bytes: None,
        });
        steps.push(step);
        let drop = ddl!("partition/drop.sql", partition = *relation);
        let mut step = Step::transaction(format!("drop {name}"), vec![], vec![guard, drop]);
        step.locks = vec![Lock::first(relation.clone(), LockMode::AccessExclusive)];
        step.interrupted = "it stays, empty; the next run drops it";
        steps.push(step);
    }
    steps
}
