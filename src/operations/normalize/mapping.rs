//! What the user wants of one JSON column: which values are elements, and where each column of the target comes from.
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use anyhow::{Context as _, anyhow, ensure};
use serde::Deserialize;

use super::path::{Path, PathStep};
use crate::failure::Explain as _;

/// One JSON column and the table that its elements go into.
#[derive(Clone, Debug)]
pub struct Mapping {
    pub name: String,
    pub source: String,
    pub key: Vec<String>,
    pub column: String,
    pub target: String,
    /// Columns of the target of which no two rows have the same values.
    pub unique: Vec<String>,
    pub keep: Keep,
    /// A document has the first shape that begins as it does.
    pub shapes: Vec<Shape>,
}

#[derive(Clone, Debug)]
pub struct Shape {
    pub elements: Path,
    pub columns: BTreeMap<String, ColumnRule>,
}

/// Which of several elements of one document with the same unique columns becomes the row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Keep {
    #[default]
    First,
    Last,
    Least(String),
    Most(String),
}

/// Where the value of a target's column comes from, and what happens when there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnRule {
    pub from: Origin,
    /// A column of the source.
    pub default: Option<String>,
    pub on_error: OnError,
    /// Takes `"12"` and `12.0` for 12.
    pub coerce: bool,
    /// Numbers are times.
    pub epoch: Option<Epoch>,
    /// A value that is missing or null becomes null.
    pub optional: bool,
    /// An empty text is a value.
    pub empty: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    Source(String),
    /// The element, or a value in it by names.
    Element(Vec<String>),
    /// What the element is an element of.
    Parent(Vec<String>),
    /// The name that the element, or what it is in, has in its object.
    Key,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnError {
    #[default]
    Reject,
    Default,
    Skip,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Epoch {
    #[serde(rename = "s")]
    Seconds,
    #[serde(rename = "ms")]
    Milliseconds,
}

impl FromStr for Origin {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let names = |rest: &str| rest.split('.').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let (head, rest) = text.split_once('.').unwrap_or((text, ""));
        match head {
            "source" if !rest.is_empty() => Ok(Self::Source(rest.to_owned())),
            "element" => Ok(Self::Element(names(rest))),
            "parent" => Ok(Self::Parent(names(rest))),
            "key" if rest.is_empty() => Ok(Self::Key),
            _ => Err(anyhow!("`{text}` is no place that a value comes from")
                .hint("write `source.column`, `element`, `element.name`, `parent.name` or `key`")),
        }
    }
}

impl FromStr for Keep {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text.split_once(':') {
            None if text == "first" => Ok(Self::First),
            None if text == "last" => Ok(Self::Last),
            Some(("min", column)) => Ok(Self::Least(column.to_owned())),
            Some(("max", column)) => Ok(Self::Most(column.to_owned())),
            _ => Err(anyhow!("`{text}` says not which duplicate to keep")
                .hint("write `first`, `last`, `min:column` or `max:column`")),
        }
    }
}

impl Mapping {
    /// # Errors
    /// When the parts do not fit together.
    pub fn check(&self) -> anyhow::Result<()> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        ensure!(
            !self.name.is_empty() && self.name.len() <= 40 && self.name.chars().all(plain),
            "the name `{}` is not of lower-case letters, digits and underscores, 40 at most",
            self.name
        );
        ensure!(!self.key.is_empty(), "`source.key` names no column");
        ensure!(!self.unique.is_empty(), "`unique` names no column");
        let columns = self.columns();
        for shape in &self.shapes {
            ensure!(
                shape.columns.keys().cloned().collect::<BTreeSet<_>>() == columns,
                "the shapes fill different columns"
            );
            shape.check().with_context(|| format!("read the shape `{}`", shape.elements))?;
        }
        for column in &self.unique {
            ensure!(columns.contains(column), "`unique` names `{column}`, which no column rule fills");
        }
        if let Keep::Least(column) | Keep::Most(column) = &self.keep {
            ensure!(columns.contains(column), "`keep` names `{column}`, which no column rule fills");
        }
        for key in &self.key {
            self.key_column(key)?;
        }
        Ok(())
    }

    /// The names of the target's columns that are filled, in order.
    pub fn columns(&self) -> BTreeSet<String> {
        self.shapes.first().map(|shape| shape.columns.keys().cloned().collect()).unwrap_or_default()
    }

    /// Whether the column holds a column of the source in every shape, whatever a document says.
    pub fn is_of_source(&self, column: &str) -> bool {
        self.shapes.iter().all(|shape| matches!(shape.columns[column].from, Origin::Source(_)))
    }

    /// The unique column of the target that holds a key column of the source.
    ///
    /// # Errors
    /// When there is none: rows of one document could not be told from those of another.
    pub fn key_column(&self, key: &str) -> anyhow::Result<&str> {
        let from = Origin::Source(key.to_owned());
        let holds = |column: &&String| self.shapes.iter().all(|shape| shape.columns[*column].from == from);
        self.unique.iter().find(holds).map(String::as_str).ok_or_else(|| {
            anyhow!("no column of `unique` is filled from `source.{key}`, the source's key")
                .hint("a row must say which row of the source it comes from")
        })
    }
}

impl Shape {
    fn check(&self) -> anyhow::Result<()> {
        let named = self.elements.0.contains(&PathStep::Entries);
        let levels = self.elements.0.iter().filter(|step| !matches!(step, PathStep::Field(_))).count();
        for (column, rule) in &self.columns {
            ensure!(
                rule.from != Origin::Key || named,
                "column `{column}` comes from `key`, and the path has no `.*`"
            );
            ensure!(
                !matches!(rule.from, Origin::Parent(_)) || levels > 1,
                "column `{column}` comes from `parent`, and the path has one level only"
            );
            ensure!(
                rule.on_error != OnError::Default || rule.default.is_some(),
                "column `{column}` has on_error = \"default\" and no default"
            );
        }
        Ok(())
    }
}
