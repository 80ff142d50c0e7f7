//! The statements that read the source and the target piece by piece, in the order of the key, and those that write.
use anyhow::Context as _;

use super::batch::Reject;
use super::binding::Binding;
use super::names::Names;
use super::sync::{all_of, key_text_of};
use crate::ddl;
use crate::pg::name::{Column, Ident, Literal, Relation};
use crate::pg::sql::{Fragment, Keyword, List, Sql};

/// What a pass over the source reads for one mapping. Where mappings have not come equally far, `after` is its last key.
#[derive(Debug)]
pub struct Piece<'a> {
    pub binding: &'a Binding,
    pub after: Option<Option<&'a str>>,
}

impl Piece<'_> {
    /// The COPY of at most so many source rows: the key as text, then for each mapping whether it wants the row, where
    /// they are not all alike, the document, and the fields beside it.
    ///
    /// # Errors
    /// When a key cannot be read, or there is no mapping.
    pub fn read(pieces: &[Self], after: Option<&str>, up_to: Option<&str>, rows: u32) -> anyhow::Result<Sql> {
        let binding = pieces.first().context("a pass is of one mapping at least")?.binding;
        let order: Vec<Column> = binding.key.iter().map(|key| Column("s", key.source.clone())).collect();
        let mut fields = Vec::new();
        for piece in pieces {
            if let Some(after) = piece.after {
                let range = key_range(piece.binding, false, after, None)?;
                fields.push(ddl!("normalize/wanted.sql", range = range));
            }
            fields.push(ddl!("normalize/document.sql", column = piece.binding.column));
            fields.extend(piece.binding.fields.iter().map(|field| {
                ddl!("normalize/field.sql", alias = Keyword("s"), column = field.column, cast = field.cast)
            }));
        }
        Ok(ddl!(
            "normalize/read_batch.sql",
            key_text = key_text_of(binding, "s", |key| &key.source),
            fields = Fragment::joined(fields, ""),
            source = binding.source,
            range = key_range(binding, false, after, up_to)?,
            order = List(&order),
            rows = rows,
        ))
    }
}

impl Binding {
    /// The COPY of at most so many source rows for this mapping alone.
    ///
    /// # Errors
    /// When a key cannot be read.
    pub fn read_source(&self, after: Option<&str>, up_to: Option<&str>, rows: u32) -> anyhow::Result<Sql> {
        Piece::read(&[Piece { binding: self, after: None }], after, up_to, rows)
    }

    /// Whether the source has keys in a range.
    ///
    /// # Errors
    /// When a key cannot be read.
    pub fn any_between(&self, after: Option<&str>, up_to: Option<&str>) -> anyhow::Result<Sql> {
        let range = key_range(self, false, after, up_to)?;
        Ok(ddl!("normalize/any_between.sql", source = self.source, range = range))
    }

    /// The COPY of the target's rows in a range of keys: the key as text, then the columns that are filled.
    ///
    /// # Errors
    /// When a key cannot be read.
    pub fn read_target(&self, after: Option<&str>, up_to: Option<&str>) -> anyhow::Result<Sql> {
        let columns = self.target_columns();
        if !self.keys_are_alike() {
            return Ok(ddl!(
                "normalize/read_target_of_source.sql",
                key_text = key_text_of(self, "s", |key| &key.source),
                columns = List(&columns),
                source = self.source,
                target = self.target,
                same = self.same_key(),
                range = key_range(self, false, after, up_to)?,
            ));
        }
        Ok(ddl!(
            "normalize/read_target.sql",
            key_text = key_text_of(self, "t", |key| &key.target),
            columns = List(&columns),
            target = self.target,
            range = key_range(self, true, after, up_to)?,
        ))
    }

    /// The COPY of the target's rows that [`Self::read_target`] gives for no piece. None: it gives all.
    pub fn read_strays(&self) -> Option<Sql> {
        (!self.keys_are_alike()).then(|| {
            ddl!(
                "normalize/read_strays.sql",
                key_text = key_text_of(self, "t", |key| &key.target),
                columns = List(&self.target_columns()),
                source = self.source,
                target = self.target,
                same = self.same_key(),
            )
        })
    }

    fn target_columns(&self) -> Vec<Column> {
        self.columns.iter().map(|c| Column("t", c.name.clone())).collect()
    }

    fn keys_are_alike(&self) -> bool {
        self.key.iter().all(|key| key.alike)
    }

    /// A row of the target is of a row of the source.
    fn same_key(&self) -> Fragment {
        all_of(self.key.iter().map(|key| {
            let source = Fragment::of(&Column("s", key.source.clone()));
            let source = Fragment(ddl!("normalize/cast.sql", value = source, cast = key.target_type));
            ddl!("normalize/equal.sql", left = Column("t", key.target.clone()), right = source)
        }))
    }

    /// The greatest key that the source has.
    pub fn last_key(&self) -> Sql {
        let descending: Vec<Fragment> = self
            .key
            .iter()
            .map(|key| Fragment(ddl!("normalize/descending.sql", column = Column("s", key.source.clone()))))
            .collect();
        ddl!(
            "normalize/last_key.sql",
            key_text = key_text_of(self, "s", |key| &key.source),
            source = self.source,
            descending = List(&descending)
        )
    }

    fn column_names(&self) -> Vec<Ident> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    /// The COPY into the target.
    pub fn load(&self) -> Sql {
        ddl!("normalize/load.sql", table = self.target, columns = List(&self.column_names()))
    }

    /// The temporary table, the COPY into it, and the way from it into the target.
    pub fn stage(&self) -> anyhow::Result<[Sql; 3]> {
        let columns = self.column_names();
        let columns = List(&columns);
        let stage = Relation::new("pg_temp", "pgtend_stage")?;
        Ok([
            ddl!("normalize/stage.sql", columns = columns, target = self.target),
            ddl!("normalize/load.sql", table = stage, columns = columns),
            ddl!(
                "normalize/merge_stage.sql",
                target = self.target,
                columns = columns,
                unique = List(&self.unique)
            ),
        ])
    }

    pub fn count_target(&self) -> Sql {
        ddl!("normalize/count.sql", target = self.target)
    }
}

impl Names {
    /// Notes how far the load goes.
    pub fn set_high_water(&self, key: &str) -> Sql {
        let key = Literal(key.to_owned());
        ddl!("normalize/high_water.sql", backfill = self.backfill, key = key, name = self.name)
    }

    /// Notes that the load is done; `restore` or, where nothing was taken off, `drain`.
    pub fn set_phase(&self, phase: &str) -> Sql {
        let phase = Literal(phase.to_owned());
        ddl!("normalize/set_phase.sql", backfill = self.backfill, phase = phase, name = self.name)
    }

    /// Notes how far the load has come, and what has become of it so far.
    ///
    /// # Errors
    /// When the counts cannot be written as JSON.
    pub fn checkpoint(
        &self,
        reached: &str,
        counts: &super::Counts,
        milliseconds: i64,
    ) -> anyhow::Result<Sql> {
        Ok(ddl!(
            "normalize/checkpoint.sql",
            backfill = self.backfill,
            reached = Literal(reached.to_owned()),
            counts = Literal(serde_json::to_string(counts)?),
            milliseconds = milliseconds,
            name = self.name
        ))
    }

    /// Notes rejects. None: no statement.
    ///
    /// # Errors
    /// When they cannot be written as JSON.
    pub fn note_rejects(&self, rejects: &[Reject]) -> anyhow::Result<Option<Sql>> {
        if rejects.is_empty() {
            return Ok(None);
        }
        // The element is JSON text already: spliced in, its numbers keep every digit.
        let row = |reject: &Reject| {
            let element =
                reject.element.as_ref().map_or_else(String::new, |json| format!("\"element\":{json},"));
            let rest = serde_json::json!({
                "source_key": reject.source_key, "path": reject.path,
                "reason": reject.reason, "detail": reject.detail,
            });
            let rest = rest.to_string();
            format!("{{{element}{}", &rest[1..])
        };
        let rows: Vec<String> = rejects.iter().map(row).collect();
        Ok(Some(ddl!(
            "normalize/reject.sql",
            reject = self.reject,
            name = self.name,
            rejects = Literal(format!("[{}]", rows.join(",")))
        )))
    }

    /// Completes the rejects of rows that the target has refused.
    pub fn refused_elements(&self, binding: &Binding) -> Sql {
        let same = binding.key.iter().zip(key_values_of_text(binding)).map(|(key, value)| {
            ddl!("normalize/equal.sql", left = Column("s", key.source.clone()), right = value)
        });
        ddl!(
            "normalize/refused_elements.sql",
            reject = self.reject,
            column = binding.column,
            source = binding.source,
            name = self.name,
            same_source = all_of(same)
        )
    }

    /// The keys and paths of elements whose rows the target has refused.
    pub fn refused_rows(&self) -> Sql {
        ddl!("normalize/refused_rows.sql", reject = self.reject, name = self.name)
    }

    pub fn queued_keys(&self, binding: &Binding) -> Sql {
        let key_text = key_text_of(binding, "k", |key| &key.source);
        ddl!("normalize/queued_keys.sql", key_text = key_text, queue = self.queue)
    }

    pub fn queue_length(&self) -> Sql {
        ddl!("normalize/queue_length.sql", queue = self.queue)
    }

    /// How many rejects the reader's own reasons have.
    pub fn recorded_rejects(&self) -> Sql {
        ddl!("normalize/expected_rejects.sql", reject = self.reject, name = self.name)
    }

    /// Puts the keys of source rows with rejects into the queue.
    pub fn queue_rejects(&self, binding: &Binding, reason: Option<&str>) -> Sql {
        let columns: Vec<Ident> = binding.key.iter().map(|key| key.source.clone()).collect();
        let values = key_values_of_text(binding);
        ddl!(
            "normalize/queue_rejects.sql",
            queue = self.queue,
            columns = List(&columns),
            values = List(&values),
            reject = self.reject,
            wanted = wanted_rejects(Some(&self.name), reason, true)
        )
    }
}

/// A value for each column of the key, from the key as one text in the books.
fn key_values_of_text(binding: &Binding) -> Vec<Fragment> {
    match binding.key.as_slice() {
        [key] => vec![Fragment(ddl!("normalize/key_of_text.sql", cast = key.source_type))],
        keys => (0_u32..)
            .zip(keys)
            .map(|(place, key)| {
                Fragment(ddl!("normalize/key_of_texts.sql", place = place, cast = key.source_type))
            })
            .collect(),
    }
}

/// Rejects for a file: lines of JSON, or of CSV with a header.
pub fn export_rejects(
    books: &Ident,
    name: Option<&str>,
    reason: Option<&str>,
    all: bool,
    csv: bool,
) -> anyhow::Result<Sql> {
    let reject = Relation { schema: books.clone(), name: Ident::new("reject")? };
    let name = name.map(|name| Literal(name.to_owned()));
    let wanted = wanted_rejects(name.as_ref(), reason, all);
    Ok(if csv {
        ddl!("normalize/export_csv.sql", reject = reject, wanted = wanted)
    } else {
        ddl!("normalize/export_json.sql", reject = reject, wanted = wanted)
    })
}

fn wanted_rejects(name: Option<&Literal>, reason: Option<&str>, all: bool) -> Fragment {
    let name = name.map(|name| ddl!("normalize/of_mapping.sql", name = *name));
    let reason = reason.map(|reason| ddl!("normalize/of_reason.sql", reason = Literal(reason.to_owned())));
    let open = (!all).then(|| ddl!("normalize/not_acknowledged.sql"));
    all_of(name.into_iter().chain(reason).chain(open))
}

/// Conditions on the key, for a piece of the source or the target.
pub fn key_range(
    binding: &Binding,
    of_target: bool,
    after: Option<&str>,
    up_to: Option<&str>,
) -> anyhow::Result<Fragment> {
    let columns: Vec<Column> = binding
        .key
        .iter()
        .map(|key| if of_target { Column("t", key.target.clone()) } else { Column("s", key.source.clone()) })
        .collect();
    let columns = List(&columns);
    let mut conditions = Vec::new();
    if let Some(after) = after {
        let values = key_values(binding, of_target, after)?;
        let values = List(&values);
        conditions.push(ddl!("normalize/after.sql", columns = columns, values = values));
    }
    if let Some(up_to) = up_to {
        let values = key_values(binding, of_target, up_to)?;
        let values = List(&values);
        conditions.push(ddl!("normalize/up_to.sql", columns = columns, values = values));
    }
    Ok(all_of(conditions))
}

/// From the key as one text to a value for each of its columns.
fn key_values(binding: &Binding, of_target: bool, key: &str) -> anyhow::Result<Vec<Fragment>> {
    let texts = if binding.key.len() == 1 { vec![key.to_owned()] } else { serde_json::from_str(key)? };
    Ok(texts
        .into_iter()
        .zip(&binding.key)
        .map(|(text, key)| {
            let cast = if of_target { &key.target_type } else { &key.source_type };
            Fragment(ddl!("normalize/value.sql", text = Literal(text), cast = *cast))
        })
        .collect())
}
