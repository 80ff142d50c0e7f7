//! The way back after the cut-over: the partition that was the table leaves, takes in what came after it, and has its
//! name and all that hangs on it again.
use std::collections::HashMap;

use anyhow::{Context as _, anyhow, ensure};

use crate::ddl;
use crate::failure::Explain as _;
use crate::operations::partition::convert::abort::drop_registry;
use crate::operations::partition::convert::added::Added;
use crate::operations::partition::convert::composite;
use crate::operations::partition::convert::conversion::lock;
use crate::operations::partition::convert::cutover::rename;
use crate::operations::partition::convert::evidence::{
    Beside, Evidence, Whole, idents, rows_after, survey_convert, whole,
};
use crate::operations::partition::convert::handover::Handover;
use crate::operations::partition::convert::names::{Mark, Names, own_name, without_mark};
use crate::operations::partition::convert::plan::build_unique;
use crate::operations::partition::convert::registry;
use crate::pg::catalog::{DependentObjects, ForeignKeyIn, Index, IndexKind, table_tree};
use crate::pg::lock::LockMode;
use crate::pg::name::{Ident, Literal, Relation};
use crate::pg::session::Session;
use crate::pg::sql::{Keyword, List, Sql};
use crate::plan::{Lock, Plan, Step};

/// A converted table.
#[derive(Clone, Debug)]
pub struct UndoEvidence {
    pub table: Whole,
    pub names: Names,
    /// The partition that was the table, as it would be on its own.
    pub legacy: Evidence,
    /// Numbers of the columns that its primary key had, where they were fewer.
    pub key: Vec<i16>,
    /// Number of the key's column, where it could be null; otherwise 0.
    pub nullable: i16,
    pub comment: Option<String>,
    pub registry: Option<(Beside, DependentObjects)>,
    pub others: Vec<Relation>,
    pub rows_after: u64,
}

impl UndoEvidence {
    /// What a foreign key to both columns of the primary key stands on.
    fn added(&self, key: &ForeignKeyIn) -> Option<&Added> {
        self.legacy.added.iter().find(|added| added.serves(key))
    }
}

/// More rows than these are not copied under a lock.
const MOST_ROWS: u64 = 10_000;

/// # Errors
/// When the table is not a converted one any more.
pub async fn survey_undo(session: &Session, table: u32, legacy: u32) -> anyhow::Result<UndoEvidence> {
    let tree = table_tree(session, table).await?;
    let relation = tree.root().relation.clone();
    let names = Names::of(&relation);
    let table = whole(session, table, &relation).await?;
    let around = survey_convert(session, table.oid).await?;
    let mut legacy = survey_convert(session, legacy).await?;
    legacy.names = names.clone();
    legacy.shell = around.shell.clone();
    let comment = legacy.whole.properties.comment.clone();
    let Some(Mark::Legacy { key, nullable, .. }) = Mark::of(comment.as_deref()) else {
        return Err(anyhow!("{} bears no mark of a conversion any more", legacy.whole.relation.plain()));
    };
    let oid = legacy.whole.oid;
    let registry = around.registry.zip(around.registry_objects);
    let registry =
        registry.filter(|(one, _)| matches!(one.mark, Some(Mark::Registry { table, .. }) if table == oid));
    let leaves = tree.leaves().filter(|node| node.oid != oid);
    let others: Vec<Relation> = leaves.map(|node| node.relation.clone()).collect();
    let rows_after = rows_after(session, &others).await?;
    let comment = table.properties.comment.clone();
    Ok(UndoEvidence { table, names, legacy, key, nullable, comment, registry, others, rows_after })
}

/// # Errors
/// When more rows than may be moved under a lock lie in other partitions.
pub fn plan_undo(evidence: &UndoEvidence) -> anyhow::Result<Plan> {
    refuse(evidence)?;
    let legacy = &evidence.legacy.whole;
    let mut plan = Plan {
        target: evidence.table.relation.clone(),
        oid: evidence.table.oid,
        steps: Vec::new(),
        notes: notes(evidence),
    };
    if !evidence.key.is_empty() {
        let columns = legacy.columns(&evidence.key)?;
        build_unique(legacy, &evidence.legacy.tree.nodes[0], &columns, &mut plan)?;
    }
    plan.steps.push(step(evidence)?);
    Ok(plan)
}

/// What is to be done when the table is an ordinary one again.
pub fn plan_left(evidence: &Evidence) -> anyhow::Result<Plan> {
    let whole = &evidence.whole;
    let mut plan =
        Plan { target: whole.relation.clone(), oid: whole.oid, steps: Vec::new(), notes: Vec::new() };
    let left = |mark: &Option<Mark>| matches!(mark, Some(Mark::Left { table }) if *table == whole.oid);
    let Some(shell) = evidence.shell.as_ref().filter(|shell| left(&shell.mark)) else { return Ok(plan) };
    for one in whole.objects.referencing.iter().filter(|one| !one.validated) {
        let (table, name) = (one.table.relation()?, Ident::new(&one.name)?);
        plan.steps.push(registry::validate_step(&table, &name, &whole.relation, &one.name));
    }
    plan.steps.extend(drop_registry(evidence)?);
    plan.steps.extend(composite::drop_steps(evidence)?);
    let act = vec![
        ddl!(
            "partition/convert/empty.sql",
            table = shell.relation,
            name = crate::pg::sql::BodyLiteral(shell.relation.plain())
        ),
        ddl!("partition/drop.sql", partition = shell.relation),
    ];
    let mut step =
        Step::transaction(format!("drop {} with its partitions", shell.relation.plain()), vec![], act);
    for one in evidence.shell_whole.iter().flat_map(|shell| &shell.objects.referenced) {
        step.locks.push(lock(one.name.relation()?, LockMode::AccessExclusive, one.may_lock));
    }
    step.locks.push(Lock::first(shell.relation.clone(), LockMode::AccessExclusive));
    plan.steps.push(step);
    Ok(plan)
}

fn refuse(evidence: &UndoEvidence) -> anyhow::Result<()> {
    let table = evidence.table.relation.plain();
    ensure!(
        evidence.rows_after <= MOST_ROWS,
        anyhow!(
            "undo the conversion of {table}: {} rows lie in partitions made since, more than the {MOST_ROWS} that can be \
             copied while the table is locked",
            evidence.rows_after
        )
        .hint("the partitioned table stays as it is; nothing was changed")
    );
    let objects = &evidence.table.objects;
    let mut reasons: Vec<String> = objects
        .others
        .iter()
        .map(|other| {
            format!("{other} would stay with the partitioned table: drop it, and make it again afterwards")
        })
        .collect();
    let unowned = objects.views.iter().filter(|one| !one.owned);
    reasons.extend(unowned.map(|one| format!("view {} belongs to another role", one.name.name)));
    let wide = evidence.table.objects.referencing.iter().filter(|_| !evidence.key.is_empty());
    reasons.extend(wide.filter(|key| evidence.added(key).is_none()).map(|key| {
        let (name, columns) = (&key.name, key.referenced_columns.join(", "));
        format!(
            "foreign key {name} of {} refers to ({columns}), which will be no key: drop it before",
            key.table.name
        )
    }));
    if let Some(shell) = &evidence.legacy.shell {
        reasons.push(format!("the name {} is taken", shell.relation.plain()));
    }
    ensure!(
        reasons.is_empty(),
        anyhow!("undo the conversion of {table}: something is in the way; nothing was changed")
            .detail(reasons.join("\n"))
    );
    Ok(())
}

fn notes(evidence: &UndoEvidence) -> Vec<String> {
    let legacy = evidence.legacy.whole.relation.plain();
    let mut notes = vec![format!(
        "{legacy} becomes the table again; {} rows of later partitions go into it",
        evidence.rows_after
    )];
    if evidence.registry.is_some() {
        notes.push(
            "foreign keys refer to the table again, are proved, and only then leave the registry".to_owned(),
        );
    }
    for one in &evidence.legacy.added {
        let (table, column) = (one.table.plain(), one.column.plain());
        notes.push(format!(
            "{table} refers to the old primary key again, is proved, and only then loses {column}"
        ));
    }
    notes.push("then what was the partitioned table is dropped, empty".to_owned());
    notes
}

fn step(evidence: &UndoEvidence) -> anyhow::Result<Step> {
    let (table, legacy, names) = (&evidence.table.relation, &evidence.legacy.whole, &evidence.names);
    let handover = Handover { giver: &evidence.table };
    let mut act = vec![handover.guard()];
    for key in &evidence.table.objects.referencing {
        let (child, name) = (key.table.relation()?, Ident::new(&key.name)?);
        act.push(ddl!("partition/convert/drop_constraint.sql", table = child, name = name));
    }
    act.extend(handover.take()?);
    if evidence.registry.is_some() {
        act.extend(registry::drop_triggers(table)?);
    }
    act.push(ddl!("partition/detach.sql", parent = *table, partition = legacy.relation));
    act.extend(move_rows(evidence)?);
    act.extend(rename_indexes(evidence)?);
    act.extend(nullable(evidence)?);
    act.push(ddl!("partition/convert/rename_table.sql", table = *table, new = names.shell.name));
    act.push(ddl!("partition/convert/rename_table.sql", table = legacy.relation, new = table.name));
    act.extend(handover.give()?);
    act.extend(foreign_keys(evidence)?);
    act.extend(comments(evidence));
    let summary = format!("cut back: {} is the table again", legacy.relation.plain());
    let mut step = Step::transaction(summary, vec![], act);
    step.locks = locks(evidence, &handover)?;
    step.interrupted = "nothing has happened, the table is partitioned; the next run does it";
    Ok(step)
}

fn locks(evidence: &UndoEvidence, handover: &Handover<'_>) -> anyhow::Result<Vec<Lock>> {
    let exclusive = LockMode::AccessExclusive;
    let mut locks = handover.locks()?;
    for one in &evidence.table.objects.referenced {
        locks.push(lock(one.name.relation()?, exclusive, one.may_lock));
    }
    for key in incoming(evidence) {
        let relation = key.table.relation()?;
        if !locks.iter().any(|known| known.relation == relation) {
            locks.push(lock(relation, exclusive, key.may_lock));
        }
    }
    let tables =
        [&evidence.table.relation, &evidence.legacy.whole.relation].into_iter().chain(&evidence.others);
    locks.extend(tables.map(|relation| Lock::first(relation.clone(), exclusive)));
    Ok(locks)
}

/// Foreign keys to the table, or to the registry in its stead.
fn incoming(evidence: &UndoEvidence) -> &[ForeignKeyIn] {
    match &evidence.registry {
        Some((_, objects)) => &objects.referencing,
        None => &evidence.table.objects.referencing,
    }
}

fn move_rows(evidence: &UndoEvidence) -> anyhow::Result<Vec<Sql>> {
    let written = evidence.table.objects.columns.iter().filter(|column| !column.generated);
    let columns = idents(&written.map(|column| column.name.clone()).collect::<Vec<_>>())?;
    let into = &evidence.legacy.whole.relation;
    let copy = |partition: &Relation| {
        ddl!(
            "partition/convert/move_back.sql",
            table = *into,
            columns = List(&columns),
            partition = *partition
        )
    };
    let mut statements: Vec<Sql> = evidence.others.iter().map(copy).collect();
    statements.extend(evidence.others.iter().map(|one| ddl!("partition/truncate.sql", partition = *one)));
    Ok(statements)
}

/// The indexes take back the names that the partitioned table's have.
fn rename_indexes(evidence: &UndoEvidence) -> anyhow::Result<Vec<Sql>> {
    let (table, legacy) = (&evidence.table, &evidence.legacy.whole);
    let parts: HashMap<u32, &Index> =
        legacy.indexes.iter().filter_map(|index| Some((index.parent?, index))).collect();
    let mut statements = Vec::new();
    for index in &table.indexes {
        statements.push(rename(&table.relation, index, &index.relation.name, &own_name(index.oid)?));
        let Some(part) = parts.get(&index.oid) else { continue };
        let name = &index.relation.name;
        if part.kind == IndexKind::PrimaryKey && !evidence.key.is_empty() {
            let (on, own) = (&legacy.relation, own_name(legacy.oid)?);
            let old = part.constraint.as_deref().context("a primary key without a constraint")?;
            let old = Ident::new(old)?;
            statements.push(ddl!("partition/convert/drop_constraint.sql", table = *on, name = old));
            statements.push(ddl!(
                "partition/convert/take_primary_key.sql",
                table = *on,
                name = *name,
                index = own
            ));
        } else {
            statements.push(rename(&legacy.relation, part, &part.relation.name, name));
        }
    }
    Ok(statements)
}

/// The key's column was one that could be null.
fn nullable(evidence: &UndoEvidence) -> anyhow::Result<Option<Sql>> {
    let legacy = &evidence.legacy.whole;
    let number = Some(evidence.nullable).filter(|number| *number != 0);
    let column = legacy.columns(number.as_slice())?.pop();
    Ok(column.map(|column| ddl!("partition/convert/nullable.sql", table = legacy.relation, column = column)))
}

fn foreign_keys(evidence: &UndoEvidence) -> anyhow::Result<Vec<Sql>> {
    let table = &evidence.table.relation;
    let mut statements = Vec::new();
    if evidence.registry.is_some() {
        let columns = evidence.legacy.whole.columns(&evidence.key)?;
        let primary =
            evidence.table.objects.primary_key().and_then(|key| key.columns.clone()).unwrap_or_default();
        let all = idents(&primary)?;
        let added = all.into_iter().filter(|column| !columns.contains(column));
        let columns: Vec<Ident> = columns.iter().cloned().chain(added).collect();
        statements.extend(registry::triggers(table, &evidence.names, &columns));
    }
    for key in incoming(evidence) {
        let (child, name) = (key.table.relation()?, Ident::new(&key.name)?);
        if evidence.registry.is_some() {
            statements.push(registry::renamed(&child, &name, &own_name(key.oid)?));
        }
        let before = evidence.added(key).map(|added| added.before(key));
        statements.push(registry::foreign_key(before.as_ref().unwrap_or(key), &child, &name, table)?);
        statements.extend(registry::foreign_key_comment(key)?);
    }
    Ok(statements)
}

fn comments(evidence: &UndoEvidence) -> [Sql; 2] {
    let (table, shell) = (&evidence.table.relation, &evidence.names.shell);
    let left = Mark::Left { table: evidence.legacy.whole.oid };
    let own = match evidence.comment.as_deref().and_then(without_mark) {
        Some(comment) => {
            ddl!("partition/comment.sql", partition = *table, comment = Literal(comment.to_owned()))
        }
        None => ddl!("partition/comment.sql", partition = *table, comment = Keyword("null")),
    };
    [own, ddl!("partition/comment.sql", partition = *shell, comment = Literal(left.to_string()))]
}
