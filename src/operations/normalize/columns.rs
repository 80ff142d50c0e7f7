//! The columns of source and target as the catalog has them, and what their types mean for reading and for the order of
//! keys.
use std::collections::HashMap;

use anyhow::{anyhow, bail, ensure};

use super::binding::rows;
use super::value::ColumnType;
use crate::failure::Explain as _;
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::pg::sql::Deparsed;
use crate::query;

#[derive(Clone, Debug)]
pub struct TableColumn {
    pub of: u32,
    modifier: i32,
    collation: u32,
    base_type: String,
    pub whole_type: String,
    pub not_null: bool,
    pub has_default: bool,
    pub generated: bool,
}

pub type TableColumns = HashMap<String, TableColumn>;

const INT8: u32 = 20;
const INT2: u32 = 21;
const INT4: u32 = 23;
const TEXT: u32 = 25;
const VARCHAR: u32 = 1043;

impl TableColumn {
    /// # Errors
    /// When values of the type cannot be read from JSON.
    pub fn column_type(&self) -> anyhow::Result<ColumnType> {
        const LENGTH_WORD: i32 = 4;
        let limit = (self.modifier >= LENGTH_WORD).then(|| self.modifier - LENGTH_WORD);
        Ok(match self.of {
            16 => ColumnType::Boolean,
            INT8 => ColumnType::Int8,
            INT2 => ColumnType::Int2,
            INT4 => ColumnType::Int4,
            TEXT => ColumnType::Text(None),
            VARCHAR => ColumnType::Text(limit.map(u32::try_from).transpose()?),
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

    /// As a value is cast to it. Text is not cut to its length.
    pub fn cast(&self) -> Deparsed {
        Deparsed(if self.of == VARCHAR { self.base_type.clone() } else { self.whole_type.clone() })
    }

    /// Values of both have the same text, and the same order.
    pub fn orders_as(&self, other: &Self) -> bool {
        let whole = |of| matches!(of, INT2 | INT4 | INT8);
        let text = |of| matches!(of, TEXT | VARCHAR);
        whole(self.of) && whole(other.of)
            || text(self.of) && text(other.of)
            || self.whole_type == other.whole_type
    }

    /// The server can compare the two.
    pub const fn collates_as(&self, other: &Self) -> bool {
        self.collation == other.collation || self.collation == 0 || other.collation == 0
    }
}

pub fn known<'a>(columns: &'a TableColumns, name: &str, table: &Relation) -> anyhow::Result<&'a TableColumn> {
    columns.get(name).ok_or_else(|| {
        let near = columns.keys().find(|other| other.eq_ignore_ascii_case(name));
        let error = anyhow!("no column `{name}` in {}", table.plain());
        match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        }
    })
}

pub async fn columns(session: &Session, oid: u32) -> anyhow::Result<TableColumns> {
    let rows = rows(session, &query!("normalize/columns.sql"), &[&oid]).await?;
    rows.iter()
        .map(|row| {
            let column = TableColumn {
                of: row.try_get("type")?,
                modifier: row.try_get("modifier")?,
                collation: row.try_get("collation")?,
                base_type: row.try_get("base_type")?,
                whole_type: row.try_get("whole_type")?,
                not_null: row.try_get("not_null")?,
                has_default: row.try_get("has_default")?,
                generated: row.try_get("generated")?,
            };
            Ok((row.try_get("name")?, column))
        })
        .collect()
}
