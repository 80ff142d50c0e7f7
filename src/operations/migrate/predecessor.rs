//! The history tables of other programs, from which a directory is taken over.
use anyhow::{Context as _, anyhow};
use tokio_postgres::error::SqlState;

use crate::ddl;
use crate::failure::{Exit, Explain as _};
use crate::operations::migrate::file::Migration;
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;
use crate::query;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Predecessor {
    Dbmate,
    Sqlx,
    Refinery,
}

impl Predecessor {
    /// As `baseline --from` has it.
    const fn word(self) -> &'static str {
        match self {
            Self::Dbmate => "dbmate",
            Self::Sqlx => "sqlx",
            Self::Refinery => "refinery",
        }
    }

    const fn table(self) -> &'static str {
        match self {
            Self::Dbmate => "schema_migrations",
            Self::Sqlx => "_sqlx_migrations",
            Self::Refinery => "refinery_schema_history",
        }
    }

    fn versions(self, table: &Relation) -> Sql {
        match self {
            Self::Sqlx => ddl!("migrate/sqlx_versions.sql", table = *table),
            Self::Dbmate | Self::Refinery => ddl!("migrate/versions.sql", table = *table),
        }
    }
}

/// # Errors
/// When another program's table says that it has applied some of the files, so that they would be run a second time.
pub async fn refuse_predecessors(
    session: &Session,
    path: &[Ident],
    files: &[&Migration],
) -> anyhow::Result<()> {
    for predecessor in [Predecessor::Dbmate, Predecessor::Sqlx] {
        let Some(table) = table(session, path, predecessor).await? else { continue };
        let rows = match session.read(&predecessor.versions(&table)).await {
            Ok(rows) => rows,
            // A table of this name that has other columns is somebody else's.
            Err(error) if error.is(&SqlState::UNDEFINED_COLUMN) => continue,
            Err(error) => {
                let doing = format!("see in {} what {} has applied", table.plain(), predecessor.word());
                return Err(error.explained()).context(doing);
            }
        };
        let applied: Vec<&str> = files
            .iter()
            .filter(|file| rows.iter().flatten().flatten().any(|version| version.parse() == Ok(file.version)))
            .map(|file| file.file.as_str())
            .collect();
        if !applied.is_empty() {
            let word = predecessor.word();
            let error =
                anyhow!("{word} has applied these files already, as its table {} says", table.plain());
            return Err(error.exit(Exit::Failed).detail(applied.join("\n")).hint(format!(
                "take them over first, with the same flags: pgtend migrate baseline --from {word}"
            )));
        }
    }
    Ok(())
}

/// The versions that the other program has applied.
///
/// # Errors
/// When its table is not on the path, or it has left a migration half done.
pub async fn read_predecessor(
    session: &Session,
    path: &[Ident],
    predecessor: Predecessor,
) -> anyhow::Result<Vec<i64>> {
    let Some(table) = table(session, path, predecessor).await? else {
        let error = anyhow!("there is no table {} on the search path", predecessor.table()).exit(Exit::Usage);
        return Err(error.hint("name its schema with --search-path"));
    };
    let rows = session.read(&predecessor.versions(&table)).await.map_err(ServerError::explained)?;
    let mut versions = Vec::new();
    for row in rows {
        let mut fields = row.into_iter();
        let version = fields.next().flatten().context("a version is null")?;
        if fields.next().flatten().as_deref() == Some("f") {
            let error = anyhow!("{} says that version {version} has failed half-way", table.plain());
            return Err(error.hint("bring it to its end by hand, then take over"));
        }
        versions.push(
            version.parse().with_context(|| format!("read the version `{version}` of {}", table.plain()))?,
        );
    }
    Ok(versions)
}

/// The other program's table, where it is on the path.
async fn table(
    session: &Session,
    path: &[Ident],
    predecessor: Predecessor,
) -> anyhow::Result<Option<Relation>> {
    let name = predecessor.table();
    let schemas: Vec<String> = path.iter().map(|schema| schema.raw().to_owned()).collect();
    let schema = on_path(session, name, &schemas).await?;
    schema.map(|schema| Relation::new(schema, name)).transpose()
}

/// The first schema of a path that has a relation of this name.
///
/// # Errors
/// The server's.
pub async fn on_path(session: &Session, name: &str, path: &[String]) -> anyhow::Result<Option<String>> {
    let rows = session.query(&query!("migrate/on_path.sql"), &[&name, &path]).await;
    let rows = rows.map_err(ServerError::explained)?;
    Ok(rows.first().map(|row| row.try_get("schema")).transpose()?)
}
