//! Rows of the queries of reports: each one JSON value, so that a column is named once in SQL and once in a struct.
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio_postgres::types::ToSql;

use crate::pg::session::Session;
use crate::pg::sql::{Query, Sql};
use crate::pg::state::ServerError;
use crate::query;

/// Why a query of a report gave nothing.
pub type Read<T> = Result<T, ServerError>;

/// What this role may see, and the server that it looks at.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Rights {
    /// Quoted as a GRANT wants it.
    pub role: String,
    pub reads_all_stats: bool,
    pub reads_all_settings: bool,
    pub reads_all_data: bool,
    /// track_counts is on; without it counters of tables and indexes stand still, and a zero means nothing.
    pub counts: bool,
    /// The version of the extension pg_stat_statements, and its schema; null where the database has none.
    pub statements: Option<String>,
    pub statements_schema: Option<String>,
    /// Of pg_stat_statements, what it counts; null where it is not loaded.
    pub statements_track: Option<String>,
}

/// Sets the timeouts of a session that reports.
pub async fn prepare(session: &Session) -> Read<Rights> {
    let patience = query!("report/patience.sql");
    session.execute(&Sql::from(patience)).await?;
    one(session, &query!("report/rights.sql"), &[]).await
}

pub async fn rows<T: DeserializeOwned>(
    session: &Session,
    query: &Query,
    params: &[&(dyn ToSql + Sync)],
) -> Read<Vec<T>> {
    let rows = session.query(query, params).await?;
    rows.iter()
        .map(|row| {
            let text: &str = row.try_get(0).map_err(|error| ServerError::new(query.file, &error))?;
            parse(query.file, text)
        })
        .collect()
}

pub async fn one<T: DeserializeOwned>(
    session: &Session,
    query: &Query,
    params: &[&(dyn ToSql + Sync)],
) -> Read<T> {
    let found = rows(session, query, params).await?.into_iter().next();
    found.ok_or_else(|| ServerError::local(query.file, "the server gave no row".to_owned()))
}

/// As [`rows`], of a query with values in its text.
pub async fn rows_with<T: DeserializeOwned>(
    session: &Session,
    sql: &Sql,
    params: &[&(dyn ToSql + Sync)],
) -> Read<Vec<T>> {
    let rows = session.query_of(&sql.marked(), params).await?;
    rows.iter()
        .map(|row| {
            let text: &str = row.try_get(0).map_err(|error| ServerError::new(sql.file, &error))?;
            parse(sql.file, text)
        })
        .collect()
}

/// As [`rows`], of a query that names a schema in its text.
pub async fn rows_of<T: DeserializeOwned>(session: &Session, sql: &Sql) -> Read<Vec<T>> {
    let rows = session.read(&sql.marked()).await?;
    rows.into_iter().flatten().flatten().map(|text| parse(sql.file, &text)).collect()
}

fn parse<T: DeserializeOwned>(file: &'static str, text: &str) -> Read<T> {
    serde_json::from_str(text)
        .map_err(|error| ServerError::local(file, format!("the server's answer cannot be read: {error}")))
}
