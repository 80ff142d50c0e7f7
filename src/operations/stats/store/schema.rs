//! The store in pgtend's schema. The session's search path must lead there: [`SchemaStore::enter`].
use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::books::{pack, unpack};
use super::{Held, Keep, Pruned, Series};
use crate::operations::report::{Read, one, rows};
use crate::operations::stats::counters::DatabaseWork;
use crate::operations::stats::difference::{Interval, Snapshot};
use crate::operations::stats::reading::{Reading, Texts};
use crate::operations::stats::window::{Coverage, IndexSum, RelationSum, Source, Span, Window};
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::pg::sql::{Query, Sql};
use crate::pg::state::ServerError;
use crate::{ddl, query};

#[derive(Clone, Debug)]
pub struct SchemaStore {
    pub schema: Ident,
}

/// What the catalog says of a schema's store.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct SchemaState {
    /// All of its tables are there.
    pub complete: bool,
    /// Nothing hangs on them that reading or writing would run.
    pub plain: bool,
    /// The schema belongs to this role, to a superuser, or to the database's owner.
    pub trusted: bool,
    pub may_read: bool,
    pub may_write: bool,
}

/// Looks without touching.
pub async fn schema_state(session: &Session, schema: &Ident) -> Read<SchemaState> {
    one(session, &query!("stats/state.sql"), &[&schema.raw()]).await
}

impl SchemaStore {
    pub async fn enter(&self, session: &Session) -> anyhow::Result<()> {
        let path = ddl!("journal/search_path.sql", schema = self.schema);
        session.execute(&path).await.map_err(ServerError::explained)
    }

    /// The last reading, locked until the transaction ends.
    pub async fn last(&self, session: &Session) -> anyhow::Result<Option<Reading>> {
        let found = session.query(&query!("stats/last.sql"), &[]).await.map_err(ServerError::explained)?;
        let bytes: Option<Vec<u8>> =
            found.first().context("the store has lost its last reading")?.try_get(0)?;
        bytes.map(|bytes| unpack(&bytes)).transpose()
    }

    /// Adds a snapshot, none for a first reading that only begins the next one. In the transaction of [`Self::last`].
    pub async fn append(
        &self,
        session: &Session,
        snapshot: Option<&Snapshot>,
        last: &Reading,
        texts: &Texts,
    ) -> anyhow::Result<()> {
        if let Some(snapshot) = snapshot {
            add(session, snapshot).await?;
        }
        if !texts.is_empty() {
            let (fingerprints, texts): (Vec<i64>, Vec<&str>) =
                texts.iter().map(|(fingerprint, text)| (*fingerprint, text.as_str())).unzip();
            write(session, &query!("stats/add_texts.sql"), &[&fingerprints, &texts]).await?;
        }
        let bytes = pack(last)?;
        write(session, &query!("stats/keep_last.sql"), &[&last.moment.at, &bytes]).await?;
        Ok(())
    }

    pub(super) async fn window(&self, session: &Session, span: Span) -> anyhow::Result<Window> {
        self.enter(session).await?;
        let (intervals, statements, relations, indexes) = tokio::join!(
            in_span::<Interval>(session, query!("stats/window_intervals.sql"), span),
            in_span(session, query!("stats/window_statements.sql"), span),
            in_span::<RelationSum>(session, query!("stats/window_relations.sql"), span),
            in_span::<IndexSum>(session, query!("stats/window_indexes.sql"), span),
        );
        let intervals = intervals.map_err(ServerError::explained)?;
        let database = work(&intervals);
        let relations = relations.map_err(ServerError::explained)?;
        let indexes = indexes.map_err(ServerError::explained)?;
        Ok(Window {
            coverage: Coverage::of(Source::Store, span, &intervals),
            statements: statements.map_err(ServerError::explained)?,
            relations: relations.into_iter().map(|sum| (sum.oid, sum)).collect(),
            indexes: indexes.into_iter().map(|sum| (sum.oid, sum)).collect(),
            database,
        })
    }

    pub(super) async fn statements(&self, session: &Session, span: Span) -> anyhow::Result<Window> {
        self.enter(session).await?;
        let (intervals, statements) = tokio::join!(
            in_span::<Interval>(session, query!("stats/window_intervals.sql"), span),
            in_span(session, query!("stats/window_statements.sql"), span),
        );
        let intervals = intervals.map_err(ServerError::explained)?;
        Ok(Window {
            coverage: Coverage::of(Source::Store, span, &intervals),
            statements: statements.map_err(ServerError::explained)?,
            database: work(&intervals),
            ..Window::default()
        })
    }

    pub(super) async fn series(
        &self,
        session: &Session,
        fingerprints: &[i64],
        to: DateTime<Utc>,
        hours: usize,
    ) -> anyhow::Result<Vec<Series>> {
        #[derive(Deserialize)]
        struct Hour {
            fingerprint: i64,
            hours_ago: usize,
            exec_ms: f64,
        }
        let length = i32::try_from(hours)?;
        let query = query!("stats/series.sql");
        let found = rows::<Hour>(session, &query, &[&fingerprints, &to, &length]).await;
        let mut series = vec![vec![0.0; hours]; fingerprints.len()];
        for one in found.map_err(ServerError::explained)? {
            let line = fingerprints.iter().position(|fingerprint| *fingerprint == one.fingerprint);
            if let (Some(line), true) = (line, one.hours_ago < hours) {
                series[line][hours - 1 - one.hours_ago] += one.exec_ms;
            }
        }
        Ok(series)
    }

    pub(super) async fn held(&self, session: &Session) -> anyhow::Result<Held> {
        self.enter(session).await?;
        one(session, &query!("stats/held.sql"), &[]).await.map_err(ServerError::explained)
    }

    pub(super) async fn prune(
        &self,
        session: &Session,
        now: DateTime<Utc>,
        keep: Keep,
    ) -> anyhow::Result<Pruned> {
        transaction(session, async {
            let hours = roll_up(session, "capture", "hour", now - keep.captures).await?;
            let days = roll_up(session, "hour", "day", now - keep.hours).await?;
            let dropped = write(session, &query!("stats/drop_old.sql"), &[&(now - keep.days)]).await?;
            write(session, &query!("stats/drop_texts.sql"), &[]).await?;
            Ok(Pruned { rolled_up: hours + days, dropped })
        })
        .await
    }
}

fn work(intervals: &[Interval]) -> DatabaseWork {
    let mut database = DatabaseWork::default();
    for interval in intervals {
        database.add(&interval.work);
    }
    database
}

/// Commits what `work` has written, or takes it back.
pub async fn transaction<T>(
    session: &Session,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    session.execute(&ddl!("apply/begin.sql")).await.map_err(ServerError::explained)?;
    let done = work.await;
    let end: Sql = if done.is_ok() { ddl!("apply/commit.sql") } else { ddl!("apply/rollback.sql") };
    let ended = session.execute(&end).await.map_err(ServerError::explained);
    // When the work has failed, its error is the one that tells why.
    let value = done?;
    ended.map(|()| value)
}

async fn in_span<T: serde::de::DeserializeOwned>(
    session: &Session,
    query: Query,
    span: Span,
) -> Read<Vec<T>> {
    rows(session, &query, &[&span.from, &span.to]).await
}

async fn write(
    session: &Session,
    query: &Query,
    params: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> anyhow::Result<u64> {
    session.write(query, params).await.map_err(ServerError::explained)
}

async fn add(session: &Session, snapshot: &Snapshot) -> anyhow::Result<()> {
    let interval = serde_json::to_string(&snapshot.interval)?;
    let found = session.query(&query!("stats/add_snapshot.sql"), &[&interval]).await;
    let found = found.map_err(ServerError::explained)?;
    let id: i64 = found.first().context("the store gave no snapshot")?.try_get(0)?;
    add_all(session, query!("stats/add_statements.sql"), id, &snapshot.statements).await?;
    add_all(session, query!("stats/add_relations.sql"), id, &snapshot.relations).await?;
    add_all(session, query!("stats/add_indexes.sql"), id, &snapshot.indexes).await
}

async fn add_all(session: &Session, query: Query, id: i64, deltas: &[impl Serialize]) -> anyhow::Result<()> {
    if !deltas.is_empty() {
        write(session, &query, &[&id, &serde_json::to_string(deltas)?]).await?;
    }
    Ok(())
}

async fn roll_up(session: &Session, from: &str, to: &str, before: DateTime<Utc>) -> anyhow::Result<u64> {
    write(session, &query!("stats/roll_up.sql"), &[&from, &to, &before]).await?;
    for query in [
        query!("stats/roll_up_statements.sql"),
        query!("stats/roll_up_relations.sql"),
        query!("stats/roll_up_indexes.sql"),
    ] {
        write(session, &query, &[&from, &to, &before]).await?;
    }
    write(session, &query!("stats/drop_summed.sql"), &[&from, &to, &before]).await
}
