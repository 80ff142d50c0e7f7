//! What the plan to move rows has to know: where they are and where they go, what refers to them, and how many they are.
use anyhow::{Context as _, anyhow, bail, ensure};

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::rows::{loses, target_beside};
use crate::operations::partition::survey::{columns, ensure_may_create_in};
use crate::pg::catalog::{
    Found, Referencing, RelationKind, TableName, TableNode, find_relations, foreign_keys, properties,
    table_tree,
};
use crate::pg::index::Expression;
use crate::pg::name::{Column, Ident, Relation};
use crate::pg::session::Session;
use crate::pg::sql::{List, Sql};
use crate::pg::state::ServerError;
use crate::plan::ArchivedColumn;

/// What is asked for, as it was typed.
#[derive(Clone, Debug)]
pub struct RowsWish {
    pub source: TableName,
    pub target: TableName,
    pub condition: Expression,
    /// Tables whose rows go along, each with the table that they go to.
    pub along: Vec<(TableName, TableName)>,
}

/// From which table rows go to which.
#[derive(Clone, Debug)]
pub struct Place {
    pub source: Relation,
    pub target: Relation,
    /// The target is there.
    pub standing: bool,
    pub columns: Vec<ArchivedColumn>,
    pub target_columns: Vec<ArchivedColumn>,
    /// Of the source.
    pub row_security: bool,
    /// Of the source, where it is not this role.
    pub owner: Option<Ident>,
}

#[derive(Clone, Debug)]
pub struct Child {
    pub place: Place,
    /// By which it refers to the table.
    pub keys: Vec<Referencing>,
    /// By which rows of other tables would go with its own.
    pub lost_with: Vec<Referencing>,
}

/// Rows that refer to those that are to move, and are not told to go along.
#[derive(Clone, Debug)]
pub struct Referring {
    pub key: Referencing,
    pub rows: u64,
}

#[derive(Clone, Debug)]
pub struct RowsEvidence {
    pub oid: u32,
    pub moved: Place,
    pub leaves: Vec<Relation>,
    pub children: Vec<Child>,
    pub referring: Vec<Referring>,
    /// Rows that meet the condition.
    pub matching: u64,
    /// Where the condition looks for names.
    pub path: Option<Sql>,
}

/// # Errors
/// When a table is not there or no table, or the server does not take the condition.
pub async fn survey_rows(session: &Session, wish: &RowsWish) -> anyhow::Result<RowsEvidence> {
    let source = found(session, &wish.source).await?;
    let tree = table_tree(session, source.oid).await?;
    let leaves = leaves(&tree.nodes)?;
    let moved = place(session, &source, &wish.target).await?;
    let keys = foreign_keys(session, source.oid).await?.referencing;
    let mut children = Vec::new();
    for (child, target) in &wish.along {
        children.push(along(session, &source, child, target, &keys).await?);
    }
    let path = search_path(session)?;
    let children_of = |key: &Referencing| children.iter().any(|child| child.place.source == key.table);
    let keys: Vec<Referencing> = keys.into_iter().filter(|key| !children_of(key)).collect();
    session.execute(&ddl!("apply/begin.sql")).await.map_err(ServerError::explained)?;
    let counted = count(session, &source, &wish.condition, path.as_ref(), keys).await;
    // The path goes with the transaction.
    let ended = session.execute(&ddl!("apply/rollback.sql")).await;
    let (matching, referring) = counted?;
    ended.map_err(ServerError::explained)?;
    Ok(RowsEvidence { oid: source.oid, moved, leaves, children, referring, matching, path })
}

/// How many rows meet the condition, and how many of other tables refer to them.
async fn count(
    session: &Session,
    source: &Found,
    condition: &Expression,
    path: Option<&Sql>,
    keys: Vec<Referencing>,
) -> anyhow::Result<(u64, Vec<Referring>)> {
    if let Some(path) = path {
        session.execute(path).await.map_err(ServerError::explained)?;
    }
    let (table, alias) = (&source.relation, source.relation.name.clone());
    let sql = ddl!("partition/rows_count.sql", table = *table, alias = alias, condition = *condition);
    let matching = number(session, &sql).await.context("count the rows that meet the condition")?;
    let mut referring = Vec::new();
    for key in keys {
        // Rows of the table itself may be among those that leave; otherwise the server refuses.
        let itself = key.table == source.relation && !loses(&key);
        let none = matching == 0 || itself;
        let rows = if none { 0 } else { referring_rows(session, source, condition, &key).await? };
        referring.push(Referring { key, rows });
    }
    Ok((matching, referring))
}

async fn found(session: &Session, name: &TableName) -> anyhow::Result<Found> {
    let mut found = find_relations(session, std::slice::from_ref(name)).await?;
    let found = found.pop().context("a table was looked up and is gone")??;
    ensure!(
        matches!(found.kind, RelationKind::Table | RelationKind::PartitionedTable),
        anyhow!("{} is {}", found.relation.plain(), found.kind.words()).exit(Exit::Usage)
    );
    Ok(found)
}

fn leaves(nodes: &[TableNode]) -> anyhow::Result<Vec<Relation>> {
    if let Some(foreign) = nodes.iter().find(|node| node.kind == RelationKind::ForeignTable) {
        bail!("{} is a foreign table; pgtend moves rows of this server only", foreign.relation.plain());
    }
    let tables = nodes.iter().filter(|node| node.kind == RelationKind::Table);
    Ok(tables.map(|node| node.relation.clone()).collect())
}

async fn place(session: &Session, source: &Found, target: &TableName) -> anyhow::Result<Place> {
    let mut known = find_relations(session, std::slice::from_ref(target)).await?;
    let known = known.pop().and_then(Result::ok);
    let relation = match &known {
        Some(found) => found.relation.clone(),
        None => target_beside(&source.relation, target.schema.clone(), target.name.clone())?,
    };
    if let Some(found) = &known {
        ensure!(
            matches!(found.kind, RelationKind::Table | RelationKind::PartitionedTable),
            anyhow!("{} is {}", relation.plain(), found.kind.words()).exit(Exit::Usage)
        );
    } else {
        ensure_may_create_in(session, &relation.schema).await?;
    }
    let oids: Vec<u32> = std::iter::once(source.oid).chain(known.as_ref().map(|found| found.oid)).collect();
    let mut columns = columns(session, &oids).await?;
    let properties = properties(session, source.oid).await?;
    Ok(Place {
        source: source.relation.clone(),
        target: relation,
        standing: known.is_some(),
        columns: columns.remove(&source.oid).unwrap_or_default(),
        target_columns: known.and_then(|found| columns.remove(&found.oid)).unwrap_or_default(),
        row_security: properties.row_security,
        owner: (!properties.owner_is_me).then(|| Ident::new(properties.owner)).transpose()?,
    })
}

async fn along(
    session: &Session,
    source: &Found,
    child: &TableName,
    target: &TableName,
    keys: &[Referencing],
) -> anyhow::Result<Child> {
    let child = found(session, child).await?;
    let keys: Vec<Referencing> = keys.iter().filter(|key| key.table == child.relation).cloned().collect();
    ensure!(
        !keys.is_empty() && child.oid != source.oid,
        anyhow!(
            "rows of {} cannot go along: no foreign key of it refers to {}",
            child.relation.plain(),
            source.relation.plain()
        )
        .exit(Exit::Usage)
    );
    let beyond = foreign_keys(session, child.oid).await?.referencing;
    Ok(Child {
        place: place(session, &child, target).await?,
        keys,
        lost_with: beyond.into_iter().filter(loses).collect(),
    })
}

fn search_path(session: &Session) -> anyhow::Result<Option<Sql>> {
    let schemas = session.facts().search_path.iter().map(Ident::new);
    let schemas: Vec<Ident> = schemas.collect::<anyhow::Result<_>>()?;
    Ok((!schemas.is_empty()).then(|| ddl!("apply/search_path.sql", schemas = List(&schemas))))
}

async fn referring_rows(
    session: &Session,
    source: &Found,
    condition: &Expression,
    key: &Referencing,
) -> anyhow::Result<u64> {
    // A column of the condition must not be taken for one of the other table, so the names are those of the first.
    let columns: Vec<Column> = key.columns.iter().map(|one| Column("pgtend_child", one.clone())).collect();
    let sql = ddl!(
        "partition/rows_referring.sql",
        child = key.table,
        table = source.relation,
        alias = source.relation.name,
        referenced_columns = List(&key.referenced_columns),
        columns = List(&columns),
        condition = *condition,
    );
    number(session, &sql)
        .await
        .with_context(|| format!("count the rows of {} that refer to them", key.table.plain()))
}

async fn number(session: &Session, sql: &Sql) -> anyhow::Result<u64> {
    let rows = session.read(sql).await.map_err(ServerError::explained)?;
    let value = rows.into_iter().flatten().flatten().next();
    value.and_then(|value| value.parse().ok()).with_context(|| format!("{} gave no number", sql.file))
}
