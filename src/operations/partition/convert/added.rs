//! What a table that refers to the converted one is given, so that its foreign key can refer to both columns of the primary
//! key: a column, the trigger that fills it, the trigger's function. Names them, and knows those of an earlier run.
use anyhow::Context as _;

use crate::operations::partition::convert::evidence::Evidence;
use crate::operations::partition::convert::names::{COLUMN_TRIGGER, Mark};
use crate::pg::catalog::{ForeignKeyIn, OnDelete};
use crate::pg::name::{IDENT_MAX_BYTES, Ident, Relation};
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

/// A column that is there, known by the mark of its trigger.
#[derive(Clone, Debug)]
pub struct Added {
    pub table_oid: u32,
    pub table: Relation,
    pub may_lock: bool,
    pub column: Ident,
    pub trigger: Ident,
    pub function: Relation,
    /// The oid of the foreign key that it was made for, which is another one after the cut-over.
    pub key: u32,
    /// What that one did.
    pub on_update: OnDelete,
    pub match_full: bool,
}

/// Those of all tables that refer to a table. `oid`: the one that it has as long as it is an ordinary table.
pub(super) async fn added(session: &Session, oid: u32) -> anyhow::Result<Vec<Added>> {
    let beginning = format!("{} ", Mark::columns_of(oid));
    let rows = session
        .query(&query!("partition/convert/columns_added.sql"), &[&beginning])
        .await
        .map_err(ServerError::explained)
        .context("look for columns that an earlier run has added")?;
    let mut all = Vec::new();
    for row in &rows {
        let text = |column| row.try_get::<_, String>(column);
        let mark = Mark::of(Some(&text("comment")?));
        let Some(Mark::Column { key, on_update, full, .. }) = mark else { continue };
        all.push(Added {
            table_oid: row.try_get("oid")?,
            table: Relation::new(text("schema")?, text("name")?)?,
            may_lock: row.try_get("may_lock")?,
            column: Ident::new(text("column")?)?,
            trigger: Ident::new(text("trigger")?)?,
            function: Relation::new(text("function_schema")?, text("function")?)?,
            key,
            on_update,
            match_full: full,
        });
    }
    Ok(all)
}

impl Added {
    /// The foreign key by which the table refers to both columns stands on this one.
    pub fn serves(&self, key: &ForeignKeyIn) -> bool {
        key.table_oid == self.table_oid
            && key.columns.len() > 1
            && key.columns.last().is_some_and(|last| last == self.column.raw())
    }

    /// The foreign key as it was before: of it as it is now.
    pub fn before(&self, key: &ForeignKeyIn) -> ForeignKeyIn {
        let mut before = key.clone();
        before.columns.pop();
        before.referenced_columns.pop();
        ForeignKeyIn { on_update: self.on_update, match_full: self.match_full, ..before }
    }
}

/// What a foreign key's table is given, or has been given.
#[derive(Clone, Debug)]
pub(super) struct Addition<'a> {
    pub key: &'a ForeignKeyIn,
    pub table: Relation,
    pub column: Ident,
    pub trigger: Ident,
    pub function: Relation,
    pub standing: bool,
}

impl<'a> Addition<'a> {
    /// `by`: the column that joins the primary key.
    pub fn of(evidence: &Evidence, key: &'a ForeignKeyIn, by: &Ident) -> anyhow::Result<Self> {
        let table = key.table.relation()?;
        if let Some(one) = evidence.added.iter().find(|one| one.key == key.oid) {
            let (column, trigger, function) = (one.column.clone(), one.trigger.clone(), one.function.clone());
            return Ok(Self { key, table, column, trigger, function, standing: true });
        }
        let primary =
            evidence.whole.objects.primary_key().and_then(|primary| primary.columns.as_ref()?.last());
        let pairs = key.columns.iter().zip(&key.referenced_columns);
        let mut referring = pairs.filter(|(_, referenced)| Some(*referenced) == primary);
        let (referring, _) =
            referring.next().context("a foreign key that does not refer to the primary key")?;
        let column = column_name(referring, by.raw())?;
        let schema = evidence.whole.relation.schema.clone();
        let table_name = table.name.raw();
        let name = if table.schema == schema {
            cut(format!("{table_name}_{}", column.raw()))?
        } else {
            cut(format!("{}_{table_name}_{}", table.schema.raw(), column.raw()))?
        };
        let trigger = cut(format!("{COLUMN_TRIGGER}{}", column.raw()))?;
        Ok(Self { key, table, column, trigger, function: Relation { schema, name }, standing: false })
    }

    /// The foreign key to both columns.
    pub fn composite(&self, by: &Ident) -> ForeignKeyIn {
        let mut composite = self.key.clone();
        composite.columns.push(self.column.raw().to_owned());
        composite.referenced_columns.push(by.raw().to_owned());
        // Nothing but all or nothing may be null, and a row that changes its key takes what refers to it along.
        ForeignKeyIn { match_full: true, on_update: OnDelete::Cascade, ..composite }
    }

    pub fn mark(&self, table: u32) -> Mark {
        let (on_update, full) = (self.key.on_update, self.key.match_full);
        Mark::Column { table, key: self.key.oid, on_update, full }
    }
}

/// `message_id` that refers to a row with a `created_at` has a `message_created_at`; `messageId` a `messageCreatedAt`.
fn column_name(name: &str, by: &str) -> anyhow::Result<Ident> {
    let stem = ["_id", "_uuid", "_key"].iter().find_map(|ending| name.strip_suffix(ending));
    if let Some(stem) = stem.filter(|stem| !stem.is_empty()) {
        return cut(format!("{stem}_{by}"));
    }
    let camel = ["Id", "ID", "Uuid"].iter().find_map(|ending| name.strip_suffix(ending));
    if let Some(stem) = camel.filter(|stem| !stem.is_empty()) {
        let words = by.split('_').filter(|word| !word.is_empty()).map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<String>()
        });
        return cut(format!("{stem}{}", words.collect::<String>()));
    }
    cut(format!("{name}_{by}"))
}

fn cut(mut name: String) -> anyhow::Result<Ident> {
    while name.len() > IDENT_MAX_BYTES {
        name.pop();
    }
    Ident::new(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_named_after_what_it_goes_with() {
        let cases = [
            ("message_id", "created_at", "message_created_at"),
            ("message", "at", "message_at"),
            ("messageId", "createdAt", "messageCreatedAt"),
            ("messageId", "created_at", "messageCreatedAt"),
            ("message_id", "createdAt", "message_createdAt"),
            ("_id", "at", "_id_at"),
            ("id", "at", "id_at"),
            ("paid", "at", "paid_at"),
        ];
        for (referring, by, expected) in cases {
            assert_eq!(column_name(referring, by).unwrap().raw(), expected);
        }
        let long = "x".repeat(63);
        assert_eq!(column_name(&long, &long).unwrap().raw().len(), 63);
    }
}
