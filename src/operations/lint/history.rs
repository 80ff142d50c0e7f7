//! What a file's statements have done so far: a table that the file itself has made holds nobody up.
use super::statement::{
    Act, ActionKind, AlterTable, Constraint, ConstraintKind, CreateIndex, CreateTable, Reindex,
};
use crate::pg::catalog::TableName;

#[derive(Debug, Default)]
pub struct History {
    created: Vec<TableName>,
    pub functions: Vec<TableName>,
    pub indexes: Vec<CreateIndex>,
    checks: Vec<Check>,
    /// Tables that were there before, under a lock that stops others from writing at least.
    pub locked: Vec<TableName>,
    /// Tables and the columns that they are partitioned by.
    partition_keys: Vec<(TableName, Vec<String>)>,
    /// Table and new name.
    pub renamed: Vec<(TableName, String)>,
    pub enum_values: Vec<String>,
}

/// A constraint that was added to a table.
#[derive(Debug)]
struct Check {
    table: TableName,
    name: Option<String>,
    /// In one spelling; empty for other constraints than checks.
    condition: String,
    valid: bool,
}

/// A name without a schema may be any schema's.
pub fn same(a: &TableName, b: &TableName) -> bool {
    a.name == b.name && (a.schema.is_none() || b.schema.is_none() || a.schema == b.schema)
}

impl History {
    pub fn is_new(&self, name: &TableName) -> bool {
        self.created.iter().any(|created| same(created, name))
    }

    /// The columns that a table of this file is partitioned by.
    pub fn partition_key(&self, table: &TableName) -> Option<&[String]> {
        self.partition_keys.iter().find(|(name, _)| same(name, table)).map(|(_, key)| key.as_slice())
    }

    /// A constraint of this name was added to the table without looking at its rows.
    pub fn added_not_valid(&self, table: &TableName, name: &str) -> bool {
        self.checks
            .iter()
            .any(|check| !check.valid && same(&check.table, table) && check.name.as_deref() == Some(name))
    }

    /// Conditions that are proved for every row of the table.
    pub fn proved(&self, table: &TableName) -> impl Iterator<Item = &str> {
        self.checks
            .iter()
            .filter(|check| check.valid && same(&check.table, table) && !check.condition.is_empty())
            .map(|check| check.condition.as_str())
    }

    /// The index was created by a statement before.
    pub fn made_index(&self, name: &TableName) -> bool {
        self.indexes.iter().any(|index| index.name.as_ref().is_some_and(|made| same(made, name)))
    }

    pub fn has_unique_index(&self, view: &TableName) -> bool {
        self.indexes.iter().any(|index| index.unique && index.predicate.is_none() && same(&index.table, view))
    }

    pub fn add(&mut self, act: &Act) {
        match act {
            Act::CreateTable(create) => self.create_table(create),
            Act::CreateTableAs { table: name, .. }
            | Act::CreateMaterializedView { name, if_not_exists: false }
            | Act::CreateType { name } => self.created.push(name.clone()),
            Act::CreateIndex(index) => {
                if !index.concurrently && !index.only {
                    self.lock(&index.table);
                }
                self.indexes.push(index.clone());
            }
            Act::CreateFunction(function) => self.functions.push(function.name.clone()),
            Act::AlterTable(alter) => self.alter(alter),
            Act::CreateTrigger { table } | Act::CreateRule { table } => self.lock(table),
            Act::Reindex { target: Reindex::Table, name: Some(name), concurrently: false } => self.lock(name),
            Act::Lock { tables, .. } | Act::Truncate { tables, .. } => {
                tables.iter().for_each(|table| self.lock(table));
            }
            Act::AddEnumValue { name, value } if !self.is_new(name) => self.enum_values.push(value.clone()),
            _ => {}
        }
    }

    fn create_table(&mut self, create: &CreateTable) {
        // One that exists already is not made anew, but then nobody can say so from the file alone.
        self.created.push(create.table.clone());
        if let Some(key) = &create.partition_by {
            self.partition_keys.push((create.table.clone(), key.clone()));
        }
        let columns = create.columns.iter().filter(|column| column.primary || column.unique);
        for column in columns {
            self.indexes.push(key_index(&create.table, std::slice::from_ref(&column.name)));
        }
        for constraint in &create.constraints {
            if let ConstraintKind::Unique { columns, using_index: false } = &constraint.kind {
                self.indexes.push(key_index(&create.table, columns));
            }
        }
    }

    fn lock(&mut self, table: &TableName) {
        if !self.is_new(table) {
            self.locked.push(table.clone());
        }
    }

    fn alter(&mut self, alter: &AlterTable) {
        for action in &alter.actions {
            match &action.kind {
                ActionKind::AddConstraint(constraint) => self.constrain(&alter.table, constraint),
                ActionKind::ValidateConstraint { name } => {
                    let validated = |check: &&mut Check| {
                        same(&check.table, &alter.table) && check.name.as_deref() == Some(name)
                    };
                    self.checks.iter_mut().filter(validated).for_each(|check| check.valid = true);
                    continue;
                }
                ActionKind::RenameTable { to } => {
                    self.renamed.push((alter.table.clone(), to.clone()));
                    if self.is_new(&alter.table) {
                        self.created.push(TableName { name: to.clone(), ..alter.table.clone() });
                    }
                }
                ActionKind::Detach { concurrently: true, .. } => continue,
                _ => {}
            }
            self.lock(&alter.table);
        }
    }

    fn constrain(&mut self, table: &TableName, constraint: &Constraint) {
        let condition = match &constraint.kind {
            ConstraintKind::Check(condition) => condition.clone(),
            ConstraintKind::NotNull { column } => format!("{column} is not null"),
            _ => String::new(),
        };
        self.checks.push(Check {
            table: table.clone(),
            name: constraint.name.clone(),
            condition,
            valid: !constraint.not_valid,
        });
    }
}

/// The index that a primary key or a unique constraint makes.
fn key_index(table: &TableName, columns: &[String]) -> CreateIndex {
    CreateIndex {
        name: Some(TableName { schema: None, name: format!("the key of {table}") }),
        table: table.clone(),
        unique: true,
        concurrently: false,
        if_not_exists: false,
        only: false,
        method: "btree".to_owned(),
        keys: columns.to_vec(),
        include: Vec::new(),
        predicate: None,
        calls: Vec::new(),
    }
}
