//! What pgtend calls its own relations and functions beside a partitioned table whose partitions are replaced.
use crate::pg::name::{Ident, Relation};

/// All but the old partitions are there only until the work is done.
#[derive(Clone, Debug)]
pub struct Names {
    /// Keys that have changed.
    pub delta: Relation,
    /// Those of them that one transaction deals with.
    pub batch: Relation,
    /// The ordinary table to be.
    pub whole: Relation,
    pub row_function: Relation,
    pub truncate_function: Relation,
}

pub const ROW_TRIGGER: &str = "pgtend_replace";
pub const TRUNCATE_TRIGGER: &str = "pgtend_replace_truncate";

impl Names {
    /// # Errors
    /// Never in practice: the names are short.
    pub fn of(table: &Relation, oid: u32) -> anyhow::Result<Self> {
        let own = |what: &str| {
            let name = Ident::new(format!("pgtend_{oid}_{what}"))?;
            anyhow::Ok(Relation { schema: table.schema.clone(), name })
        };
        Ok(Self {
            delta: own("changes")?,
            batch: own("batch")?,
            whole: own("whole")?,
            row_function: own("note")?,
            truncate_function: own("truncated")?,
        })
    }

    /// What a replaced partition, or an index of it, is called until it goes.
    ///
    /// # Errors
    /// Never in practice.
    pub fn old(oid: u32) -> anyhow::Result<Ident> {
        Ident::new(format!("pgtend_{oid}_old"))
    }

    /// As [`Names::old`], of a table of this name.
    ///
    /// # Errors
    /// Never in practice.
    pub fn old_table(table: &Relation, oid: u32) -> anyhow::Result<Relation> {
        Ok(Relation { schema: table.schema.clone(), name: Self::old(oid)? })
    }
}
