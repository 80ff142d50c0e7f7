//! What this role was denied of that which every role may do by default.
use serde::Deserialize;

use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;
use crate::query;

#[derive(Clone, Debug, Deserialize)]
pub struct Denied {
    /// Of pg_stat_statements, not of the server's own statistics.
    pub of_statements: bool,
    /// `function pg_catalog.pg_lock_status()`
    pub object: String,
    /// The statement that gives it, without its semicolon.
    pub grant: String,
}

/// Sent as text: behind a transaction pooler a prepared statement may be gone before it is used.
pub async fn denied(session: &Session) -> Result<Vec<Denied>, ServerError> {
    let sql = Sql::from(query!("catalog/denied.sql"));
    let rows = session.read(&sql).await?;
    let text = rows.into_iter().flatten().flatten().next().unwrap_or_default();
    serde_json::from_str(&text)
        .map_err(|error| ServerError::local(sql.file, format!("the server's answer cannot be read: {error}")))
}

/// One text of all grants.
pub fn grants<'a>(denied: impl IntoIterator<Item = &'a Denied>) -> String {
    denied.into_iter().map(|denied| denied.grant.as_str()).collect::<Vec<_>>().join("; ")
}
