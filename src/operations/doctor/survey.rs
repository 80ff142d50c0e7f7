//! What the doctor looks at: the role, the server's settings, and whose connection this is. Reads only.
use std::collections::HashMap;

use anyhow::Context as _;
use serde::Deserialize;

use crate::ddl;
use crate::pg::catalog::{Denied, denied};
use crate::pg::name::{Ident, Literal};
use crate::pg::session::Session;
use crate::pg::state::ServerError;

#[derive(Debug, Deserialize)]
pub struct Environment {
    pub(super) superuser: bool,
    pub(super) reads_stats: bool,
    pub(super) reads_data: bool,
    pub(super) signals: bool,
    pub(super) creates_schemas: bool,
    pub(super) settings: HashMap<String, Option<String>>,
    pub(super) extension: Option<Extension>,
    pub(super) extension_loaded: bool,
    pub(super) relations: Relations,
    pub(super) own_schema: Option<OwnSchema>,
    #[serde(skip)]
    pub(super) denied: Vec<Denied>,
    /// Quoted as a GRANT wants it.
    #[serde(skip)]
    pub(super) role: String,
}

impl Environment {
    pub(super) fn is_set(&self, setting: &str, value: &str) -> bool {
        self.settings.get(setting).is_some_and(|set| set.as_deref() == Some(value))
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Extension {
    /// Null: not in this database.
    pub installed: Option<String>,
    pub newest: Option<String>,
}

/// `foreign_` are those whose owner this role is not.
#[derive(Debug, Deserialize)]
pub(super) struct Relations {
    pub tables: i64,
    pub foreign_tables: i64,
    pub matviews: i64,
    pub foreign_matviews: i64,
    pub owners: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
pub(super) struct OwnSchema {
    pub owner: String,
    pub usable: bool,
}

/// `schema` is that of pgtend's own tables. Sent as text, like all that the doctor asks: behind a transaction pooler a
/// prepared statement may be gone before it is used.
pub async fn survey(session: &Session, schema: &str) -> anyhow::Result<Environment> {
    let sql = ddl!("doctor/survey.sql", schema = Literal(schema.to_owned()));
    let rows = session
        .read(&sql)
        .await
        .map_err(ServerError::explained)
        .context("look at the role and the settings")?;
    let text = rows.into_iter().flatten().flatten().next().context("the server gave no answer")?;
    let mut environment: Environment = serde_json::from_str(&text)?;
    environment.denied =
        denied(session).await.map_err(ServerError::explained).context("look at what the role is denied")?;
    environment.role = Ident::new(&session.facts().role)?.to_string();
    Ok(environment)
}

/// What tells a pooler in between, if anything does. `connected_s` ago the sessions were opened. Two sessions of a
/// transaction pooler take turns on one server process; a process that is older than its session was somebody else's.
pub async fn pooled(
    first: &Session,
    second: &Session,
    connected_s: f64,
) -> anyhow::Result<Option<&'static str>> {
    const CLOCKS: f64 = 2.0;
    let (one, other) = (backend(first).await?, backend(second).await?);
    Ok(if one.pid == other.pid || one.pid != first.facts().pid {
        Some("transaction")
    } else if one.age_s > connected_s + CLOCKS || other.age_s > connected_s + CLOCKS {
        Some("session")
    } else {
        None
    })
}

struct Backend {
    pid: i32,
    age_s: f64,
}

async fn backend(session: &Session) -> anyhow::Result<Backend> {
    let rows = session.read(&ddl!("doctor/backend.sql")).await.map_err(ServerError::explained)?;
    let row = rows.first().context("the server does not list this session")?;
    let column = |index: usize| row.get(index).and_then(Option::as_deref);
    Ok(Backend {
        pid: column(0).context("the server tells no process")?.parse()?,
        age_s: column(1).map_or(Ok(0.0), str::parse)?,
    })
}
