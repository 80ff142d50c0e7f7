//! One capture: the counters now, what has happened since the last ones, both kept in one act.
use std::time::Duration;

use serde::Serialize;

use crate::operations::report::Rights;
use crate::operations::stats::difference::{Snapshot, difference};
use crate::operations::stats::reading::{Reading, Scope, count, name, read};
use crate::operations::stats::store::{FileStore, SchemaStore, transaction};
use crate::pg::session::Session;
use crate::pg::state::ServerError;

/// What a capture has found, in numbers.
#[derive(Clone, Debug, Serialize)]
pub struct Captured {
    /// Nothing was there to compare with: the next capture is the first to tell of an interval.
    pub first: bool,
    pub interval_s: Option<f64>,
    /// Statements, tables and indexes that have done something, and the entries of pg_stat_statements.
    pub statements: usize,
    pub relations: usize,
    pub indexes: usize,
    pub entries: Option<usize>,
    pub entries_most: Option<f64>,
    pub crashes: i32,
    pub resets: i32,
    pub evictions: f64,
}

pub async fn capture_into_schema(
    session: &Session,
    rights: &Rights,
    store: &SchemaStore,
) -> anyhow::Result<Captured> {
    transaction(session, async {
        let last = store.last(session).await?;
        let mut now = count(session, rights, Scope::ALL).await.map_err(ServerError::explained)?;
        let last = last.unpacked().await?;
        let texts = name(session, rights, &mut now, last.as_ref()).await.map_err(ServerError::explained)?;
        let snapshot = snapshot(last.as_ref(), &now);
        let captured = captured(snapshot.as_ref(), &now);
        store.append(session, snapshot.as_ref(), now, &texts).await?;
        Ok(captured)
    })
    .await
}

pub async fn capture_into_file(
    session: &Session,
    rights: &Rights,
    store: &FileStore,
) -> anyhow::Result<Captured> {
    let claimed = store.claim()?;
    let (now, texts) =
        read(session, rights, Scope::ALL, claimed.last()).await.map_err(ServerError::explained)?;
    let snapshot = snapshot(claimed.last(), &now);
    let captured = captured(snapshot.as_ref(), &now);
    claimed.append(snapshot, now, texts)?;
    Ok(captured)
}

/// What was counted before the first capture belongs to no interval.
fn snapshot(last: Option<&Reading>, now: &Reading) -> Option<Snapshot> {
    let snapshot = last.map(|last| difference(Some(last), now))?;
    snapshot.interval.began.is_some().then_some(snapshot)
}

fn captured(snapshot: Option<&Snapshot>, now: &Reading) -> Captured {
    let statements = now.statements.as_ref();
    let interval = snapshot.map(|snapshot| &snapshot.interval);
    let length = interval.and_then(|interval| (interval.at - interval.began?).to_std().ok());
    Captured {
        first: snapshot.is_none(),
        interval_s: length.as_ref().map(Duration::as_secs_f64),
        statements: snapshot.map_or(0, |snapshot| snapshot.statements.len()),
        relations: snapshot.map_or(0, |snapshot| snapshot.relations.len()),
        indexes: snapshot.map_or(0, |snapshot| snapshot.indexes.len()),
        entries: statements.map(|statements| statements.entries.len()),
        entries_most: statements.map(|statements| statements.since.most),
        crashes: interval.map_or(0, |interval| interval.crashes),
        resets: interval.map_or(0, |interval| interval.resets),
        evictions: interval.map_or(0.0, |interval| interval.evictions),
    }
}
