//! What a set needs from the schema that it adds to: everything that is missing is told at once, before anything is
//! touched.
use anyhow::anyhow;

use crate::failure::{Exit, Explain as _};
use crate::operations::migrate::file::{Migration, Parsed};
use crate::operations::migrate::statement::qualified;
use crate::pg::name::Ident;
use crate::pg::script::Statement;
use crate::pg::session::Session;
use crate::query;

/// The relation that a statement makes or changes, for the files after it.
pub(super) fn made_by(statement: &Statement<'_>) -> Option<(Option<String>, String)> {
    let changes = statement.begins_with("alter table");
    if !(changes || statement.begins_with("create")) {
        return None;
    }
    let kind = statement.tokens.iter().take(6).position(|t| t.is("table") || t.is("view"))?;
    let mut rest = &statement.tokens[kind + 1..];
    while rest.first().is_some_and(|t| ["if", "not", "exists", "only"].iter().any(|word| t.is(word))) {
        rest = &rest[1..];
    }
    qualified(rest).map(|(schema, name, _)| (schema, name))
}

/// Everything that the files need and the database has not.
///
/// # Errors
/// With all of it in the details; the server's errors too.
pub async fn unmet(session: &Session, path: &[Ident], files: &[(&Migration, &Parsed)]) -> anyhow::Result<()> {
    let mut missing = wrong_versions(session.facts().version.major(), files);
    let (mut asked, mut by) = (Asked::default(), Vec::new());
    let mut made: Vec<&(Option<String>, String)> = Vec::new();
    for (file, parsed) in files {
        for one in &parsed.header.requires {
            let comes = |(_, name): &&&(Option<String>, String)| *name == one.relation;
            if made.iter().any(|made| comes(&made)) {
                continue;
            }
            for column in std::iter::once(None).chain(one.columns.iter().map(Some)) {
                asked.add(one.schema.clone(), &one.relation, column);
                by.push(&file.file);
            }
        }
        for extension in &parsed.header.extensions {
            asked.extensions.push(extension.clone());
        }
        made.extend(parsed.statements.iter().filter_map(|part| part.makes.as_ref()));
    }
    let path: Vec<&str> = path.iter().map(Ident::raw).collect();
    let rows = session
        .query(
            &query!("migrate/missing.sql"),
            &[&asked.schemas, &asked.relations, &asked.columns, &asked.extensions, &path],
        )
        .await
        .map_err(|error| error.explained())?;
    for row in rows {
        let (number, what): (Option<i64>, String) = (row.try_get("number")?, row.try_get("what")?);
        let number = number.and_then(|number| usize::try_from(number).ok()?.checked_sub(1));
        let by =
            number.and_then(|number| by.get(number)).map(|file| format!(", for {file}")).unwrap_or_default();
        missing.push(format!("{what}{by}"));
    }
    if missing.is_empty() {
        return Ok(());
    }
    missing.dedup();
    let error =
        anyhow!("the database lacks what the migrations need; nothing was changed").exit(Exit::Failed);
    Err(error
        .detail(missing.join("\n"))
        .hint("they add to a schema that is there: make it first, or look at search_path"))
}

fn wrong_versions(major: u32, files: &[(&Migration, &Parsed)]) -> Vec<String> {
    let wrong =
        files.iter().filter_map(|(file, parsed)| match (parsed.header.min_pg, parsed.header.max_pg) {
            (Some(least), _) if major < least => {
                Some(format!("PostgreSQL {least} or newer (this is {major}), for {}", file.file))
            }
            (_, Some(most)) if major > most => {
                Some(format!("PostgreSQL {most} or older (this is {major}), for {}", file.file))
            }
            _ => None,
        });
    wrong.collect()
}

/// Questions to the catalog, as columns.
#[derive(Default)]
struct Asked {
    schemas: Vec<Option<String>>,
    relations: Vec<String>,
    columns: Vec<Option<String>>,
    extensions: Vec<String>,
}

impl Asked {
    fn add(&mut self, schema: Option<String>, relation: &str, column: Option<&String>) {
        self.schemas.push(schema);
        self.relations.push(relation.to_owned());
        self.columns.push(column.cloned());
    }
}
