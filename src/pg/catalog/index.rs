//! Indexes as the catalog has them: evidence that one exists, what it is, how big it is and how often it was used.
use std::collections::HashSet;
use std::fmt;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use crate::failure::{Exit, Explain as _};
use crate::pg::catalog::TableName;
use crate::pg::index::{Expression, IndexDefinition, Key, KeyOf, OperatorClass, Parameter, Qualified};
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::sql::Deparsed;
use crate::pg::state::ServerError;
use crate::query;

#[derive(Clone, Debug)]
pub struct Index {
    pub oid: u32,
    pub relation: Relation,
    pub table_oid: u32,
    pub table: Relation,
    /// On a partitioned table: without storage of its own.
    pub partitioned: bool,
    /// The index of the partitioned table that it is a part of.
    pub parent: Option<u32>,
    /// Absent when another session's lock on the table keeps its expressions from being read.
    pub definition: Option<IndexDefinition>,
    pub kind: IndexKind,
    pub unique: bool,
    pub valid: bool,
    pub replica_identity: bool,
    /// The constraint that it belongs to.
    pub constraint: Option<String>,
    /// A foreign key of another table relies on it.
    pub referenced: bool,
    /// A session that this role may see builds it at this moment.
    pub building: bool,
    pub bytes: i64,
    pub scans: i64,
    /// PostgreSQL 16 and newer.
    pub last_scan: Option<DateTime<Utc>>,
    /// Each key's operator class and collation by name, the usual ones among them.
    pub key_types: Vec<KeyType>,
}

/// What decides, beside its column, whether one key serves as another does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyType {
    pub opclass: Qualified,
    pub collation: Option<Qualified>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndexKind {
    PrimaryKey,
    UniqueConstraint,
    ExclusionConstraint,
    Unique,
    Plain,
}

impl IndexKind {
    pub const fn words(self) -> &'static str {
        match self {
            Self::PrimaryKey => "primary key",
            Self::UniqueConstraint => "unique constraint",
            Self::ExclusionConstraint => "exclusion constraint",
            Self::Unique => "unique index",
            Self::Plain => "index",
        }
    }
}

/// One value of `sql/catalog/indexes.sql`.
#[derive(Deserialize)]
struct Read {
    oid: u32,
    schema: String,
    name: String,
    partitioned: bool,
    table_oid: u32,
    table_schema: String,
    table_name: String,
    parent: Option<u32>,
    method: String,
    unique: bool,
    nulls_not_distinct: bool,
    valid: bool,
    primary: bool,
    exclusion: bool,
    replica_identity: bool,
    constraint: Option<String>,
    referenced: bool,
    building: bool,
    locked: bool,
    keys: Vec<ReadKey>,
    include: Vec<String>,
    partial: bool,
    predicate: Option<String>,
    options: Vec<String>,
    tablespace: Option<String>,
    bytes: i64,
    scans: i64,
    last_scan: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct ReadKey {
    column: Option<String>,
    expression: Option<String>,
    collation: Option<ReadName>,
    opclass: ReadName,
    descending: bool,
    nulls_first: bool,
}

#[derive(Deserialize)]
struct ReadName {
    schema: String,
    name: String,
    usual: bool,
    #[serde(default)]
    parameters: Vec<String>,
}

impl ReadName {
    fn qualified(&self) -> anyhow::Result<Qualified> {
        Ok(Qualified { schema: Some(Ident::new(&self.schema)?), name: Ident::new(&self.name)? })
    }
}

impl ReadKey {
    /// `None`: an expression that could not be read.
    fn key(&self) -> anyhow::Result<Option<Key>> {
        let of = match (&self.column, &self.expression) {
            (Some(column), _) => KeyOf::Column(Ident::new(column)?),
            (None, Some(text)) => KeyOf::Expression(Expression::of_server(Deparsed(text.clone()))),
            (None, None) => return Ok(None),
        };
        let unusual = |name: &ReadName| !name.usual || !name.parameters.is_empty();
        let collation = self.collation.as_ref().filter(|name| unusual(name));
        let opclass = Some(&self.opclass).filter(|name| unusual(name));
        Ok(Some(Key {
            of,
            collation: collation.map(ReadName::qualified).transpose()?,
            opclass: opclass.map(operator_class).transpose()?,
            descending: self.descending,
            nulls_first: self.nulls_first,
        }))
    }

    fn key_type(&self) -> anyhow::Result<KeyType> {
        let collation = self.collation.as_ref().map(ReadName::qualified).transpose()?;
        Ok(KeyType { opclass: self.opclass.qualified()?, collation })
    }
}

fn operator_class(name: &ReadName) -> anyhow::Result<OperatorClass> {
    Ok(OperatorClass { name: name.qualified()?, parameters: parameters(&name.parameters)? })
}

fn parameters(options: &[String]) -> anyhow::Result<Vec<Parameter>> {
    options.iter().map(|option| Parameter::of_catalog(option)).collect()
}

impl Read {
    fn kind(&self) -> IndexKind {
        match (self.primary, self.exclusion, &self.constraint, self.unique) {
            (true, ..) => IndexKind::PrimaryKey,
            (_, true, ..) => IndexKind::ExclusionConstraint,
            (_, _, Some(_), _) => IndexKind::UniqueConstraint,
            (_, _, None, true) => IndexKind::Unique,
            (_, _, None, false) => IndexKind::Plain,
        }
    }

    fn definition(&self) -> anyhow::Result<Option<IndexDefinition>> {
        if self.locked && self.partial {
            return Ok(None);
        }
        let keys = self.keys.iter().map(ReadKey::key).collect::<anyhow::Result<Option<Vec<Key>>>>()?;
        let Some(keys) = keys else { return Ok(None) };
        let predicate = self.predicate.as_ref().map(|text| Expression::of_server(Deparsed(text.clone())));
        Ok(Some(IndexDefinition {
            unique: self.unique,
            method: Ident::new(&self.method)?,
            keys,
            include: self.include.iter().map(Ident::new).collect::<anyhow::Result<_>>()?,
            nulls_not_distinct: self.nulls_not_distinct,
            options: parameters(&self.options)?,
            tablespace: self.tablespace.as_ref().map(Ident::new).transpose()?,
            predicate,
        }))
    }

    fn index(self) -> anyhow::Result<Index> {
        Ok(Index {
            oid: self.oid,
            relation: Relation::new(&self.schema, &self.name)?,
            table_oid: self.table_oid,
            table: Relation::new(&self.table_schema, &self.table_name)?,
            partitioned: self.partitioned,
            parent: self.parent,
            definition: self.definition()?,
            kind: self.kind(),
            unique: self.unique,
            valid: self.valid,
            replica_identity: self.replica_identity,
            referenced: self.referenced,
            building: self.building,
            bytes: self.bytes,
            scans: self.scans,
            last_scan: self.last_scan,
            key_types: self.keys.iter().map(ReadKey::key_type).collect::<anyhow::Result<_>>()?,
            constraint: self.constraint,
        })
    }
}

/// Reads the indexes of some tables; `None` reads every one that is not the system's.
pub async fn indexes(session: &Session, tables: Option<&[u32]>) -> anyhow::Result<Vec<Index>> {
    let rows = session
        .query(&query!("catalog/indexes.sql"), &[&tables])
        .await
        .map_err(ServerError::explained)
        .context("read the indexes")?;
    let read = |value: Value| -> anyhow::Result<Index> { serde_json::from_value::<Read>(value)?.index() };
    rows.iter().map(|row| read(row.try_get("index")?).context("understand an index")).collect()
}

/// There is no index of a name.
#[derive(Debug)]
pub struct NoIndex {
    name: String,
    database: String,
}

impl fmt::Display for NoIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no index `{}` in database `{}`", self.name, self.database)
    }
}

impl std::error::Error for NoIndex {}

/// An index by its name: itself, and its table's oid.
///
/// # Errors
/// When there is no such index.
pub async fn find_index(session: &Session, typed: &str) -> anyhow::Result<(u32, Relation, u32)> {
    let name = TableName::parse(typed);
    let rows = session
        .query(&query!("catalog/find_indexes.sql"), &[&name.schema, &name.name, &session.facts().search_path])
        .await
        .map_err(ServerError::explained)?;
    let Some(row) = rows.first() else {
        let path = session.facts().search_path.join(", ");
        let database = session.facts().database.clone();
        return Err(anyhow::Error::new(NoIndex { name: name.to_string(), database })
            .exit(Exit::Failed)
            .hint(format!("names without a schema are looked up in: {path}")));
    };
    let relation = Relation::new(row.try_get::<_, String>("schema")?, row.try_get::<_, String>("name")?)?;
    Ok((row.try_get("oid")?, relation, row.try_get("table_oid")?))
}

/// The names that relations of the schemas have, which a new index cannot have.
pub async fn names_in(session: &Session, schemas: &[String]) -> anyhow::Result<HashSet<(String, String)>> {
    let rows = session
        .query(&query!("catalog/names_in.sql"), &[&schemas])
        .await
        .map_err(ServerError::explained)
        .context("look for names that are taken")?;
    rows.iter().map(|row| Ok((row.try_get("schema")?, row.try_get("name")?))).collect()
}
