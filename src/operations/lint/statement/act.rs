//! What a statement does, as far as the rules ask.
use std::ops::Range;

use super::words::Word;
use crate::pg::catalog::TableName;

#[derive(Clone, Debug)]
pub enum Act {
    CreateIndex(CreateIndex),
    DropIndex {
        names: Vec<TableName>,
        concurrently: bool,
        cascade: bool,
    },
    Reindex {
        target: Reindex,
        name: Option<TableName>,
        concurrently: bool,
    },
    CreateTable(CreateTable),
    CreateTableAs {
        table: TableName,
        temporary: bool,
        query: Vec<Word>,
    },
    AlterTable(AlterTable),
    /// Any other object than an index: `kind` as in `table`, `materialized view`, `schema`.
    Drop {
        kind: &'static str,
        names: Vec<TableName>,
        cascade: bool,
    },
    Insert {
        into: TableName,
        source: Vec<Word>,
    },
    Update {
        table: TableName,
        condition: Option<Vec<Word>>,
    },
    Delete {
        table: TableName,
        condition: Option<Vec<Word>>,
    },
    Merge {
        into: TableName,
        source: Option<TableName>,
    },
    Truncate {
        tables: Vec<TableName>,
        cascade: bool,
    },
    CreateMaterializedView {
        name: TableName,
        if_not_exists: bool,
    },
    Refresh {
        view: TableName,
        concurrently: bool,
    },
    CreateTrigger {
        table: TableName,
    },
    CreateRule {
        table: TableName,
    },
    CreatePolicy {
        table: TableName,
    },
    Vacuum {
        full: bool,
        tables: Vec<TableName>,
    },
    Cluster {
        table: Option<TableName>,
    },
    Lock {
        tables: Vec<TableName>,
        mode: String,
    },
    /// The literal that holds the code.
    Do {
        body: Option<Word>,
    },
    CreateFunction(CreateFunction),
    /// `begin`, `commit`, `rollback` and their likes.
    Transaction,
    Set {
        local: bool,
        name: String,
        value: Vec<Word>,
    },
    AddEnumValue {
        name: TableName,
        value: String,
    },
    CreateType {
        name: TableName,
    },
    AddDomainCheck {
        name: TableName,
        not_valid: bool,
    },
    GrantToPublic {
        writes: bool,
    },
    Select {
        words: Vec<Word>,
    },
    /// A statement that the server refuses inside a transaction, and that no other variant stands for.
    Outside,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reindex {
    Index,
    Table,
    /// A schema or a database.
    Many,
}

#[derive(Clone, Debug)]
pub struct CreateIndex {
    pub name: Option<TableName>,
    pub table: TableName,
    pub unique: bool,
    pub concurrently: bool,
    pub if_not_exists: bool,
    pub only: bool,
    pub method: String,
    /// Each key as written, in one spelling: `created_at desc`.
    pub keys: Vec<String>,
    pub include: Vec<String>,
    pub predicate: Option<String>,
    /// Functions that keys and predicate call.
    pub calls: Vec<TableName>,
}

#[derive(Clone, Debug)]
pub struct CreateTable {
    pub table: TableName,
    pub temporary: bool,
    pub if_not_exists: bool,
    pub partition_of: Option<TableName>,
    /// The columns or expressions of `partition by`.
    pub partition_by: Option<Vec<String>>,
    pub columns: Vec<Column>,
    pub constraints: Vec<Constraint>,
}

#[derive(Clone, Debug, Default)]
pub struct Column {
    pub name: String,
    /// The first words of the type, in one spelling: `timestamp`, `character varying ( 20 )`.
    pub kind: String,
    pub default: Option<Vec<Word>>,
    pub not_null: bool,
    pub identity: bool,
    /// `generated always as (...) stored`
    pub stored: bool,
    pub generated: bool,
    pub primary: bool,
    pub unique: bool,
    pub check: bool,
    pub references: Option<TableName>,
    pub span: Range<usize>,
}

#[derive(Clone, Debug)]
pub struct Constraint {
    pub name: Option<String>,
    pub kind: ConstraintKind,
    pub not_valid: bool,
    pub span: Range<usize>,
}

#[derive(Clone, Debug)]
pub enum ConstraintKind {
    /// The condition, in one spelling.
    Check(String),
    ForeignKey {
        references: TableName,
    },
    /// A unique constraint or a primary key.
    Unique {
        columns: Vec<String>,
        using_index: bool,
    },
    Exclude,
    NotNull {
        column: String,
    },
    Other,
}

#[derive(Clone, Debug)]
pub struct AlterTable {
    pub table: TableName,
    pub actions: Vec<Action>,
}

#[derive(Clone, Debug)]
pub struct Action {
    pub kind: ActionKind,
    pub span: Range<usize>,
}

#[derive(Clone, Debug)]
pub enum ActionKind {
    AddColumn(Box<Column>),
    DropColumn { cascade: bool },
    AddConstraint(Constraint),
    ValidateConstraint { name: String },
    SetNotNull { column: String },
    SetType { column: String, kind: String, using: bool },
    RenameTable { to: String },
    RenameColumn,
    SetSchema,
    SetLogged,
    SetTablespace,
    SetAccessMethod,
    Attach { partition: TableName, default: bool },
    Detach { partition: TableName, concurrently: bool, finalize: bool },
    EnableRowSecurity,
    DisableTrigger,
    Other,
}

#[derive(Clone, Debug)]
pub struct CreateFunction {
    pub name: TableName,
    pub definer: bool,
    pub search_path: bool,
}
