//! What a mapping's queue, functions and triggers are called, in the schema of pgtend's books.
use crate::pg::name::{Ident, Literal, Relation};

#[derive(Clone, Debug)]
pub struct Names {
    pub name: Literal,
    pub books: Ident,
    pub backfill: Relation,
    pub reject: Relation,
    pub queue: Relation,
    pub read: Relation,
    pub sync: Relation,
    pub drain: Relation,
    pub note: Relation,
    pub direct: Relation,
    pub truncate: Relation,
    /// Of the triggers that note keys; on insert, update, delete and truncate.
    pub note_triggers: [Ident; 4],
    /// Of those that bring rows in step at once; on insert, update and delete.
    pub direct_triggers: [Ident; 3],
}

impl Names {
    /// # Errors
    /// When a name would be too long.
    pub fn new(books: &Ident, mapping: &str) -> anyhow::Result<Self> {
        let relation = |name: String| {
            Ok::<_, anyhow::Error>(Relation { schema: books.clone(), name: Ident::new(name)? })
        };
        let trigger = |kind: &str, on: &str| Ident::new(format!("pgtend_{kind}_{mapping}_{on}"));
        Ok(Self {
            name: Literal(mapping.to_owned()),
            books: books.clone(),
            backfill: relation("backfill".to_owned())?,
            reject: relation("reject".to_owned())?,
            queue: relation(format!("queue_{mapping}"))?,
            read: relation(format!("read_{mapping}"))?,
            sync: relation(format!("sync_{mapping}"))?,
            drain: relation(format!("drain_{mapping}"))?,
            note: relation(format!("note_{mapping}"))?,
            direct: relation(format!("direct_{mapping}"))?,
            truncate: relation(format!("truncate_{mapping}"))?,
            note_triggers: [
                trigger("note", "insert")?,
                trigger("note", "update")?,
                trigger("note", "delete")?,
                trigger("note", "truncate")?,
            ],
            direct_triggers: [
                trigger("direct", "insert")?,
                trigger("direct", "update")?,
                trigger("direct", "delete")?,
            ],
        })
    }

    /// What is made for a mapping, those that call others first.
    pub const fn functions(&self) -> [&Relation; 6] {
        [&self.direct, &self.note, &self.truncate, &self.drain, &self.sync, &self.read]
    }
}
