//! A mapping found in the database: each name looked up, each type known, and what it takes to read and to write.
use std::collections::HashMap;

use anyhow::{Context as _, anyhow, bail, ensure};

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
    pub notes: Vec<String>,
}

/// A column of the source's key, and the target's that holds it.
#[derive(Clone, Debug)]
pub struct KeyColumn {
    pub source: Ident,
    pub source_type: Deparsed,
    pub target: Ident,
    pub target_type: Deparsed,
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

#[derive(Clone, Debug)]
struct Column {
    of: u32,
    modifier: i32,
    base_type: String,
    whole_type: String,
    generated: bool,
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
                let relation = if role == "source" { &source.relation } else { &target.relation };
                return Err(anyhow!("the {role} {} belongs to role `{owner}`", relation.plain())
                    .exit(Exit::Denied)
                    .hint(format!(
                        "grant {} to {}",
                        Ident::new(owner)?,
                        Ident::new(&session.facts().role)?
                    )));
            }
        }
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
            notes: Vec::new(),
        };
        binding.check_document(&source_columns)?;
        binding.find_target_columns(&target_columns)?;
        binding.find_key(&source_columns, &target_columns)?;
        binding.find_fields(&source_columns)?;
        binding.check_source(session, source.kind).await?;
        Ok(binding)
    }

    fn check_document(&self, columns: &HashMap<String, Column>) -> anyhow::Result<()> {
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

    fn find_target_columns(&mut self, columns: &HashMap<String, Column>) -> anyhow::Result<()> {
        for name in self.mapping.columns() {
            let column = known(columns, &name, &self.target)?;
            ensure!(
                !column.generated,
                "column `{name}` of {} is generated by the server",
                self.target.plain()
            );
            let of = column.column_type().with_context(|| {
                format!("column `{name}` of {} is of type {}", self.target.plain(), column.whole_type)
            })?;
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

    fn find_key(
        &mut self,
        source: &HashMap<String, Column>,
        target: &HashMap<String, Column>,
    ) -> anyhow::Result<()> {
        for key in &self.mapping.key {
            let holder = self.mapping.key_column(key)?;
            let column = known(source, key, &self.source)?;
            self.key.push(KeyColumn {
                source: Ident::new(key)?,
                source_type: Deparsed(column.base_type.clone()),
                target: Ident::new(holder)?,
                target_type: known(target, holder, &self.target)?.cast(),
            });
        }
        Ok(())
    }

    fn find_fields(&mut self, columns: &HashMap<String, Column>) -> anyhow::Result<()> {
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

    /// Source rows are told apart by their key.
    async fn check_source(&mut self, session: &Session, kind: RelationKind) -> anyhow::Result<()> {
        let keys: Vec<&str> = self.key.iter().map(|key| key.source.raw()).collect();
        let of_source = unique_indexes(session, self.source_oid).await?;
        let within = |index: &Vec<String>| index.iter().all(|column| keys.contains(&column.as_str()));
        let around = |index: &Vec<String>| keys.iter().all(|key| index.iter().any(|column| column == key));
        if !of_source.iter().any(within) {
            let named = keys.join(", ");
            if kind == RelationKind::PartitionedTable && of_source.iter().any(around) {
                self.notes.push(format!(
                    "no index says that ({named}) alone is unique in {}; it is taken to be",
                    self.source.plain()
                ));
            } else {
                return Err(anyhow!("no unique index of {} is on ({named})", self.source.plain())
                    .hint("name the columns of its primary key as `source.key`"));
            }
        }
        Ok(())
    }

    /// Rows of the target are told apart by a unique index, and found by their source's key.
    ///
    /// # Errors
    /// When nothing keeps them apart.
    pub async fn check_target(&mut self, session: &Session) -> anyhow::Result<()> {
        let unique: Vec<String> = self.mapping.unique.clone();
        let of_target = unique_indexes(session, self.target_oid).await?;
        let same =
            |index: &Vec<String>| index.len() == unique.len() && unique.iter().all(|c| index.contains(c));
        if !of_target.iter().any(same) {
            let columns: Vec<String> = self.unique.iter().map(ToString::to_string).collect();
            return Err(anyhow!("no unique index of {} is on ({})", self.target.plain(), unique.join(", "))
                .hint(format!("create unique index on {} ({})", self.target, columns.join(", "))));
        }
        let leading = rows(session, &query!("normalize/leading_columns.sql"), &[&self.target_oid]).await?;
        let leads = leading.iter().any(|row| {
            row.try_get::<_, String>("name")
                .is_ok_and(|name| self.key.iter().any(|key| key.target.raw() == name))
        });
        if !leads {
            self.notes.push(format!(
                "no index of {} begins with {}: each change of the source will read the whole table",
                self.target.plain(),
                self.key[0].target
            ));
        }
        Ok(())
    }

    /// As the reader needs it.
    pub fn compiled(&self) -> Compiled {
        let place =
            |name: &str| self.columns.iter().position(|column| column.name.raw() == name).unwrap_or(0);
        let decided = |column: &TargetColumn| {
            self.mapping.shapes.iter().all(|s| matches!(s.columns[column.name.raw()].from, Origin::Source(_)))
        };
        let unique = self.columns.iter().enumerate().filter(|(_, column)| column.unique && !decided(column));
        Compiled {
            types: self.columns.iter().map(|column| column.of).collect(),
            unique: unique.map(|(place, _)| place).collect(),
            keep: match &self.mapping.keep {
                Keep::First => CompiledKeep::First,
                Keep::Last => CompiledKeep::Last,
                Keep::Least(column) => CompiledKeep::Least(place(column)),
                Keep::Most(column) => CompiledKeep::Most(place(column)),
            },
            shapes: self.mapping.shapes.iter().map(|shape| self.compiled_shape(shape)).collect(),
        }
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

impl Column {
    /// # Errors
    /// When values of the type cannot be read from JSON.
    fn column_type(&self) -> anyhow::Result<ColumnType> {
        const LENGTH_WORD: i32 = 4;
        let limit = (self.modifier >= LENGTH_WORD).then(|| self.modifier - LENGTH_WORD);
        Ok(match self.of {
            16 => ColumnType::Boolean,
            20 => ColumnType::Int8,
            21 => ColumnType::Int2,
            23 => ColumnType::Int4,
            25 => ColumnType::Text(None),
            1043 => ColumnType::Text(limit.map(u32::try_from).transpose()?),
            1082 => ColumnType::Date,
            1114 | 1184 => ColumnType::Timestamp(u32::try_from(self.modifier).unwrap_or(6)),
            1700 => {
                let limits = limit.map(|packed| (packed >> 16, packed & 0x7ff));
                let usual = limits.is_none_or(|(digits, decimals)| decimals <= digits);
                ensure!(usual, "a scale beyond the precision, or below zero, is not supported");
                let small = |number: i32| u16::try_from(number).unwrap_or(u16::MAX);
                ColumnType::Numeric(limits.map(|(digits, decimals)| (small(digits), small(decimals))))
            }
            2950 => ColumnType::Uuid,
            3802 => ColumnType::Jsonb,
            _ => bail!(
                "values are read into smallint, integer, bigint, numeric, text, varchar, boolean, uuid, date, timestamp, \
                 timestamptz and jsonb"
            ),
        })
    }

    fn cast(&self) -> Deparsed {
        const VARCHAR: u32 = 1043;
        Deparsed(if self.of == VARCHAR { self.base_type.clone() } else { self.whole_type.clone() })
    }
}

fn known<'a>(
    columns: &'a HashMap<String, Column>,
    name: &str,
    table: &Relation,
) -> anyhow::Result<&'a Column> {
    columns.get(name).ok_or_else(|| {
        let near = columns.keys().find(|other| other.eq_ignore_ascii_case(name));
        let error = anyhow!("no column `{name}` in {}", table.plain());
        match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        }
    })
}

async fn columns(session: &Session, oid: u32) -> anyhow::Result<HashMap<String, Column>> {
    let rows = rows(session, &query!("normalize/columns.sql"), &[&oid]).await?;
    rows.iter()
        .map(|row| {
            let column = Column {
                of: row.try_get("type")?,
                modifier: row.try_get("modifier")?,
                base_type: row.try_get("base_type")?,
                whole_type: row.try_get("whole_type")?,
                generated: row.try_get("generated")?,
            };
            Ok((row.try_get("name")?, column))
        })
        .collect()
}

async fn unique_indexes(session: &Session, oid: u32) -> anyhow::Result<Vec<Vec<String>>> {
    let rows = rows(session, &query!("normalize/unique_indexes.sql"), &[&oid]).await?;
    rows.iter().map(|row| Ok(row.try_get("columns")?)).collect()
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
