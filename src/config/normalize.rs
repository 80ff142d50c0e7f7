//! `[[normalize]]`: one section for each JSON column whose elements become rows.
use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow, ensure};
use serde::Deserialize;

use crate::operations::normalize::{ColumnRule, Epoch, Mapping, OnError, Shape};

/// One mapping. Either `columns` with `elements`, or several `shapes`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NormalizeConfig {
    pub name: String,
    pub source: SourceConfig,
    pub target: String,
    pub unique: Vec<String>,
    pub keep: Option<String>,
    pub elements: Option<String>,
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnConfig>,
    #[serde(default)]
    pub shapes: Vec<ShapeConfig>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceConfig {
    pub table: String,
    pub key: OneOrMany,
    pub column: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected a column, or a list of columns")]
pub enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShapeConfig {
    pub elements: String,
    pub columns: BTreeMap<String, ColumnConfig>,
}

/// `"element.userId"`, or the same with more to say.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "expected where the value comes from, or { from = .., default = .. }")]
pub enum ColumnConfig {
    From(String),
    Rule(RuleConfig),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleConfig {
    pub from: String,
    pub default: Option<String>,
    #[serde(default)]
    pub on_error: OnError,
    pub coerce: Option<bool>,
    pub epoch: Option<Epoch>,
    #[serde(default)]
    pub optional: bool,
    pub empty: Option<bool>,
}

const USUAL_ELEMENTS: &str = "$[*]";

impl NormalizeConfig {
    /// # Errors
    /// When a value cannot be read or the parts do not fit together; the message names the mapping.
    pub fn mapping(&self) -> anyhow::Result<Mapping> {
        let at = || format!("read the mapping `{}`", self.name);
        let mapping = Mapping {
            name: self.name.clone(),
            source: self.source.table.clone(),
            key: match &self.source.key {
                OneOrMany::One(column) => vec![column.clone()],
                OneOrMany::Many(columns) => columns.clone(),
            },
            column: self.source.column.clone(),
            target: self.target.clone(),
            unique: self.unique.clone(),
            keep: self.keep.as_deref().map_or(Ok(Default::default()), str::parse).with_context(at)?,
            shapes: self.shapes().with_context(at)?,
        };
        mapping.check().with_context(at)?;
        Ok(mapping)
    }

    fn shapes(&self) -> anyhow::Result<Vec<Shape>> {
        if self.shapes.is_empty() {
            let elements = self.elements.as_deref().unwrap_or(USUAL_ELEMENTS);
            return Ok(vec![self.shape(elements, &self.columns)?]);
        }
        ensure!(
            self.columns.is_empty() && self.elements.is_none(),
            "`shapes` stands beside `columns` or `elements`; put these into a shape"
        );
        self.shapes.iter().map(|shape| self.shape(&shape.elements, &shape.columns)).collect()
    }

    fn shape(&self, elements: &str, columns: &BTreeMap<String, ColumnConfig>) -> anyhow::Result<Shape> {
        ensure!(!columns.is_empty(), "no column of the target is filled");
        let rule = |(name, config): (&String, &ColumnConfig)| {
            let rule = self.rule(name, config).with_context(|| format!("read column `{name}`"))?;
            Ok((name.clone(), rule))
        };
        let columns = columns.iter().map(rule).collect::<anyhow::Result<_>>()?;
        Ok(Shape { elements: elements.parse()?, columns })
    }

    fn rule(&self, name: &str, config: &ColumnConfig) -> anyhow::Result<ColumnRule> {
        let plain = RuleConfig {
            from: String::new(),
            default: None,
            on_error: OnError::default(),
            coerce: None,
            epoch: None,
            optional: false,
            empty: None,
        };
        let rule = match config {
            ColumnConfig::From(from) => RuleConfig { from: from.clone(), ..plain },
            ColumnConfig::Rule(rule) => rule.clone(),
        };
        let unique = self.unique.iter().any(|column| column == name);
        ensure!(!rule.optional || !unique, "it is one of `unique`, so that it cannot be optional");
        Ok(ColumnRule {
            from: rule.from.parse()?,
            default: rule.default.as_deref().map(source_column).transpose()?,
            on_error: rule.on_error,
            coerce: rule.coerce.unwrap_or(true),
            epoch: rule.epoch,
            optional: rule.optional,
            empty: rule.empty.unwrap_or(!unique),
        })
    }
}

fn source_column(text: &str) -> anyhow::Result<String> {
    let column = text.strip_prefix("source.").filter(|column| !column.is_empty());
    column.map(str::to_owned).ok_or_else(|| anyhow!("the default `{text}` is not `source.` and a column"))
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    const READS: &str = r#"
        [[normalize]]
        name = "reads"
        source = { table = "messages", key = "id", column = "readBy" }
        target = "message_reads"
        unique = ["message_id", "user_id"]
        [normalize.columns]
        message_id = "source.id"
        user_id = "element.userId"
        read_at = { from = "element.readAt", default = "source.createdAt" }
    "#;

    #[test]
    fn a_mapping_is_read() {
        let config = Config::parse(READS).unwrap();
        let mapping = config.normalize[0].mapping().unwrap();
        assert_eq!(mapping.key, ["id"]);
        assert_eq!(mapping.key_column("id").unwrap(), "message_id");
        assert_eq!(mapping.shapes[0].elements.to_string(), "$[*]");
    }

    #[test]
    fn mappings_that_cannot_be_meant_are_refused() {
        for (old, new, said) in [
            ("[\"message_id\", \"user_id\"]", "[]", "`unique` names no column"),
            ("[\"message_id\", \"user_id\"]", "[\"user_id\"]", "filled from `source.id`"),
            ("[\"message_id\", \"user_id\"]", "[\"message_id\", \"who\"]", "`who`"),
            ("element.userId", "elements.userId", "no place that a value comes from"),
            ("element.userId", "key", "no `.*`"),
            ("element.userId", "parent.userId", "one level only"),
            ("source.createdAt", "now", "is not `source.`"),
            ("name = \"reads\"", "name = \"Reads!\"", "lower-case"),
            ("target =", "elements = \"$[0]\"\ntarget =", "no path to elements"),
            ("target =", "keep = \"most\"\ntarget =", "which duplicate"),
            ("target =", "keep = \"min:at\"\ntarget =", "`keep` names `at`"),
            ("element.readAt\"", "element.readAt\", on_eror = \"skip\"", "column"),
        ] {
            let text = READS.replace(old, new);
            let error = Config::parse(&text).map(|_| ()).unwrap_err();
            assert!(format!("{error:#}").contains(said), "{new}: {error:#}");
        }
    }
}
