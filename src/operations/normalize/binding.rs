//! A mapping found in the database: each name looked up, each type known, and what it takes to read and to write.
use anyhow::{Context as _, anyhow, bail, ensure};

use super::columns::{TableColumns, columns, known};
use super::mapping::{ColumnRule, Keep, Mapping, Origin, Shape};
use super::reader::{Compiled, CompiledColumn, CompiledKeep, CompiledShape, Place};
use super::value::ColumnType;
use crate::failure::{Exit, Explain as _};
use crate::pg::catalog::{RelationKind, TableName, find_relations};
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::sql::{Deparsed, Query};
use crate::pg::state::ServerError;
use crate::{ddl, query};

/// A mapping with what the catalog says of its tables.
#[derive(Clone, Debug)]
pub struct Binding {
    pub mapping: Mapping,
    pub source: Relation,
    pub source_oid: u32,
    pub source_rows: f64,
    pub column: Ident,
    pub key: Vec<KeyColumn>,
    pub target: Relation,
    pub target_oid: u32,
    /// The columns that are filled, in the order of their names.
    pub columns: Vec<TargetColumn>,
    pub unique: Vec<Ident>,
    /// Columns of the source that are read beside the document.
    pub fields: Vec<Field>,
    pub target_is_empty: bool,
    pub target_is_partitioned: bool,
    /// The target has a trigger that may fill columns, or leave rows out.
    pub target_has_before_trigger: bool,
    pub notes: Vec<String>,
}

/// A column of the source's key, and the target's that holds it.
#[derive(Clone, Debug)]
pub struct KeyColumn {
    pub source: Ident,
    pub source_type: Deparsed,
    pub target: Ident,
    pub target_type: Deparsed,
    /// Both columns have the same text and the same order.
    pub alike: bool,
}

#[derive(Clone, Debug)]
pub struct TargetColumn {
    pub name: Ident,
    pub of: ColumnType,
    /// As a value is cast to it. Text is not cut to its length.
    pub cast: Deparsed,
    pub unique: bool,
}

/// A column of the source, cast to the type of a column of the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub column: Ident,
    pub cast: Deparsed,
}

impl Binding {
    /// # Errors
    /// When a name is not there, a type cannot be read, or a row could not be told from another.
    pub async fn find(session: &Session, mapping: &Mapping) -> anyhow::Result<Self> {
        let names = [TableName::parse(&mapping.source), TableName::parse(&mapping.target)];
        let mut found = find_relations(session, &names).await?.into_iter();
        let (Some(source), Some(target)) = (found.next(), found.next()) else {
            bail!("the server found no table")
        };
        let (source, target) = (source.exit(Exit::Failed)?, target.exit(Exit::Failed)?);
        for (found, role) in [(&source, "source"), (&target, "target")] {
            ensure!(
                matches!(found.kind, RelationKind::Table | RelationKind::PartitionedTable),
                "the {role} {} is {}, not a table",
                found.relation.plain(),
                found.kind.words()
            );
        }
        let source_columns = columns(session, source.oid).await?;
        let target_columns = columns(session, target.oid).await?;
        let facts = one(session, &query!("normalize/source_facts.sql"), &[&source.oid, &target.oid]).await?;
        for role in ["source", "target"] {
            let owner: String = facts.try_get(format!("{role}_owner").as_str())?;
            if !facts.try_get::<_, bool>(format!("owns_{role}").as_str())? {
                let (owner_role, own_role) = (Ident::new(&owner)?, Ident::new(&session.facts().role)?);
                let relation = if role == "source" { &source.relation } else { &target.relation };
                return Err(anyhow!("the {role} {} belongs to role `{owner}`", relation.plain())
                    .exit(Exit::Denied)
                    .hint(format!("grant {owner_role} to {own_role}")));
            }
        }
        for (role, relation) in [("source", &source.relation), ("target", &target.relation)] {
            ensure!(
                !facts.try_get::<_, bool>(format!("{role}_hidden").as_str())?,
                "row level security hides rows of {} from its owner too",
                relation.plain()
            );
        }
        ensure!(
            !facts.try_get::<_, bool>("source_inherited")?,
            "other tables inherit from {}: the triggers would not see their rows",
            source.relation.plain()
        );
        let any = ddl!("normalize/any_row.sql", target = target.relation);
        let any = session.read(&any).await.map_err(ServerError::explained)?;
        let mut binding = Self {
            mapping: mapping.clone(),
            source: source.relation,
            source_oid: source.oid,
            source_rows: facts.try_get("source_rows")?,
            column: Ident::new(&mapping.column)?,
            key: Vec::new(),
            target: target.relation,
            target_oid: target.oid,
            columns: Vec::new(),
            unique: mapping.unique.iter().map(Ident::new).collect::<anyhow::Result<_>>()?,
            fields: Vec::new(),
            target_is_empty: any.concat() == [Some("0".to_owned())],
            target_is_partitioned: facts.try_get("target_partitioned")?,
            target_has_before_trigger: facts.try_get("target_filled")?,
            notes: Vec::new(),
        };
        binding.check_document(&source_columns)?;
        binding.find_target_columns(&target_columns)?;
        binding.find_key(&source_columns, &target_columns)?;
        binding.find_fields(&source_columns)?;
        binding.check_source(session, source.kind).await?;
        Ok(binding)
    }

    fn check_document(&self, columns: &TableColumns) -> anyhow::Result<()> {
        const JSONB: u32 = 3802;
        let column = known(columns, self.column.raw(), &self.source)?;
        ensure!(
            column.of == JSONB,
            "the column {} of {} is of type {}, not jsonb",
            self.column,
            self.source.plain(),
            column.whole_type
        );
        Ok(())
    }

    fn find_target_columns(&mut self, columns: &TableColumns) -> anyhow::Result<()> {
        for name in self.mapping.columns() {
            let column = known(columns, &name, &self.target)?;
            ensure!(
                !column.generated,
                "column `{name}` of {} is generated by the server",
                self.target.plain()
            );
            let of = match column.column_type() {
                Err(_) if self.mapping.is_of_source(&name) => ColumnType::Other,
                of => of.with_context(|| {
                    format!("column `{name}` of {} is of type {}", self.target.plain(), column.whole_type)
                })?,
            };
            let unique = self.mapping.unique.contains(&name);
            self.columns.push(TargetColumn { name: Ident::new(name)?, of, cast: column.cast(), unique });
        }
        if let Keep::Least(name) | Keep::Most(name) = &self.mapping.keep {
            let ordered =
                self.columns.iter().any(|column| column.name.raw() == name && column.of.is_ordered());
            ensure!(ordered, "`keep` needs a column of whole numbers or times, which `{name}` is not");
        }
        Ok(())
    }

    fn find_key(&mut self, source: &TableColumns, target: &TableColumns) -> anyhow::Result<()> {
        for key in &self.mapping.key {
            let holder = self.mapping.key_column(key)?;
            let column = known(source, key, &self.source)?;
            let held = known(target, holder, &self.target)?;
            // A key that is null has no place in the order of keys, and is not unique.
            if !column.not_null {
                let (table, name) = (&self.source, Ident::new(key)?);
                return Err(anyhow!("the key column `{key}` of {} may be null", table.plain())
                    .hint(format!("alter table {table} alter column {name} set not null")));
            }
            let (table, name) = (&self.target, Ident::new(holder)?);
            if !column.collates_as(held) {
                return Err(anyhow!("`{key}` and `{holder}`, which holds it, have different collations")
                    .hint(format!("alter table {table} alter column {name} type .. collate the source's")));
            }
            self.key.push(KeyColumn {
                source: Ident::new(key)?,
                source_type: Deparsed(column.whole_type.clone()),
                target: Ident::new(holder)?,
                target_type: held.cast(),
                alike: column.orders_as(held),
            });
        }
        Ok(())
    }

    fn find_fields(&mut self, columns: &TableColumns) -> anyhow::Result<()> {
        let mut fields = Vec::new();
        for shape in &self.mapping.shapes {
            for (rule, target) in shape.columns.values().zip(&self.columns) {
                let from = match &rule.from {
                    Origin::Source(column) => Some(column),
                    _ => None,
                };
                for column in from.into_iter().chain(&rule.default) {
                    known(columns, column, &self.source)?;
                    let field = Field { column: Ident::new(column)?, cast: target.cast.clone() };
                    if !fields.contains(&field) {
                        fields.push(field);
                    }
                }
            }
        }
        self.fields = fields;
        Ok(())
    }

    /// As the reader needs it.
    pub fn compiled(&self) -> Compiled {
        let place =
            |name: &str| self.columns.iter().position(|column| column.name.raw() == name).unwrap_or(0);
        let decided = |column: &TargetColumn| self.mapping.is_of_source(column.name.raw());
        let unique = self.columns.iter().enumerate().filter(|(_, column)| column.unique && !decided(column));
        Compiled {
            types: self.columns.iter().map(|column| column.of).collect(),
            unique: unique.map(|(place, _)| place).collect(),
            long: self.long_keys().map(|(place, _)| place).collect(),
            keep: match &self.mapping.keep {
                Keep::First => CompiledKeep::First,
                Keep::Last => CompiledKeep::Last,
                Keep::Least(column) => CompiledKeep::Least(place(column)),
                Keep::Most(column) => CompiledKeep::Most(place(column)),
            },
            shapes: self.mapping.shapes.iter().map(|shape| self.compiled_shape(shape)).collect(),
        }
    }

    /// The unique columns of text, where these may be too long for an index.
    pub(super) fn long_keys(&self) -> impl Iterator<Item = (usize, &TargetColumn)> {
        let text = |column: &TargetColumn| column.unique && matches!(column.of, ColumnType::Text(_));
        let bounded = |column: &TargetColumn| matches!(column.of, ColumnType::Text(Some(..=200)));
        let may_be = self.columns.iter().any(|column| text(column) && !bounded(column));
        let columns = self.columns.iter().enumerate();
        columns.filter(move |(_, column)| may_be && text(column))
    }

    fn compiled_shape(&self, shape: &Shape) -> CompiledShape {
        let columns = self.columns.iter().map(|target| {
            let rule: &ColumnRule = &shape.columns[target.name.raw()];
            let field = |column: &str| {
                let same = |field: &Field| field.column.raw() == column && field.cast == target.cast;
                self.fields.iter().position(same).unwrap_or(usize::MAX)
            };
            CompiledColumn {
                place: match &rule.from {
                    Origin::Source(column) => Place::Field(field(column)),
                    Origin::Element(names) => Place::Element(names.clone()),
                    Origin::Parent(names) => Place::Parent(names.clone()),
                    Origin::Key => Place::Key,
                },
                default: rule.default.as_deref().map(field),
                rule: rule.clone(),
                unique: target.unique,
            }
        });
        let objects = needs_objects(shape);
        CompiledShape { path: shape.elements.clone(), columns: columns.collect(), objects }
    }
}

/// Whether a column is a value in the element, which must be an object then.
pub fn needs_objects(shape: &Shape) -> bool {
    shape.columns.values().any(|rule| matches!(&rule.from, Origin::Element(names) if !names.is_empty()))
}

type Params<'a> = [&'a (dyn tokio_postgres::types::ToSql + Sync)];

pub(super) async fn rows(
    session: &Session,
    query: &Query,
    params: &Params<'_>,
) -> anyhow::Result<Vec<tokio_postgres::Row>> {
    session.query(query, params).await.map_err(ServerError::explained)
}

async fn one(session: &Session, query: &Query, params: &Params<'_>) -> anyhow::Result<tokio_postgres::Row> {
    rows(session, query, params).await?.into_iter().next().context("the server gave no row")
}
