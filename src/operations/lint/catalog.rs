//! What the database says of the tables and functions that files name. Evidence; who reads it is `survey`.
use std::collections::HashMap;

use serde::Deserialize;

use crate::pg::catalog::TableName;
use crate::pg::version::Version;

#[derive(Clone, Debug)]
pub struct Catalog {
    pub version: Version,
    pub(super) tables: HashMap<String, Table>,
    pub(super) functions: HashMap<String, Function>,
}

impl Catalog {
    pub fn table(&self, name: &TableName) -> Option<&Table> {
        self.tables.get(&name.to_string())
    }

    pub fn function(&self, name: &TableName) -> Option<&Function> {
        self.functions.get(&name.to_string())
    }
}

/// A table, or the one that an index belongs to; of a partitioned table the sums of its partitions.
#[derive(Clone, Debug, Deserialize)]
pub struct Table {
    /// `schema.name`, for people.
    pub name: String,
    /// `pg_class.relkind`
    pub kind: String,
    /// The planner's estimate; null before the first ANALYZE.
    pub rows: Option<f64>,
    /// Without indexes.
    pub bytes: i64,
    /// Rows written each second since the statistics began; null where they are too young to tell.
    pub writes_per_second: Option<f64>,
    /// Columns that it is partitioned by.
    pub partition_key: Vec<String>,
    /// The partitioned table that it is a partition of.
    pub parent: Option<String>,
    /// Its default partition, when that holds rows.
    pub default_partition: Option<String>,
    /// Foreign keys of other tables that point to it: `orders_customer_fk of public.orders`.
    pub referenced_by: Vec<String>,
    /// Conditions of valid checks, as the server writes them.
    pub checks: Vec<String>,
    pub not_null: Vec<String>,
    /// Types by column.
    pub types: HashMap<String, String>,
    pub indexes: Vec<Index>,
    pub policies: i64,
}

impl Table {
    pub const fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    pub fn is_partitioned(&self) -> bool {
        self.kind == "p"
    }
}

#[derive(Clone, Debug, Deserialize)]
pub struct Index {
    pub name: String,
    pub unique: bool,
    pub valid: bool,
    pub method: String,
    pub keys: Vec<String>,
    pub include: Vec<String>,
    pub predicate: Option<String>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Function {
    /// It is found in another schema than `pg_catalog`.
    pub outside: bool,
    pub volatile: bool,
}
