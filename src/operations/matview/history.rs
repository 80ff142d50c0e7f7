//! The log of refreshes, in the schema that pgtend keeps its books in: what the next run compares with, and what
//! `matview log` shows. A role that may not read or write it works without.
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::operations::matview::{Evidence, Way};
use crate::pg::catalog::Matview;
use crate::pg::name::{Ident, Literal};
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;
use crate::{ddl, query};

/// What the log knows of every view's last refresh.
#[derive(Clone, Debug, Default)]
pub struct History {
    latest: Vec<Latest>,
}

/// The last refresh of a view that succeeded.
#[derive(Clone, Debug, Deserialize)]
pub struct Latest {
    pub schema: String,
    pub name: String,
    pub mode: String,
    pub started: DateTime<Utc>,
    pub rows: Option<i64>,
    pub evidence: Option<Evidence>,
    pub view_xmin: Option<String>,
    pub definition: Option<String>,
    /// Another refresh began after it, and has not succeeded.
    pub followed: bool,
    /// Of the last refreshes, oldest first.
    pub durations_ms: Vec<f64>,
}

/// A line of the log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct LogRow {
    #[serde(skip_serializing)]
    pub schema: String,
    #[serde(skip_serializing)]
    pub name: String,
    #[serde(default)]
    pub view: String,
    pub mode: String,
    pub started: DateTime<Utc>,
    pub finished: Option<DateTime<Utc>>,
    /// `done`, `failed`, `running`, or `interrupted`
    pub outcome: String,
    pub duration_ms: Option<f64>,
    pub rows: Option<i64>,
    pub bytes_before: Option<i64>,
    pub bytes_after: Option<i64>,
    /// Written by the whole server meanwhile.
    pub wal_bytes: Option<i64>,
    /// Written by the whole database meanwhile.
    pub temp_bytes: Option<i64>,
    pub readers_held_ms: Option<f64>,
    pub error: Option<String>,
    pub role: String,
}

impl History {
    /// Empty when there is no log, or none that this role may read.
    pub async fn read(session: &Session, schema: &Ident) -> anyhow::Result<Self> {
        let latest = rows(session, schema, ddl!("matview/latest.sql", schema = *schema)).await?;
        Ok(Self { latest: latest.unwrap_or_default() })
    }

    pub fn of(&self, view: &Matview) -> Option<&Latest> {
        self.latest.iter().find(|latest| latest.schema == view.schema && latest.name == view.name)
    }

    /// Newest first. `None`: there is no log that this role may read.
    pub async fn log(
        session: &Session,
        schema: &Ident,
        since: DateTime<Utc>,
    ) -> anyhow::Result<Option<Vec<LogRow>>> {
        let since = Literal(since.to_rfc3339());
        rows(session, schema, ddl!("matview/log.sql", schema = *schema, since = since)).await
    }
}

/// Whether there is a log, `readable` or `writable` to this role.
async fn permitted(session: &Session, schema: &Ident, what: &str) -> anyhow::Result<bool> {
    let exists = session
        .query(&query!("matview/history_exists.sql"), &[&schema.raw()])
        .await
        .map_err(ServerError::explained)?;
    Ok(exists.first().is_some_and(|row| row.get::<_, Option<bool>>(what) == Some(true)))
}

async fn rows<T: for<'a> Deserialize<'a>>(
    session: &Session,
    schema: &Ident,
    sql: Sql,
) -> anyhow::Result<Option<Vec<T>>> {
    if !permitted(session, schema, "readable").await? {
        return Ok(None);
    }
    let rows =
        session.read(&sql).await.map_err(ServerError::explained).context("read the log of refreshes")?;
    let texts = rows.into_iter().filter_map(|row| row.into_iter().next().flatten());
    let read = texts.map(|text| serde_json::from_str(&text).context("understand the log of refreshes"));
    Ok(Some(read.collect::<anyhow::Result<_>>()?))
}

/// An open entry of the log. The session must have joined the journal.
#[derive(Clone, Debug)]
pub struct Entry {
    id: i64,
    schema: String,
    view: String,
    wal_bytes: i64,
    temp_bytes: i64,
}

/// How a refresh ended.
#[derive(Clone, Debug, Default)]
pub struct Closing {
    pub duration_ms: f64,
    pub rows: Option<i64>,
    pub bytes: Option<i64>,
    pub readers_held_ms: Option<f64>,
    pub view_xmin: Option<String>,
    pub definition: Option<String>,
    pub error: Option<String>,
}

impl Entry {
    /// `None`: this role may not write the log, or its table is missing.
    pub async fn open(
        session: &Session,
        schema: &Ident,
        view: &Matview,
        way: Way,
    ) -> anyhow::Result<Option<Self>> {
        if !permitted(session, schema, "writable").await? {
            return Ok(None);
        }
        let (wal_bytes, temp_bytes) = costs(session).await?;
        let evidence = serde_json::to_value(Evidence::of(&view.basis))?;
        let rows = session
            .query(
                &query!("matview/log_begin.sql"),
                &[&view.schema, &view.name, &way.word(), &view.bytes, &evidence, &env!("CARGO_PKG_VERSION")],
            )
            .await
            .map_err(ServerError::explained)
            .context("write the log of refreshes")?;
        let id = rows.first().context("the log gave no entry")?.try_get("id")?;
        let (schema, name) = (view.schema.clone(), view.name.clone());
        Ok(Some(Self { id, schema, view: name, wal_bytes, temp_bytes }))
    }

    pub async fn close(self, session: &Session, closing: &Closing) -> anyhow::Result<()> {
        let (wal_bytes, temp_bytes) = costs(session).await?;
        let outcome = if closing.error.is_none() { "done" } else { "failed" };
        let end = query!("matview/log_end.sql");
        session
            .write(
                &end,
                &[
                    &self.id,
                    &outcome,
                    &closing.duration_ms,
                    &closing.rows,
                    &closing.bytes,
                    &(wal_bytes - self.wal_bytes),
                    &(temp_bytes - self.temp_bytes).max(0),
                    &closing.readers_held_ms,
                    &closing.view_xmin,
                    &closing.definition,
                    &closing.error,
                ],
            )
            .await
            .map_err(ServerError::explained)
            .context("write the log of refreshes")?;
        if closing.error.is_none() {
            let forget = query!("matview/log_forget.sql");
            let forgotten = session.write(&forget, &[&self.schema, &self.view, &self.id]).await;
            forgotten.map_err(ServerError::explained)?;
        }
        Ok(())
    }
}

async fn costs(session: &Session) -> anyhow::Result<(i64, i64)> {
    let rows = session.query(&query!("matview/costs.sql"), &[]).await.map_err(ServerError::explained)?;
    let row = rows.first().context("the server gave no row")?;
    Ok((row.try_get("wal_bytes")?, row.try_get("temp_bytes")?))
}
