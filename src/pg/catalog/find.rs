//! From a name that a user typed to the relation that it means.
use std::fmt;

use anyhow::{anyhow, bail};

use crate::failure::{Exit, Explain as _};
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

/// A table's name as typed: `events`, `app.events`, `"Mixed".events`. A name that is not well quoted is taken as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableName {
    pub schema: Option<String>,
    pub name: String,
}

impl TableName {
    pub fn parse(typed: &str) -> Self {
        let parts = parts(typed).unwrap_or_else(|| vec![typed.to_owned()]);
        match <[String; 2]>::try_from(parts) {
            Ok([schema, name]) => Self { schema: Some(schema), name },
            Err(parts) if parts.len() == 1 => Self { schema: None, name: parts.concat() },
            Err(_) => Self { schema: None, name: typed.to_owned() },
        }
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.schema {
            Some(schema) => write!(f, "{schema}.{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// Splits at dots outside quotes and takes the quotes off. `None`: quotes stand where SQL has none.
fn parts(typed: &str) -> Option<Vec<String>> {
    let mut found = Vec::new();
    let mut rest = typed;
    loop {
        let (part, after) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = rest.find('.').unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        if part.is_empty() || (!rest.starts_with('"') && part.contains('"')) {
            return None;
        }
        found.push(part);
        match after.strip_prefix('.') {
            Some(next) => rest = next,
            None if after.is_empty() => return Some(found),
            None => return None,
        }
    }
}

fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut rest = quoted;
    loop {
        let end = rest.find('"')?;
        name.push_str(&rest[..end]);
        rest = &rest[end + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                name.push('"');
                rest = after;
            }
            None => return Some((name, rest)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelationKind {
    Table,
    PartitionedTable,
    View,
    MaterializedView,
    ForeignTable,
}

impl RelationKind {
    pub fn of(relkind: &str) -> anyhow::Result<Self> {
        Ok(match relkind {
            "r" => Self::Table,
            "p" => Self::PartitionedTable,
            "v" => Self::View,
            "m" => Self::MaterializedView,
            "f" => Self::ForeignTable,
            other => bail!("relkind `{other}` is not a table's"),
        })
    }

    pub const fn words(self) -> &'static str {
        match self {
            Self::Table => "an ordinary table",
            Self::PartitionedTable => "a partitioned table",
            Self::View => "a view",
            Self::MaterializedView => "a materialized view",
            Self::ForeignTable => "a foreign table",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Found {
    pub oid: u32,
    pub relation: Relation,
    pub kind: RelationKind,
}

/// Looks up each name. The answers are in the order of the names; a name that nothing has is an error of its own,
/// which tells the nearest names.
pub async fn find_relations(
    session: &Session,
    names: &[TableName],
) -> anyhow::Result<Vec<anyhow::Result<Found>>> {
    let schemas: Vec<Option<&str>> = names.iter().map(|name| name.schema.as_deref()).collect();
    let tables: Vec<&str> = names.iter().map(|name| name.name.as_str()).collect();
    let rows = session
        .query(&query!("catalog/find_relations.sql"), &[&schemas, &tables, &session.facts().search_path])
        .await
        .map_err(ServerError::explained)?;
    let mut found: Vec<Option<Found>> = vec![None; names.len()];
    for row in &rows {
        let number = usize::try_from(row.try_get::<_, i32>("number")?)?;
        let relation = Relation::new(row.try_get::<_, String>("schema")?, row.try_get::<_, String>("name")?)?;
        let kind = RelationKind::of(row.try_get("kind")?)?;
        found[number - 1] = Some(Found { oid: row.try_get("oid")?, relation, kind });
    }
    let known = if found.iter().any(Option::is_none) { table_names(session).await? } else { Vec::new() };
    let answer =
        |(name, found): (&TableName, Option<Found>)| found.ok_or_else(|| unknown(name, session, &known));
    Ok(names.iter().zip(found).map(answer).collect())
}

async fn table_names(session: &Session) -> anyhow::Result<Vec<TableName>> {
    let rows =
        session.query(&query!("catalog/table_names.sql"), &[]).await.map_err(ServerError::explained)?;
    rows.iter()
        .map(|row| Ok(TableName { schema: Some(row.try_get("schema")?), name: row.try_get("name")? }))
        .collect()
}

fn unknown(name: &TableName, session: &Session, known: &[TableName]) -> anyhow::Error {
    let error = anyhow!("no table `{name}` in database `{}`", session.facts().database).exit(Exit::Failed);
    let mut near: Vec<(f64, &TableName)> = known
        .iter()
        .map(|other| (strsim::jaro_winkler(&name.name.to_lowercase(), &other.name.to_lowercase()), other))
        .filter(|(likeness, _)| *likeness > 0.85)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let names: Vec<String> = near.iter().take(3).map(|(_, other)| format!("`{other}`")).collect();
    if names.is_empty() {
        let path = session.facts().search_path.join(", ");
        return error.hint(format!("names without a schema are looked up in: {path}"));
    }
    error.hint(format!("did you mean {}?", names.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(schema: Option<&str>, name: &str) -> TableName {
        TableName { schema: schema.map(str::to_owned), name: name.to_owned() }
    }

    #[test]
    fn names_are_taken_apart_as_sql_would() {
        assert_eq!(TableName::parse("events"), name(None, "events"));
        assert_eq!(TableName::parse("app.events"), name(Some("app"), "events"));
        assert_eq!(TableName::parse("\"My App\".\"a.b\"\"c\""), name(Some("My App"), "a.b\"c"));
    }

    #[test]
    fn hostile_names_stay_one_name() {
        for typed in ["a\"; drop table x; --", "\"open", "a.b.c", "", ".", "a..b", "\"a\"b"] {
            assert_eq!(TableName::parse(typed), name(None, typed), "{typed}");
        }
    }
}
