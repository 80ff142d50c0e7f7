//! What a rule may look at: a statement, what came before it in the file, what comes behind it, and the database.
use super::catalog::{Catalog, Table};
use super::file::{File, Item};
use super::history::History;
use super::statement::words::Word;
use super::statement::{Act, Action, AlterTable};
use crate::pg::catalog::TableName;

#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    pub file: &'a File,
    pub item: &'a Item,
    /// What the statements before this one have done.
    pub history: &'a History,
    pub catalog: Option<&'a Catalog>,
}

impl<'a> Scene<'a> {
    pub const fn act(&self) -> &'a Act {
        &self.item.act
    }

    pub fn words(&self) -> &'a [Word] {
        &self.item.words
    }

    /// The table was created by a statement before this one.
    pub fn is_new(&self, table: &TableName) -> bool {
        self.history.is_new(table)
    }

    /// What the database says of a table, or of the table that an index belongs to.
    pub fn table(&self, name: &TableName) -> Option<&'a Table> {
        self.catalog?.table(name)
    }

    /// The actions of ALTER TABLE; none of another statement.
    pub fn actions(&self) -> impl Iterator<Item = (&'a TableName, &'a Action)> {
        let altered: Option<&AlterTable> = match self.act() {
            Act::AlterTable(alter) => Some(alter),
            _ => None,
        };
        altered.into_iter().flat_map(|alter| alter.actions.iter().map(|action| (&alter.table, action)))
    }
}
