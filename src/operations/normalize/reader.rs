//! Reads one document of the source into rows of the target, rejects and counts. It knows no server: fields come as
//! COPY's binary format has them, rows leave in it.
use std::ops::Range;

use anyhow::{Context as _, ensure};

use super::batch::{Batch, Reject};
use super::json::{Json, Kind};
use super::mapping::{ColumnRule, OnError};
use super::path::{Path, PathStep};
use super::value::{ColumnType, Read, Reason};
use crate::pg::copy::put_field;

/// A mapping as the reader needs it: places instead of names.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub types: Vec<ColumnType>,
    /// The unique columns that a document does not decide, as places among the columns.
    pub unique: Vec<usize>,
    /// The unique columns whose texts may be too long for an index.
    pub long: Vec<usize>,
    pub keep: CompiledKeep,
    pub shapes: Vec<CompiledShape>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompiledKeep {
    First,
    Last,
    Least(usize),
    Most(usize),
}

#[derive(Clone, Debug)]
pub struct CompiledShape {
    pub path: Path,
    /// One for each column of the target.
    pub columns: Vec<CompiledColumn>,
    /// An element without names in it is no element.
    pub objects: bool,
}

#[derive(Clone, Debug)]
pub struct CompiledColumn {
    pub place: Place,
    pub default: Option<usize>,
    pub rule: ColumnRule,
    pub unique: bool,
}

/// Where a value comes from; fields of the source by their place among those that are read beside the document.
#[derive(Clone, Debug)]
pub enum Place {
    Field(usize),
    Element(Vec<String>),
    Parent(Vec<String>),
    Key,
}

/// In a path, with its quotes; the same number stands in `sql/normalize/walk_entries.sql`.
const LONGEST_NAME: usize = 200;
/// No index takes texts that are longer, all columns together.
pub const LONGEST_KEY: usize = 2500;
/// The server may not take an element back that is nested deeper: its stack has a limit.
const DEEPEST: usize = 500;
const TOO_DEEP: &str = "nested too deeply to be kept here: see the source";

#[derive(Debug)]
pub struct Reader {
    mapping: Compiled,
    names: Vec<String>,
    pub batch: Batch,
    staged: Vec<Staged>,
    encoded: Vec<u8>,
    comparable: Vec<u8>,
    paths: Vec<u8>,
    /// Where the fields of the element that is being read stand among the encoded.
    places: Vec<Range<usize>>,
}

/// A row of the document that is being read.
#[derive(Clone, Debug)]
struct Staged {
    row: Range<usize>,
    key: Range<usize>,
    rank: Range<usize>,
    path: Range<usize>,
    ordinal: usize,
}

/// The way to a value in the document.
#[derive(Clone, Copy, Debug)]
enum Crumb<'a> {
    Index(usize),
    Name(Json<'a>),
    /// The place of an entry whose name is too long for the index of the rejects.
    Entry(usize),
    Field(&'a str),
}

/// One document with what stands beside it.
struct Document<'a> {
    key: &'a str,
    fields: &'a [Option<&'a [u8]>],
}

/// A walk through one document: the way so far, and the entries of the element that was cut last.
#[derive(Default)]
struct Walk<'a> {
    crumbs: Vec<Crumb<'a>>,
    entries: Vec<(Json<'a>, Json<'a>)>,
}

#[derive(Clone, Copy)]
struct Spot<'a> {
    value: Json<'a>,
    element: Json<'a>,
    parent: Json<'a>,
    key: Option<Json<'a>>,
}

enum Fate {
    Skip,
    Reject(Reason),
}

impl Reader {
    pub fn new(mapping: Compiled) -> Self {
        let names = mapping.shapes.iter().map(|shape| shape.path.to_string()).collect();
        let batch = Batch::default();
        let (staged, encoded, comparable, paths, places) = Default::default();
        Self { mapping, names, batch, staged, encoded, comparable, paths, places }
    }

    /// Reads a row of the source: its key as text, the document, and the fields beside it.
    ///
    /// # Errors
    /// When the fields are not those that were asked for.
    pub fn read(&mut self, key: Option<&[u8]>, fields: &[Option<&[u8]>]) -> anyhow::Result<()> {
        let (Some(key), [document, fields @ ..]) = (key, fields) else {
            anyhow::bail!("a row came without a key or without a document")
        };
        let key = std::str::from_utf8(key).context("read the key of a source row")?;
        key.clone_into(&mut self.batch.reached);
        self.batch.counts.source_rows += 1;
        let Some(document) = document else {
            self.batch.counts.null += 1;
            return Ok(());
        };
        ensure!(document.first() == Some(&1), "the server sent jsonb in a form that is not known");
        self.batch.counts.bytes += document.len() as u64;
        self.document(&Document { key, fields }, Json::new(&document[1..]));
        Ok(())
    }

    pub fn take(&mut self) -> Batch {
        let reached = self.batch.reached.clone();
        std::mem::replace(&mut self.batch, Batch { reached, ..Batch::default() })
    }

    fn document(&mut self, document: &Document<'_>, json: Json<'_>) {
        let kind = json.kind();
        if kind == Kind::Null {
            self.batch.counts.json_null += 1;
            self.batch.counts.shape("null");
            return;
        }
        let fits = |shape: &CompiledShape| match kind {
            Kind::Array => shape.path.is_of_array(),
            Kind::Object => !shape.path.is_of_array(),
            _ => false,
        };
        let Some(shape) = self.mapping.shapes.iter().position(fits) else {
            let empty = json.elements().next().is_none() && json.entries().next().is_none();
            if empty && matches!(kind, Kind::Array | Kind::Object) {
                self.batch.counts.empty += 1;
                return;
            }
            self.batch.counts.wrong_type += 1;
            self.batch.counts.elements += 1;
            self.batch.counts.shape(kind_word(kind));
            self.reject(document, &[], json, Reason("column_wrong_type"));
            return;
        };
        let before = self.batch.counts.elements;
        let mapped = std::mem::take(&mut self.mapping.shapes);
        let spot = Spot { value: json, element: json, parent: json, key: None };
        self.walk(document, &mapped[shape], 0, spot, &mut Walk::default());
        self.mapping.shapes = mapped;
        if self.batch.counts.elements == before {
            self.batch.counts.empty += 1;
        } else {
            self.batch.counts.with_elements += 1;
            let name = std::mem::take(&mut self.names[shape]);
            self.batch.counts.shape(&name);
            self.names[shape] = name;
        }
        self.settle();
    }

    fn walk<'a>(
        &mut self,
        document: &Document<'_>,
        shape: &'a CompiledShape,
        depth: usize,
        spot: Spot<'a>,
        walk: &mut Walk<'a>,
    ) {
        let value = spot.value;
        match (shape.path.0.get(depth), value.kind()) {
            (None, _) => self.element(document, shape, spot, walk),
            (Some(PathStep::Elements), Kind::Array) => {
                let (mut elements, mut index) = (value.elements(), 0);
                while let Some(element) = elements.next_with(&mut walk.entries) {
                    walk.crumbs.push(Crumb::Index(index));
                    index += 1;
                    let spot = Spot { value: element, element, parent: spot.element, ..spot };
                    self.walk(document, shape, depth + 1, spot, walk);
                    walk.crumbs.pop();
                }
            }
            (Some(PathStep::Entries), Kind::Object) => {
                for (place, (name, element)) in value.entries().enumerate() {
                    let long = name.bytes().len() > LONGEST_NAME;
                    walk.crumbs.push(if long { Crumb::Entry(place) } else { Crumb::Name(name) });
                    walk.entries.clear();
                    walk.entries.extend(element.entries());
                    let spot = Spot { value: element, element, parent: spot.element, key: Some(name) };
                    self.walk(document, shape, depth + 1, spot, walk);
                    walk.crumbs.pop();
                }
            }
            (Some(PathStep::Field(name)), Kind::Object) => {
                walk.crumbs.push(Crumb::Field(name));
                match value.get(name) {
                    Some(value) => {
                        self.walk(document, shape, depth + 1, Spot { value, ..spot }, walk);
                    }
                    None => self.lost(document, spot.element, &walk.crumbs, Reason("field_missing")),
                }
                walk.crumbs.pop();
            }
            (Some(_), _) => self.lost(document, value, &walk.crumbs, Reason("value_wrong_type")),
        }
    }

    /// Counts as one element what hides an unknown number of them.
    fn lost(&mut self, document: &Document<'_>, json: Json<'_>, crumbs: &[Crumb<'_>], reason: Reason) {
        self.batch.counts.elements += 1;
        self.reject(document, crumbs, json, reason);
    }

    fn reject(&mut self, document: &Document<'_>, crumbs: &[Crumb<'_>], json: Json<'_>, reason: Reason) {
        self.batch.counts.reject(reason);
        let deep = json.depth() > DEEPEST;
        self.batch.rejects.push(Reject {
            source_key: document.key.to_owned(),
            path: path_text(crumbs),
            element: (!deep).then(|| String::from_utf8_lossy(json.bytes()).into_owned()),
            reason: reason.0.to_owned(),
            detail: deep.then(|| TOO_DEEP.to_owned()),
        });
    }

    fn element(&mut self, document: &Document<'_>, shape: &CompiledShape, spot: Spot<'_>, walk: &Walk<'_>) {
        self.batch.counts.elements += 1;
        let begin = self.encoded.len();
        let kind = spot.element.kind();
        let encoded = if kind == Kind::Null || (shape.objects && kind != Kind::Object) {
            Err(Fate::Reject(Reason("element_wrong_type")))
        } else {
            self.encode(document, shape, spot, &walk.entries)
        };
        match encoded {
            Ok((key, rank)) => {
                let (ordinal, path) = (self.staged.len(), self.paths.len());
                put_path(&walk.crumbs, &mut self.paths);
                let path = path..self.paths.len();
                self.staged.push(Staged { row: begin..self.encoded.len(), key, rank, path, ordinal });
                return;
            }
            Err(Fate::Skip) => self.batch.counts.skipped += 1,
            Err(Fate::Reject(reason)) => self.reject(document, &walk.crumbs, spot.element, reason),
        }
        self.encoded.truncate(begin);
    }

    /// Appends the row's fields; where its unique part and its rank among duplicates stand.
    fn encode(
        &mut self,
        document: &Document<'_>,
        shape: &CompiledShape,
        spot: Spot<'_>,
        entries: &[(Json<'_>, Json<'_>)],
    ) -> Result<(Range<usize>, Range<usize>), Fate> {
        self.places.clear();
        let (mut coerced, mut defaulted) = (0, 0);
        for (column, of) in shape.columns.iter().zip(&self.mapping.types) {
            let begin = self.encoded.len();
            match column.field(document, *of, spot, entries, &mut self.encoded)? {
                Field::Read(Read::Plain) => {}
                Field::Read(Read::Coerced) => coerced += 1,
                Field::Default => defaulted += 1,
            }
            self.places.push(begin + 4..self.encoded.len());
        }
        let bytes: usize = self.mapping.long.iter().map(|place| self.places[*place].len()).sum();
        if bytes > LONGEST_KEY {
            return Err(Fate::Reject(Reason("key_too_long")));
        }
        let begin = self.comparable.len();
        for unique in &self.mapping.unique {
            self.mapping.types[*unique]
                .put_comparable(&self.encoded[self.places[*unique].clone()], &mut self.comparable);
        }
        let end = self.comparable.len();
        if let CompiledKeep::Least(column) | CompiledKeep::Most(column) = self.mapping.keep {
            self.mapping.types[column]
                .put_comparable(&self.encoded[self.places[column].clone()], &mut self.comparable);
        }
        self.batch.counts.coerced += coerced;
        self.batch.counts.defaulted += defaulted;
        Ok((begin..end, end..self.comparable.len()))
    }

    /// Of the document's rows keeps one of each key, in the order of the keys.
    fn settle(&mut self) {
        let comparable = &self.comparable;
        let keep = self.mapping.keep;
        self.staged.sort_unstable_by(|a, b| {
            let rank = |staged: &Staged| comparable[staged.rank.clone()].to_vec();
            comparable[a.key.clone()].cmp(&comparable[b.key.clone()]).then_with(|| match keep {
                CompiledKeep::First => a.ordinal.cmp(&b.ordinal),
                CompiledKeep::Last => b.ordinal.cmp(&a.ordinal),
                CompiledKeep::Least(_) => rank(a).cmp(&rank(b)).then(a.ordinal.cmp(&b.ordinal)),
                CompiledKeep::Most(_) => rank(b).cmp(&rank(a)).then(a.ordinal.cmp(&b.ordinal)),
            })
        });
        let mut kept: Option<&Staged> = None;
        for staged in &self.staged {
            let row = &self.encoded[staged.row.clone()];
            match kept {
                Some(kept) if comparable[kept.key.clone()] == comparable[staged.key.clone()] => {
                    self.batch.counts.duplicate += 1;
                    let differs = self.encoded[kept.row.clone()] != *row;
                    self.batch.counts.duplicate_differs += u64::from(differs);
                }
                _ => {
                    self.batch.rows.push(self.mapping.types.len(), row);
                    self.batch.paths.extend_from_slice(&self.paths[staged.path.clone()]);
                    self.batch.path_ends.push(self.batch.paths.len());
                    self.batch.counts.inserted += 1;
                    kept = Some(staged);
                }
            }
        }
        if !self.staged.is_empty() {
            let last = self.batch.rows.len() - 1;
            self.batch.keys.push((last, self.batch.reached.clone()));
        }
        self.staged.clear();
        self.encoded.clear();
        self.comparable.clear();
        self.paths.clear();
    }
}

enum Field {
    Read(Read),
    Default,
}

impl CompiledColumn {
    /// Appends the column's field.
    fn field(
        &self,
        document: &Document<'_>,
        of: ColumnType,
        spot: Spot<'_>,
        entries: &[(Json<'_>, Json<'_>)],
        out: &mut Vec<u8>,
    ) -> Result<Field, Fate> {
        let value = match &self.place {
            Place::Field(place) => {
                return self.source_field(document, *place, out).map(|()| Field::Read(Read::Plain));
            }
            Place::Key => spot.key,
            Place::Element(names) => match names.split_first() {
                Some((first, rest)) => {
                    let found = entries.iter().find(|(name, _)| name.is(first));
                    found.and_then(|(_, value)| value_at(*value, rest))
                }
                None => Some(spot.element),
            },
            Place::Parent(names) => value_at(spot.parent, names),
        };
        let value = value.ok_or(Reason("field_missing")).and_then(|value| match value.kind() {
            Kind::Null => Err(Reason("field_null")),
            _ => Ok(value),
        });
        let value = match (value, self.default) {
            (Ok(value), _) => value,
            (Err(_), Some(default)) => {
                return self.source_field(document, default, out).map(|()| Field::Default);
            }
            (Err(_), None) if self.rule.optional => {
                out.extend_from_slice(&(-1_i32).to_be_bytes());
                return Ok(Field::Read(Read::Plain));
            }
            (Err(reason), None) => return Err(self.fate(reason)),
        };
        let begin = out.len();
        out.extend_from_slice(&[0; 4]);
        match (of.read(value, &self.rule, out), self.rule.on_error, self.default) {
            (Ok(read), ..) => {
                let length = i32::try_from(out.len() - begin - 4).unwrap_or(i32::MAX);
                out[begin..begin + 4].copy_from_slice(&length.to_be_bytes());
                Ok(Field::Read(read))
            }
            (Err(_), OnError::Default, Some(default)) => {
                out.truncate(begin);
                self.source_field(document, default, out).map(|()| Field::Default)
            }
            (Err(reason), ..) => Err(self.fate(reason)),
        }
    }

    const fn fate(&self, reason: Reason) -> Fate {
        if matches!(self.rule.on_error, OnError::Skip) { Fate::Skip } else { Fate::Reject(reason) }
    }

    fn source_field(&self, document: &Document<'_>, place: usize, out: &mut Vec<u8>) -> Result<(), Fate> {
        let field = document.fields.get(place).copied().flatten();
        if field.is_none() && (self.unique || !self.rule.optional) {
            return Err(Fate::Reject(Reason("source_null")));
        }
        put_field(out, field).map_err(|_| Fate::Reject(Reason("text_too_long")))
    }
}

fn value_at<'a>(element: Json<'a>, names: &[String]) -> Option<Json<'a>> {
    names.iter().try_fold(element, |value, name| value.get(name))
}

fn path_text(crumbs: &[Crumb<'_>]) -> String {
    let mut path = Vec::new();
    put_path(crumbs, &mut path);
    String::from_utf8_lossy(&path).into_owned()
}

/// Appends a path to a value, as jsonpath writes it.
fn put_path(crumbs: &[Crumb<'_>], out: &mut Vec<u8>) {
    let mut number = itoa::Buffer::new();
    out.push(b'$');
    for crumb in crumbs {
        let quoted;
        let parts: [&[u8]; 3] = match crumb {
            Crumb::Index(index) => [b"[", number.format(*index).as_bytes(), b"]"],
            Crumb::Entry(place) => [b".*[", number.format(*place).as_bytes(), b"]"],
            Crumb::Name(name) => [b".", name.bytes(), b""],
            Crumb::Field(name) => {
                quoted = serde_json::Value::from(*name).to_string();
                [b".", quoted.as_bytes(), b""]
            }
        };
        for part in parts {
            out.extend_from_slice(part);
        }
    }
}

const fn kind_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Null => "null",
        Kind::Boolean => "boolean",
        Kind::Number => "number",
        Kind::String => "string",
        Kind::Array => "array",
        Kind::Object => "object",
    }
}
