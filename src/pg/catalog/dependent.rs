//! A table with everything that hangs on it: what another table in its place has to have, and what has to be pointed at
//! that one.
use std::collections::HashMap;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;

use crate::pg::catalog::OnDelete;
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

/// One value of `sql/catalog/dependent_objects.sql`. Definitions are the server's own rendering.
#[derive(Clone, Debug, Deserialize)]
pub struct DependentObjects {
    /// The planner's.
    pub row_estimate: f64,
    /// Of the table alone, without indexes.
    pub bytes: i64,
    pub analyzed: bool,
    /// The session's role may alter it.
    pub owned: bool,
    /// As in `pg_class.relpersistence`.
    pub persistence: String,
    /// It has a replica identity, without which no row that is published can be updated.
    pub identified: bool,
    /// Row level security holds for the owner too.
    pub policies_forced: bool,
    pub is_partition: bool,
    /// From another table or to one.
    pub inherits: bool,
    pub typed: bool,
    pub extension: Option<String>,
    pub columns: Vec<TableColumn>,
    pub constraints: Vec<Constraint>,
    pub referenced: Vec<ReferencedTable>,
    pub referencing: Vec<ForeignKeyIn>,
    pub triggers: Vec<Trigger>,
    pub views: Vec<View>,
    pub functions: Vec<Function>,
    pub publications: Vec<Publication>,
    pub sequences: Vec<OwnedSequence>,
    /// By the index's oid.
    pub index_comments: HashMap<u32, String>,
    /// Rewrite rules for what is updated.
    pub update_rules: Vec<String>,
    pub extended_statistics: i64,
    /// What fits nowhere else, in the server's words.
    pub others: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TableColumn {
    pub number: i16,
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
    /// Of a domain, what it is made of.
    pub base_type: String,
    pub not_null: bool,
    pub generated: bool,
    /// As in `pg_attribute.attidentity`: `a` is always, `d` by default.
    pub identity: Option<String>,
    /// Quoted and qualified.
    pub collation: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Constraint {
    pub name: String,
    /// As in `pg_constraint.contype`: `p`, `u`, `c`, `x` or `f`.
    pub kind: String,
    pub definition: String,
    pub validated: bool,
    pub deferrable: bool,
    pub no_inherit: bool,
    pub columns: Option<Vec<String>>,
    /// The oid of the index that it stands on.
    pub index: u32,
    pub comment: Option<String>,
}

/// A name as the catalog document has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct RelationName {
    pub schema: String,
    pub name: String,
}

impl RelationName {
    pub fn relation(&self) -> anyhow::Result<Relation> {
        Relation::new(&self.schema, &self.name)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct ReferencedTable {
    #[serde(flatten)]
    pub name: RelationName,
    /// The role may take strong locks on it by `LOCK TABLE`.
    pub may_lock: bool,
}

/// A foreign key by which another table, or the table itself, refers to it.
#[derive(Clone, Debug, Deserialize)]
pub struct ForeignKeyIn {
    pub oid: u32,
    pub name: String,
    pub table: RelationName,
    pub table_oid: u32,
    /// The table that refers is partitioned.
    pub partitioned: bool,
    pub may_lock: bool,
    /// The role may alter the table that refers.
    pub owned: bool,
    pub validated: bool,
    pub definition: String,
    pub columns: Vec<String>,
    pub referenced_columns: Vec<String>,
    /// `operator(schema.=)` for each column: by which the referenced one equals it.
    pub operators: Vec<String>,
    /// One of the columns may be null.
    pub nullable: bool,
    pub comment: Option<String>,
    pub match_full: bool,
    pub on_update: OnDelete,
    pub on_delete: OnDelete,
    /// ON DELETE sets some of the columns only.
    pub some_set: bool,
    pub deferrable: bool,
    pub deferred: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Trigger {
    pub name: String,
    pub definition: String,
    /// The definition without the table.
    pub act: String,
    /// As in `pg_trigger.tgenabled`: `O`, `D`, `R` or `A`.
    pub enabled: String,
    pub row: bool,
    /// It fires on an UPDATE of whatever columns.
    pub any_update: bool,
    pub transition_tables: bool,
    /// Of one that fires for each row before it is written, the source of its function.
    pub source: Option<String>,
    pub comment: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct View {
    #[serde(flatten)]
    pub name: RelationName,
    pub owner: String,
    pub owned: bool,
    pub definition: String,
    /// `name=value`
    pub options: Vec<String>,
}

/// A function whose body the server has parsed, and which so names the table by its oid.
#[derive(Clone, Debug, Deserialize)]
pub struct Function {
    pub name: String,
    pub owned: bool,
    /// A whole `CREATE OR REPLACE`.
    pub definition: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Publication {
    pub name: String,
    /// Changes of partitions are published as the partitioned table's.
    pub via_root: bool,
    /// It names the table, and is not one for all tables.
    pub named: bool,
    pub columns: Option<Vec<String>>,
    pub filter: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct OwnedSequence {
    #[serde(flatten)]
    pub name: RelationName,
    pub column: String,
    /// It belongs to the column's identity.
    pub identity: bool,
}

impl DependentObjects {
    pub fn column(&self, name: &Ident) -> Option<&TableColumn> {
        self.columns.iter().find(|column| column.name == name.raw())
    }

    pub fn constraint(&self, name: &str) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.name == name)
    }

    pub fn primary_key(&self) -> Option<&Constraint> {
        self.constraints.iter().find(|constraint| constraint.kind == "p")
    }
}

/// # Errors
/// When the table is gone.
pub async fn dependent_objects(session: &Session, oid: u32) -> anyhow::Result<DependentObjects> {
    let rows = session
        .query(&query!("catalog/dependent_objects.sql"), &[&oid])
        .await
        .map_err(ServerError::explained)
        .context("read what hangs on the table")?;
    let row = rows.first().context("the table is gone")?;
    serde_json::from_value(row.try_get::<_, Value>("objects")?).context("understand what hangs on the table")
}
