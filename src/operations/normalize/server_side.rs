//! The statement that moves a piece of the source into the target on the server alone, by the functions that keep rows in
//! step, and what its answer says. It makes of a document what the reader in the program makes of it.
use std::collections::BTreeMap;

use anyhow::Context as _;

use super::binding::Binding;
use super::counts::Counts;
use super::names::Names;
use super::path::Path;
use super::piece::key_range;
use super::state::Strategy;
use super::sync::{key_text_of, value_names, values_of};
use crate::ddl;
use crate::pg::name::{Column, Ident};
use crate::pg::sql::{Fragment, List, Sql};

/// A piece of the source that is in the target.
#[derive(Debug)]
pub struct Moved {
    /// The key of the last document.
    pub reached: String,
    pub counts: Counts,
    /// What there was to read, as the server keeps it.
    pub bytes: u64,
}

impl Binding {
    /// Moves at most so many source rows, and no more than fit into so many bytes, or else one.
    ///
    /// # Errors
    /// When a key cannot be read.
    pub fn load_there(
        &self,
        names: &Names,
        strategy: Strategy,
        range: (Option<&str>, &str),
        rows: u32,
        bytes: u64,
    ) -> anyhow::Result<Sql> {
        let order = self.order_of_key();
        let columns: Vec<Ident> = self.columns.iter().map(|column| column.name.clone()).collect();
        let on_conflict = match strategy {
            Strategy::Bulk => Fragment::none(),
            Strategy::Merge => Fragment(ddl!("normalize/or_nothing.sql", unique = List(&self.unique))),
        };
        Ok(ddl!(
            "normalize/load_there.sql",
            keys = List(&order),
            queue = names.queue,
            column = self.column,
            key_text = key_text_of(self, "s", |key| &key.source),
            order = List(&order),
            source = self.source,
            range = key_range(self, false, range.0, Some(range.1))?,
            rows = rows,
            bytes = i64::try_from(bytes).unwrap_or(i64::MAX),
            read = names.read,
            target = self.target,
            columns = List(&columns),
            values = List(&values_of("g", &value_names(self)?)),
            on_conflict = on_conflict,
            reject = names.reject,
            name = names.name,
        ))
    }

    /// The first key in a range.
    ///
    /// # Errors
    /// When a key cannot be read.
    pub fn next_key(&self, after: Option<&str>, up_to: &str) -> anyhow::Result<Sql> {
        Ok(ddl!(
            "normalize/next_key.sql",
            key_text = key_text_of(self, "s", |key| &key.source),
            source = self.source,
            range = key_range(self, false, after, Some(up_to))?,
            order = List(&self.order_of_key()),
        ))
    }

    fn order_of_key(&self) -> Vec<Column> {
        self.key.iter().map(|key| Column("s", key.source.clone())).collect()
    }

    /// What the answer of [`Self::load_there`] says. None: there was nothing to read.
    ///
    /// # Errors
    /// When it is not as the statement has it.
    pub fn moved(&self, answer: &[Option<String>]) -> anyhow::Result<Option<Moved>> {
        let [reached, counts, bytes] = answer else { anyhow::bail!("the server gave another answer") };
        let Some(reached) = reached.clone() else { return Ok(None) };
        let mut counts: Counts =
            serde_json::from_str(counts.as_deref().unwrap_or("{}")).context("read what was counted")?;
        counts.shapes = self.named_shapes(std::mem::take(&mut counts.shapes));
        let bytes = bytes.as_deref().unwrap_or("0").parse().context("read what was counted")?;
        Ok(Some(Moved { reached, counts, bytes }))
    }

    /// Documents of a type that has a shape go under the shape's name.
    fn named_shapes(&self, kinds: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
        let of = |array: bool| {
            let paths = self.mapping.shapes.iter().map(|shape| &shape.elements);
            paths.clone().find(|path| path.is_of_array() == array).map(Path::to_string)
        };
        let name = |kind: String| match kind.as_str() {
            "array" => of(true).unwrap_or(kind),
            "object" => of(false).unwrap_or(kind),
            _ => kind,
        };
        kinds.into_iter().map(|(kind, many)| (name(kind), many)).collect()
    }
}
