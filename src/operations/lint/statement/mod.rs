//! What a statement does, read from its words: enough of PostgreSQL's grammar for the rules, and no more. A form that
//! is not known is [`Act::Other`], never an error: the server decides what is SQL.
mod act;
mod alter;
mod column;
mod create;
mod names;
mod read;
mod rows;
pub mod words;

pub use act::{
    Act, Action, ActionKind, AlterTable, Column, Constraint, ConstraintKind, CreateIndex, CreateTable,
    Reindex,
};
pub use names::{calls_in, names_in};
pub use read::read;
pub use rows::{is_query, sources, within};
