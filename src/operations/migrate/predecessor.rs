//! The history tables of other programs, from which a directory is taken over.
use anyhow::{Context as _, anyhow};

use crate::ddl;
use crate::failure::{Exit, Explain as _};
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

/// The versions that the other program has applied.
///
/// # Errors
/// When its table is not on the path, or it has left a migration half done.
pub async fn read_predecessor(
    session: &Session,
    path: &[Ident],
    predecessor: Predecessor,
) -> anyhow::Result<Vec<i64>> {
    let name = predecessor.table();
    let schemas: Vec<String> = path.iter().map(|schema| schema.raw().to_owned()).collect();
    let Some(schema) = on_path(session, name, &schemas).await? else {
        let error = anyhow!("there is no table {name} on the search path").exit(Exit::Usage);
        return Err(error.hint("name its schema with --search-path"));
    };
    let table = Relation::new(schema, name)?;
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

/// The first schema of a path that has a relation of this name.
///
/// # Errors
/// The server's.
pub async fn on_path(session: &Session, name: &str, path: &[String]) -> anyhow::Result<Option<String>> {
    let rows = session.query(&query!("migrate/on_path.sql"), &[&name, &path]).await;
    let rows = rows.map_err(ServerError::explained)?;
    Ok(rows.first().map(|row| row.try_get("schema")).transpose()?)
}
