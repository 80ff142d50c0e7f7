//! The store in pgtend's schema. The session's search path must lead there: [`SchemaStore::enter`].
use std::collections::HashMap;

use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::books::{pack, unpack};
use super::terms::{Entered, intervals, terms};
use super::{Held, Keep, Level, Pruned, Series, hour_of, place};
use crate::failure::Explain as _;
use crate::operations::report::{Read, one, rows};
use crate::operations::stats::counters::{DatabaseWork, StatementWork};
use crate::operations::stats::difference::{Snapshot, StatementDelta};
use crate::operations::stats::reading::{Reading, Texts, values};
use crate::operations::stats::window::{Coverage, IndexSum, RelationSum, Source, Span, StatementSum, Window};
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::pg::sql::{Query, Sql};
use crate::pg::state::ServerError;
use crate::{ddl, query};

#[derive(Clone, Debug)]
pub struct SchemaStore {
    pub schema: Ident,
}

/// A reading on its way out of the store.
#[derive(Debug)]
pub struct Unpacking(JoinHandle<anyhow::Result<Option<Reading>>>);

impl Unpacking {
    pub async fn unpacked(self) -> anyhow::Result<Option<Reading>> {
        self.0.await.context("unpack the last reading")?
    }
}

/// What the catalog says of a schema's store.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct SchemaState {
    /// All of its tables are there.
    pub complete: bool,
    /// As this version of pgtend makes them.
    pub current: bool,
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

    /// The last reading, locked until the transaction ends. It is unpacked while the server answers the next question.
    pub async fn last(&self, session: &Session) -> anyhow::Result<Unpacking> {
        let found = session.query(&query!("stats/last.sql"), &[]).await.map_err(|error| {
            let busy = error.lock_busy();
            let error = error.explained();
            if busy {
                error.hint("another capture is under way, and its numbers are these, too")
            } else {
                error
            }
        })?;
        let bytes: Option<Vec<u8>> =
            found.first().context("the store has lost its last reading")?.try_get(0)?;
        Ok(Unpacking(spawn_blocking(move || bytes.map(|bytes| unpack(&bytes)).transpose())))
    }

    /// Adds a snapshot, none for a first reading that only begins the next one. In the transaction of [`Self::last`].
    pub async fn append(
        &self,
        session: &Session,
        snapshot: Option<&Snapshot>,
        last: Reading,
        texts: &Texts,
    ) -> anyhow::Result<()> {
        let at = last.moment.at;
        // While the server writes the differences.
        let packing = spawn_blocking(move || pack(&last));
        if let Some(snapshot) = snapshot {
            add(session, snapshot).await?;
        }
        if !texts.is_empty() {
            let (fingerprints, texts): (Vec<i64>, Vec<&str>) =
                texts.iter().map(|(fingerprint, text)| (*fingerprint, text.as_str())).unzip();
            write(session, &query!("stats/add_texts.sql"), &[&fingerprints, &texts]).await?;
        }
        let bytes = packing.await.context("pack the reading")??;
        write(session, &query!("stats/keep_last.sql"), &[&at, &bytes]).await?;
        Ok(())
    }

    pub(super) async fn window(&self, session: &Session, span: Span) -> anyhow::Result<Window> {
        let entered = self.entered(session, span).await?;
        let ids = ids(&entered, span);
        let (relations, indexes) = (query!("stats/window_relations.sql"), query!("stats/window_indexes.sql"));
        let ids: [&(dyn ToSql + Sync); 1] = [&ids];
        let (statements, relations, indexes) = tokio::join!(
            statements(session, &ids),
            rows::<RelationSum>(session, &relations, &ids),
            rows::<IndexSum>(session, &indexes, &ids),
        );
        let relations = relations.map_err(ServerError::explained)?;
        let indexes = indexes.map_err(ServerError::explained)?;
        Ok(Window {
            statements: statements.map_err(ServerError::explained)?,
            relations: relations.into_iter().map(|sum| (sum.oid, sum)).collect(),
            indexes: indexes.into_iter().map(|sum| (sum.oid, sum)).collect(),
            ..frame(&entered, span)
        })
    }

    pub(super) async fn statements(&self, session: &Session, span: Span) -> anyhow::Result<Window> {
        let entered = self.entered(session, span).await?;
        let statements = statements(session, &[&ids(&entered, span)]).await;
        Ok(Window { statements: statements.map_err(ServerError::explained)?, ..frame(&entered, span) })
    }

    /// The snapshots that a window may be summed from.
    async fn entered(&self, session: &Session, span: Span) -> anyhow::Result<Vec<Entered>> {
        self.enter(session).await?;
        let query = query!("stats/window_snapshots.sql");
        rows(session, &query, &[&span.from, &span.to]).await.map_err(ServerError::explained)
    }

    pub(super) async fn series(
        &self,
        session: &Session,
        fingerprints: &[i64],
        to: DateTime<Utc>,
        hours: usize,
    ) -> anyhow::Result<Vec<Series>> {
        let span = Span { from: hour_of(to) - TimeDelta::hours(i64::try_from(hours)? - 1), to };
        let entered = self.entered(session, span).await?;
        let terms = terms(&entered, span, Level::Hour);
        let places: HashMap<i64, usize> =
            terms.iter().filter_map(|one| Some((one.id, place(&one.interval, to, hours)?))).collect();
        let ids: Vec<i64> = places.keys().copied().collect();
        let found = session.query(&query!("stats/series.sql"), &[&ids, &fingerprints]).await;
        let mut series = vec![vec![0.0; hours]; fingerprints.len()];
        for row in found.map_err(ServerError::explained)? {
            let (snapshot, fingerprint): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
            let line = fingerprints.iter().position(|one| *one == fingerprint);
            if let (Some(line), Some(hour)) = (line, places.get(&snapshot)) {
                series[line][*hour] += row.try_get::<_, f64>(2)?;
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
            let dropped = dropped(session, &query!("stats/drop_old.sql"), &[&(now - keep.days)]).await?;
            // Sums keep every statement of their parts.
            if dropped > 0 {
                write(session, &query!("stats/drop_texts.sql"), &[]).await?;
            }
            Ok(Pruned { rolled_up: hours + days, dropped })
        })
        .await
    }
}

/// What to add up.
fn ids(entered: &[Entered], span: Span) -> Vec<i64> {
    terms(entered, span, Level::Day).iter().map(|one| one.id).collect()
}

/// The window without what was done in it.
fn frame(entered: &[Entered], span: Span) -> Window {
    let intervals = intervals(entered, span);
    let mut database = DatabaseWork::default();
    for interval in &intervals {
        database.add(&interval.work);
    }
    Window { coverage: Coverage::of(Source::Store, span, &intervals), database, ..Window::default() }
}

/// `ids`: the snapshots to add up.
async fn statements(session: &Session, ids: &[&(dyn ToSql + Sync)]) -> Read<Vec<StatementSum>> {
    const WORK: usize = 2;
    const AFTER: usize = WORK + StatementWork::COUNT;
    let query = query!("stats/window_statements.sql");
    let sum = |row: &Row| {
        Ok(StatementSum {
            fingerprint: row.try_get(0)?,
            text: row.try_get(1)?,
            work: StatementWork::of(values(row, WORK)?),
            exec_ms_squared: row.try_get(AFTER)?,
            max_ms: row.try_get(AFTER + 1)?,
        })
    };
    let found = session.query(&query, ids).await?;
    found.iter().map(|row| sum(row).map_err(|error| ServerError::new(query.file, &error))).collect()
}

/// Commits what `work` has written, or takes it back.
pub async fn transaction<T>(
    session: &Session,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    // A crash that takes a capture away has taken the server's counters with it.
    session.execute(&ddl!("apply/begin_lazy.sql")).await.map_err(ServerError::explained)?;
    let done = work.await;
    let end: Sql = if done.is_ok() { ddl!("apply/commit.sql") } else { ddl!("apply/rollback.sql") };
    let ended = session.execute(&end).await.map_err(ServerError::explained);
    // When the work has failed, its error is the one that tells why.
    let value = done?;
    ended.map(|()| value)
}

async fn write(session: &Session, query: &Query, params: &[&(dyn ToSql + Sync)]) -> anyhow::Result<u64> {
    session.write(query, params).await.map_err(ServerError::explained)
}

/// How many snapshots a query has dropped with their differences.
async fn dropped(session: &Session, query: &Query, params: &[&(dyn ToSql + Sync)]) -> anyhow::Result<u64> {
    let found = session.query(query, params).await.map_err(ServerError::explained)?;
    let snapshots: i64 = found.first().context("the store tells nothing of what it drops")?.try_get(0)?;
    Ok(u64::try_from(snapshots)?)
}

async fn add(session: &Session, snapshot: &Snapshot) -> anyhow::Result<()> {
    let interval = serde_json::to_string(&snapshot.interval)?;
    let found = session.query(&query!("stats/add_snapshot.sql"), &[&interval]).await;
    let found = found.map_err(ServerError::explained)?;
    let id: i64 = found.first().context("the store gave no snapshot")?.try_get(0)?;
    add_statements(session, id, &snapshot.statements).await?;
    add_all(session, query!("stats/add_relations.sql"), id, &snapshot.relations).await?;
    add_all(session, query!("stats/add_indexes.sql"), id, &snapshot.indexes).await
}

/// Column by column, for there are thousands.
async fn add_statements(session: &Session, id: i64, deltas: &[StatementDelta]) -> anyhow::Result<()> {
    if deltas.is_empty() {
        return Ok(());
    }
    let keys: [Vec<i64>; 3] = [
        deltas.iter().map(|delta| delta.fingerprint).collect(),
        deltas.iter().map(|delta| i64::from(delta.database_oid)).collect(),
        deltas.iter().map(|delta| i64::from(delta.user_oid)).collect(),
    ];
    let works: Vec<[f64; StatementWork::COUNT]> = deltas.iter().map(|delta| delta.work.values()).collect();
    let works: [Vec<f64>; StatementWork::COUNT] =
        std::array::from_fn(|counter| works.iter().map(|work| work[counter]).collect());
    let squares: Vec<f64> = deltas.iter().map(|delta| delta.exec_ms_squared).collect();
    let slowest: Vec<Option<f64>> = deltas.iter().map(|delta| delta.max_ms).collect();
    let mut columns: Vec<&(dyn ToSql + Sync)> = vec![&id];
    columns.extend(keys.iter().map(|column| column as &(dyn ToSql + Sync)));
    columns.extend(works.iter().map(|column| column as &(dyn ToSql + Sync)));
    columns.extend([&squares as &(dyn ToSql + Sync), &slowest]);
    write(session, &query!("stats/add_statements.sql"), &columns).await?;
    Ok(())
}

async fn add_all(session: &Session, query: Query, id: i64, deltas: &[impl Serialize]) -> anyhow::Result<()> {
    if !deltas.is_empty() {
        write(session, &query, &[&id, &serde_json::to_string(deltas)?]).await?;
    }
    Ok(())
}

/// Sums up what is over, drops what is old and part of a sum, and returns how many snapshots have got one.
async fn roll_up(session: &Session, from: &str, to: &str, before: DateTime<Utc>) -> anyhow::Result<u64> {
    let made = session.query(&query!("stats/roll_up.sql"), &[&from, &to]).await;
    let made = made.map_err(ServerError::explained)?;
    let sums = made.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?;
    let parts = made.iter().map(|row| row.try_get::<_, i64>(1)).sum::<Result<i64, _>>()?;
    if !sums.is_empty() {
        for query in [
            query!("stats/roll_up_statements.sql"),
            query!("stats/roll_up_relations.sql"),
            query!("stats/roll_up_indexes.sql"),
        ] {
            write(session, &query, &[&sums]).await?;
        }
    }
    dropped(session, &query!("stats/drop_summed.sql"), &[&from, &before]).await?;
    Ok(u64::try_from(parts)?)
}
