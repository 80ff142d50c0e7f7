//! Foreign keys from a partitioned table and to it: they decide which other tables a change of partitions locks.
use anyhow::Context as _;
use serde::Deserialize;

use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

#[derive(Clone, Debug, Default)]
pub struct ForeignKeys {
    pub referenced: Vec<Referenced>,
    pub referencing: Vec<Referencing>,
}

/// A table that the partitioned table refers to.
#[derive(Clone, Debug)]
pub struct Referenced {
    pub table: Relation,
    /// The role may take strong locks on it by `LOCK TABLE`.
    pub may_lock: bool,
}

/// A foreign key by which another table refers to the partitioned table.
#[derive(Clone, Debug)]
pub struct Referencing {
    pub name: String,
    pub table: Relation,
    pub may_lock: bool,
    pub on_delete: OnDelete,
    pub columns: Vec<Ident>,
    pub referenced_columns: Vec<Ident>,
    /// An index of its table begins with one of its columns.
    pub indexed: bool,
}

/// What ON DELETE, or ON UPDATE, does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum OnDelete {
    NoAction,
    Restrict,
    Cascade,
    SetNull,
    SetDefault,
}

impl OnDelete {
    /// From `pg_constraint.confdeltype`, or `confupdtype`, which has the same letters.
    pub fn of(letter: &str) -> Self {
        match letter {
            "r" => Self::Restrict,
            "c" => Self::Cascade,
            "n" => Self::SetNull,
            "d" => Self::SetDefault,
            _ => Self::NoAction,
        }
    }

    /// As [`Self::of`] reads it.
    pub const fn letter(self) -> &'static str {
        match self {
            Self::NoAction => "a",
            Self::Restrict => "r",
            Self::Cascade => "c",
            Self::SetNull => "n",
            Self::SetDefault => "d",
        }
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::NoAction => "ON DELETE NO ACTION",
            Self::Restrict => "ON DELETE RESTRICT",
            Self::Cascade => "ON DELETE CASCADE",
            Self::SetNull => "ON DELETE SET NULL",
            Self::SetDefault => "ON DELETE SET DEFAULT",
        }
    }
}

impl From<String> for OnDelete {
    fn from(letter: String) -> Self {
        Self::of(&letter)
    }
}

pub async fn foreign_keys(session: &Session, oid: u32) -> anyhow::Result<ForeignKeys> {
    let rows = session
        .query(&query!("catalog/foreign_keys.sql"), &[&oid])
        .await
        .map_err(ServerError::explained)
        .context("read the foreign keys")?;
    let mut keys = ForeignKeys::default();
    for row in &rows {
        let table = Relation::new(row.try_get::<_, String>("schema")?, row.try_get::<_, String>("table")?)?;
        let may_lock = row.try_get("may_lock")?;
        if row.try_get::<_, &str>("direction")? == "out" {
            if !keys.referenced.iter().any(|known| known.table == table) {
                keys.referenced.push(Referenced { table, may_lock });
            }
            continue;
        }
        let idents = |column: &str| -> anyhow::Result<Vec<Ident>> {
            row.try_get::<_, Vec<String>>(column)?.into_iter().map(Ident::new).collect()
        };
        keys.referencing.push(Referencing {
            name: row.try_get("name")?,
            table,
            may_lock,
            on_delete: OnDelete::of(row.try_get("on_delete")?),
            columns: idents("columns")?,
            referenced_columns: idents("referenced_columns")?,
            indexed: row.try_get("indexed")?,
        });
    }
    Ok(keys)
}

/// Tables whose rows a DELETE reaches through more than one foreign key.
pub async fn cascades(session: &Session, oid: u32) -> anyhow::Result<Vec<Relation>> {
    let rows = session
        .query(&query!("catalog/cascades.sql"), &[&oid])
        .await
        .map_err(ServerError::explained)
        .context("read which foreign keys cascade")?;
    let name = |row: &tokio_postgres::Row| {
        Relation::new(row.try_get::<_, String>("schema")?, row.try_get::<_, String>("table")?)
    };
    rows.iter().map(name).collect()
}
