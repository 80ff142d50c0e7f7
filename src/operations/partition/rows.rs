//! The plan that moves rows which meet a condition into another table, and rows that refer to them with them. No row of
//! any table goes without arriving somewhere: what would be lost by a foreign key is a reason to refuse.
use anyhow::{anyhow, ensure};

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::rows_survey::{Place, RowsEvidence};
use crate::pg::catalog::{OnDelete, Referencing};
use crate::pg::index::Expression;
use crate::pg::lock::LockMode;
use crate::pg::name::{Column, Ident, Literal, Relation};
use crate::pg::sql::{BodyLiteral, Fragment, Keyword, List, Sql};
use crate::plan::{Lock, Loss, Move, Plan, Run, Step};

/// # Errors
/// When a row would be lost, or its place is no place for it.
pub fn plan_rows(condition: &Expression, evidence: &RowsEvidence) -> anyhow::Result<Plan> {
    let RowsEvidence { oid, moved, children, matching, .. } = evidence;
    let source = &moved.source;
    let mut plan = Plan { target: source.clone(), oid: *oid, steps: Vec::new(), notes: Vec::new() };
    if *matching == 0 {
        return Ok(plan);
    }
    refuse_referenced(evidence)?;
    let places: Vec<&Place> =
        std::iter::once(moved).chain(children.iter().map(|child| &child.place)).collect();
    for place in &places {
        refuse_columns(place)?;
        if !place.standing {
            plan.steps.push(create_step(place));
            let (from, to) = (place.source.plain(), place.target.plain());
            plan.notes
                .push(format!("{to} is made like {from}, without its foreign keys, defaults and grants"));
        }
    }
    plan.steps.push(move_step(condition, evidence)?);
    Ok(plan)
}

fn refuse_columns(place: &Place) -> anyhow::Result<()> {
    let (source, target) = (place.source.plain(), place.target.plain());
    ensure!(
        place.source != place.target,
        anyhow!("the rows of {source} are there already").exit(Exit::Usage)
    );
    if !place.standing {
        return Ok(());
    }
    let other = place.columns.iter().find_map(|column| {
        let there = place.target_columns.iter().find(|there| there.name == column.name);
        match there {
            None => Some(format!("it has no column {}", column.name)),
            Some(there) if there.type_name != column.type_name => {
                Some(format!("{} is {} there, not {}", column.name, there.type_name, column.type_name))
            }
            Some(_) => None,
        }
    });
    match other {
        None => Ok(()),
        Some(what) => Err(anyhow!("{target} cannot take the rows of {source}: {what}").exit(Exit::Usage)),
    }
}

/// Rows that refer to those that leave, and are told neither to go along nor to stay without them.
fn refuse_referenced(evidence: &RowsEvidence) -> anyhow::Result<()> {
    let name = evidence.moved.source.plain();
    let told: Vec<String> = evidence
        .referring
        .iter()
        .filter(|referring| referring.rows > 0)
        .map(|referring| {
            let key = &referring.key;
            let (rows, table) = (referring.rows, key.table.plain());
            format!("{rows} rows of {table} refer to them ({}, {})", key.name, key.on_delete.words())
        })
        .collect();
    ensure!(
        told.is_empty(),
        anyhow!("rows of {name} that are to move are referred to; nothing was changed")
            .detail(told.join("\n"))
            .hint(
                "let these rows go along with --with TABLE=TABLE, or move them first by a run of their own"
            )
    );
    let beyond: Vec<String> = evidence
        .children
        .iter()
        .flat_map(|child| child.lost_with.iter().map(move |key| (child, key)))
        .map(|(child, key)| {
            let (table, child) = (key.table.plain(), child.place.source.plain());
            format!("{} of {table} refers to {child} ({})", key.name, key.on_delete.words())
        })
        .collect();
    ensure!(
        beyond.is_empty(),
        anyhow!("rows that go along would take rows of other tables with them; nothing was changed")
            .detail(beyond.join("\n"))
            .hint("move the rows that refer to those first, by a run of their own")
    );
    Ok(())
}

fn create_step(place: &Place) -> Step {
    let create = ddl!("partition/rows_create.sql", target = place.target, source = place.source);
    let mut act = vec![create];
    if place.row_security {
        let what = Keyword("enable");
        act.push(ddl!("partition/row_security.sql", partition = place.target, what = what));
    }
    if let Some(owner) = &place.owner {
        act.push(ddl!("partition/owner.sql", partition = place.target, owner = *owner));
    }
    act.push(ddl!("partition/private.sql", table = BodyLiteral(place.target.to_string())));
    let mut step = Step::transaction(format!("create {}", place.target.plain()), act, vec![]);
    step.interrupted = "the table is there or not; the next run goes on with it";
    step
}

fn move_step(condition: &Expression, evidence: &RowsEvidence) -> anyhow::Result<Step> {
    let RowsEvidence { moved, children, referring, matching, .. } = evidence;
    let (source, target) = (&moved.source, &moved.target);
    let alias = source.name.clone();
    let (mut parts, mut reasons, mut counts) = (Vec::new(), Vec::new(), Vec::new());
    let mut locks = vec![Lock::first(source.clone(), LockMode::RowExclusive)];
    for (number, child) in children.iter().enumerate() {
        let place = &child.place;
        let digest = Ident::new(format!("digest_{number}"))?;
        parts.push(child_part(number, place, &child.keys)?);
        let name = Literal(place.source.plain());
        reasons.push(ddl!("partition/rows_child_differs.sql", digest = digest, name = name));
        counts.push(ddl!("partition/rows_child_count.sql", digest = digest));
        // A row that comes to refer to one that leaves would be lost, or stop the batch.
        locks.push(Lock::first(place.source.clone(), LockMode::ShareRowExclusive));
    }
    for key in referring.iter().map(|referring| &referring.key).filter(|key| loses(key)) {
        reasons.push(ddl!(
            "partition/rows_left_behind.sql",
            child = key.table,
            columns = List(&qualified("c", &key.columns)),
            referenced_columns = List(&qualified("g", &key.referenced_columns)),
            name = Literal(key.table.plain()),
        ));
        locks.push(Lock::first(key.table.clone(), LockMode::ShareRowExclusive));
    }
    let left = ddl!("partition/rows_count.sql", table = *source, alias = alias, condition = *condition);
    let summary = format!("move rows of {} into {}", source.plain(), target.plain());
    let mut step = Step::transaction(summary, vec![], vec![]);
    step.run = Run::Move(Box::new(Move {
        leaves: evidence.leaves.clone(),
        target: target.clone(),
        alias,
        condition: condition.clone(),
        columns: names(moved)?,
        children: Fragment::joined(parts, ""),
        reasons: Fragment::joined(reasons, "\n"),
        counts: Fragment::joined(counts, ""),
        along: children.iter().map(|child| child.place.source.clone()).collect(),
        path: evidence.path.clone(),
        left,
    }));
    locks.push(Lock::implied(target.clone(), LockMode::RowExclusive));
    step.locks = locks;
    let along = children.iter().map(|child| {
        let (from, to) = (child.place.source.plain(), child.place.target.plain());
        format!("rows of {from} that refer to them, each once it is in {to}")
    });
    step.destroys = Some(Loss {
        what: format!("rows of {}, each once it is in {}", source.plain(), target.plain()),
        also: along.collect(),
        rows: Some(*matching as f64),
        bytes: None,
    });
    step.interrupted =
        "each row is in one of the two tables; the next run goes on with what still meets the condition";
    step.foreign = true;
    step.minor = true;
    Ok(step)
}

/// Whether the server would let rows go, or change them, instead of refusing.
pub fn loses(key: &Referencing) -> bool {
    !matches!(key.on_delete, OnDelete::NoAction | OnDelete::Restrict)
}

fn child_part(number: usize, place: &Place, keys: &[Referencing]) -> anyhow::Result<Sql> {
    let name = |what: &str| Ident::new(format!("{what}_{number}"));
    let refers = keys.iter().map(|key| {
        ddl!(
            "partition/rows_child_refers.sql",
            columns = List(&qualified("c", &key.columns)),
            referenced_columns = List(&qualified("g", &key.referenced_columns)),
        )
    });
    let columns = names(place)?;
    Ok(ddl!(
        "partition/rows_child.sql",
        gone = name("gone")?,
        kept = name("kept")?,
        digest = name("digest")?,
        child = place.source,
        target = place.target,
        condition = Fragment::joined(refers, "\n       or "),
        returned = List(&qualified("c", &columns)),
        columns = List(&columns),
    ))
}

fn qualified(alias: &'static str, columns: &[Ident]) -> Vec<Column> {
    columns.iter().map(|column| Column(alias, column.clone())).collect()
}

fn names(place: &Place) -> anyhow::Result<Vec<Ident>> {
    place.columns.iter().map(|column| Ident::new(column.name.clone())).collect()
}

/// The table that a name means where nothing has the name: in the schema that the rows come from.
pub fn target_beside(source: &Relation, schema: Option<String>, name: String) -> anyhow::Result<Relation> {
    Relation::new(schema.unwrap_or_else(|| source.schema.raw().to_owned()), name)
}
