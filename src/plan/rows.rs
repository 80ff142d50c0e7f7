//! Rows that go from one table into another in batches, each of them one statement that proves itself. Data only.
use crate::ddl;
use crate::pg::index::Expression;
use crate::pg::name::{Ident, Relation};
use crate::pg::sql::{Fragment, List, Sql};

/// Rows of a table, and rows that refer to them, into other tables.
#[derive(Clone, Debug)]
pub struct Move {
    /// The tables that hold the rows: the table itself, or its partitions.
    pub leaves: Vec<Relation>,
    pub target: Relation,
    /// What the condition calls the table.
    pub alias: Ident,
    pub condition: Expression,
    pub columns: Vec<Ident>,
    /// What leaves with them: more of the statement, what makes it fail, and its counts.
    pub children: Fragment,
    pub reasons: Fragment,
    pub counts: Fragment,
    /// Tables whose rows go along, in the order of their counts.
    pub along: Vec<Relation>,
    /// Where the condition looks for names.
    pub path: Option<Sql>,
    /// Gives the number of rows that meet the condition.
    pub left: Sql,
}

impl Move {
    /// The statement for the blocks `from..to` of a leaf.
    pub fn batch(&self, leaf: &Relation, from: u32, to: u32) -> Sql {
        ddl!(
            "partition/rows_batch.sql",
            leaf = *leaf,
            alias = self.alias,
            from = from,
            to = to,
            condition = self.condition,
            returned = List(&self.columns),
            columns = List(&self.columns),
            target = self.target,
            children = self.children,
            reasons = self.reasons,
            counts = self.counts,
        )
    }

    /// What a batch is like: the first of the first table.
    pub fn example(&self) -> Vec<Sql> {
        let batch = self.leaves.first().map(|leaf| self.batch(leaf, 0, 32));
        self.path.iter().cloned().chain(batch).collect()
    }
}
