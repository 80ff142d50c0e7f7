//! What the metrics are made of, read in one go. A part that cannot be read makes no sample and takes no other along.
use serde_json::Value;

use crate::ddl;
use crate::pg::session::Session;
use crate::pg::sql::{Keyword, Sql};
use crate::query;

/// How much of the tables.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The largest so many.
    pub tables: u32,
    /// Partitions on their own, instead of the partitioned table.
    pub partitions: bool,
}

/// Documents of the queries; null where there is none, with its error in `errors`.
#[derive(Clone, Debug)]
pub struct Numbers {
    pub(super) major: u32,
    pub(super) database: String,
    pub(super) server: Value,
    pub(super) checkpointer: Value,
    pub(super) tables: Value,
    /// What could not be read, and why.
    pub errors: Vec<String>,
}

pub async fn survey(session: &Session, scope: Scope) -> Numbers {
    let facts = session.facts();
    let major = facts.version.major();
    let checkpointer =
        if major >= 17 { query!("metrics/checkpointer_17.sql") } else { query!("metrics/checkpointer.sql") };
    let leaves = Keyword(if scope.partitions { "true" } else { "false" });
    let tables = ddl!("metrics/tables.sql", leaves = leaves, most = scope.tables);
    let (server, checkpointer, tables) = tokio::join!(
        read(session, Sql::from(query!("metrics/server.sql"))),
        read(session, Sql::from(checkpointer)),
        read(session, tables)
    );
    let mut errors = Vec::new();
    let mut or_null = |document: Result<Value, String>| {
        document.unwrap_or_else(|error| {
            errors.push(error);
            Value::Null
        })
    };
    let (server, checkpointer, tables) = (or_null(server), or_null(checkpointer), or_null(tables));
    Numbers { major, database: facts.database.clone(), server, checkpointer, tables, errors }
}

async fn read(session: &Session, sql: Sql) -> Result<Value, String> {
    let rows = session.read(&sql).await.map_err(|error| error.to_string())?;
    let text = rows.into_iter().flatten().flatten().next();
    let text = text.ok_or_else(|| format!("{} gave no row", sql.file))?;
    serde_json::from_str(&text).map_err(|error| format!("{} cannot be read: {error}", sql.file))
}
