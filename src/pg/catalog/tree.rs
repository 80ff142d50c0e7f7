//! A table with all that is below it: its partitions, and theirs.
use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use crate::pg::catalog::RelationKind;
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

/// The table itself first, then level by level.
#[derive(Clone, Debug)]
pub struct TableTree {
    pub nodes: Vec<TableNode>,
}

#[derive(Clone, Debug)]
pub struct TableNode {
    pub oid: u32,
    pub relation: Relation,
    pub kind: RelationKind,
    pub parent: Option<u32>,
    pub owner: String,
    /// The session's role may alter it.
    pub owned: bool,
    /// The role may make relations in its schema.
    pub may_create: bool,
    pub temporary: bool,
    pub detach_pending: bool,
    /// The planner's estimate; absent before the first ANALYZE.
    pub rows: Option<f64>,
    /// Of the table alone, as of the last ANALYZE or VACUUM.
    pub bytes: i64,
}

impl TableTree {
    pub fn root(&self) -> &TableNode {
        &self.nodes[0]
    }

    pub fn children(&self, of: u32) -> impl Iterator<Item = &TableNode> {
        self.nodes.iter().filter(move |node| node.parent == Some(of))
    }

    pub fn oids(&self) -> Vec<u32> {
        self.nodes.iter().map(|node| node.oid).collect()
    }

    pub fn is_partitioned(&self) -> bool {
        self.root().kind == RelationKind::PartitionedTable
    }

    /// The tables that hold rows.
    pub fn leaves(&self) -> impl Iterator<Item = &TableNode> {
        self.nodes
            .iter()
            .filter(|node| matches!(node.kind, RelationKind::Table | RelationKind::MaterializedView))
    }
}

/// One value of `sql/catalog/table_tree.sql`.
#[derive(Deserialize)]
struct Read {
    oid: u32,
    schema: String,
    name: String,
    kind: String,
    parent: Option<u32>,
    owner: String,
    owned: bool,
    may_create: bool,
    temporary: bool,
    detach_pending: bool,
    rows: Option<f64>,
    bytes: i64,
}

impl Read {
    fn node(self) -> anyhow::Result<TableNode> {
        Ok(TableNode {
            oid: self.oid,
            relation: Relation::new(self.schema, self.name)?,
            kind: RelationKind::of(&self.kind)?,
            parent: self.parent,
            owner: self.owner,
            owned: self.owned,
            may_create: self.may_create,
            temporary: self.temporary,
            detach_pending: self.detach_pending,
            rows: self.rows,
            bytes: self.bytes,
        })
    }
}

/// # Errors
/// When the table is gone.
pub async fn table_tree(session: &Session, oid: u32) -> anyhow::Result<TableTree> {
    let rows = session
        .query(&query!("catalog/table_tree.sql"), &[&oid])
        .await
        .map_err(ServerError::explained)
        .context("read the table")?;
    let read = |value: Value| -> anyhow::Result<TableNode> { serde_json::from_value::<Read>(value)?.node() };
    let nodes = rows.iter().map(|row| read(row.try_get("node")?).context("understand a table"));
    let nodes = nodes.collect::<anyhow::Result<Vec<_>>>()?;
    anyhow::ensure!(!nodes.is_empty(), "the table is gone");
    Ok(TableTree { nodes })
}

/// The table on which one run at a time works: the root of the tree that a partition belongs to.
pub async fn partition_root(session: &Session, oid: u32) -> anyhow::Result<u32> {
    let rows = session.query(&query!("catalog/partition_root.sql"), &[&oid]).await;
    let rows = rows.map_err(ServerError::explained).context("look for the partitioned table")?;
    Ok(rows.first().context("the table is gone")?.try_get("root")?)
}

/// Whether a table is a partition of another one, or about to be none.
///
/// # Errors
/// The server's.
pub async fn is_partition_of(session: &Session, partition: u32, parent: u32) -> anyhow::Result<bool> {
    let rows = session.query(&query!("catalog/is_partition_of.sql"), &[&partition, &parent]).await;
    let rows = rows.map_err(ServerError::explained)?;
    Ok(rows.first().is_some_and(|row| row.get("is_partition")))
}
