//! Lock modes, the advisory lock that keeps two runs off one target, and the question who is in our way.
//! Modes and their conflicts are those of the manual's chapter 13.3.
use std::fmt;

use serde::Serialize;
use tokio_postgres::Row;

use crate::pg::masked::masked;
use crate::pg::name::Relation;
use crate::pg::session::Session;
use crate::pg::sql::{Keyword, Query};
use crate::{mark, query};

/// A table-level lock mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LockMode {
    AccessShare,
    RowShare,
    RowExclusive,
    ShareUpdateExclusive,
    Share,
    ShareRowExclusive,
    Exclusive,
    AccessExclusive,
}

impl LockMode {
    /// As `LOCK TABLE` wants it.
    pub const fn keyword(self) -> Keyword {
        Keyword(match self {
            Self::AccessShare => "access share",
            Self::RowShare => "row share",
            Self::RowExclusive => "row exclusive",
            Self::ShareUpdateExclusive => "share update exclusive",
            Self::Share => "share",
            Self::ShareRowExclusive => "share row exclusive",
            Self::Exclusive => "exclusive",
            Self::AccessExclusive => "access exclusive",
        })
    }

    /// As `pg_locks` shows it.
    const fn in_pg_locks(self) -> &'static str {
        match self {
            Self::AccessShare => "AccessShareLock",
            Self::RowShare => "RowShareLock",
            Self::RowExclusive => "RowExclusiveLock",
            Self::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
            Self::Share => "ShareLock",
            Self::ShareRowExclusive => "ShareRowExclusiveLock",
            Self::Exclusive => "ExclusiveLock",
            Self::AccessExclusive => "AccessExclusiveLock",
        }
    }
}

impl fmt::Display for LockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.keyword().0.to_uppercase())
    }
}

/// A session that holds what we want.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Blocker {
    pub pid: i32,
    pub role: Option<String>,
    pub application: Option<String>,
    pub state: Option<String>,
    /// Age of its transaction in seconds.
    pub age_s: Option<f64>,
    pub query: Option<String>,
    /// The lock mode and what it is on, as `pg_locks` shows it.
    pub mode: String,
}

impl Blocker {
    fn read(row: &Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            pid: row.try_get("pid")?,
            role: row.try_get("role")?,
            application: row.try_get("application")?,
            state: row.try_get("state")?,
            age_s: row.try_get("age_s")?,
            query: row.try_get::<_, Option<&str>>("query")?.map(|query| masked(query).into_owned()),
            mode: row.try_get("mode")?,
        })
    }
}

impl fmt::Display for Blocker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pid {}", self.pid)?;
        if let Some(role) = &self.role {
            write!(f, ", user {role}")?;
        }
        if let Some(application) = self.application.as_deref().filter(|a| !a.is_empty()) {
            write!(f, ", application {application}")?;
        }
        if let Some(state) = &self.state {
            write!(f, ", {state}")?;
        }
        if let Some(age) = self.age_s {
            write!(f, " for {age:.1} s")?;
        }
        write!(f, ", {}", self.mode)?;
        if let Some(query) = self.query.as_deref().filter(|q| !q.is_empty() && !q.starts_with(mark!())) {
            let line: String =
                query.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(80).collect();
            write!(f, ": {line}")?;
        }
        Ok(())
    }
}

/// Tries once to become the only run on the object.
pub async fn try_target(session: &Session, oid: u32) -> anyhow::Result<bool> {
    let rows = session.query(&query!("lock/try_advisory.sql"), &[&oid]).await.map_err(|e| e.explained())?;
    Ok(rows.first().is_some_and(|row| row.get("taken")))
}

pub async fn release_target(session: &Session, oid: u32) -> anyhow::Result<()> {
    session.query(&query!("lock/release_advisory.sql"), &[&oid]).await.map_err(|e| e.explained())?;
    Ok(())
}

pub async fn target_holder(session: &Session, oid: u32) -> anyhow::Result<Vec<Blocker>> {
    blockers(session, &query!("lock/advisory_holder.sql"), &[&oid]).await
}

/// Who holds locks that conflict with the wanted ones, at this moment.
pub async fn holders(session: &Session, wanted: &[(Relation, LockMode)]) -> anyhow::Result<Vec<Blocker>> {
    let relations: Vec<String> = wanted.iter().map(|(relation, _)| relation.to_string()).collect();
    let modes: Vec<&str> = wanted.iter().map(|(_, mode)| mode.in_pg_locks()).collect();
    blockers(session, &query!("lock/holders.sql"), &[&relations, &modes]).await
}

/// Transactions older than `age_s` seconds that hold any lock on the relation.
pub async fn old_transactions(
    session: &Session,
    relation: &Relation,
    age_s: f64,
) -> anyhow::Result<Vec<Blocker>> {
    blockers(session, &query!("lock/old_transactions.sql"), &[&relation.to_string(), &age_s]).await
}

/// Sessions that build an index on one of the tables, by their oids.
pub async fn index_builds(session: &Session, tables: &[u32]) -> anyhow::Result<Vec<Blocker>> {
    blockers(session, &query!("lock/index_builds.sql"), &[&tables]).await
}

/// How far a session has come with an index.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IndexProgress {
    /// As `pg_stat_progress_create_index` words it.
    pub phase: String,
    pub done: i64,
    /// Zero where the server does not know.
    pub total: i64,
    /// `pages`, `rows` or `transactions`
    pub unit: String,
}

/// `None`: the session builds no index at this moment.
pub async fn index_progress(session: &Session, pid: i32) -> anyhow::Result<Option<IndexProgress>> {
    let rows = session.query(&query!("lock/index_progress.sql"), &[&pid]).await.map_err(|e| e.explained())?;
    let read = |row: &Row| -> anyhow::Result<IndexProgress> {
        let (phase, unit) = (row.try_get("phase")?, row.try_get("unit")?);
        Ok(IndexProgress { phase, unit, done: row.try_get("done")?, total: row.try_get("total")? })
    };
    rows.first().map(read).transpose()
}

/// Transactions that may not see what the given one did, because they began before it ended.
pub async fn older_transactions(session: &Session, transaction: &str) -> anyhow::Result<Vec<Blocker>> {
    blockers(session, &query!("lock/older_transactions.sql"), &[&transaction]).await
}

/// What a session of ours waits for.
#[derive(Debug)]
pub struct Wait {
    pub blockers: Vec<Blocker>,
    /// It queues for a lock on a relation in a mode that makes writers queue behind it.
    pub holds_up_writers: bool,
}

pub async fn wait_of(session: &Session, pid: i32) -> anyhow::Result<Wait> {
    let rows = session.query(&query!("lock/blockers_of.sql"), &[&pid]).await.map_err(|e| e.explained())?;
    let holds_up_writers =
        rows.iter().any(|row| row.get::<_, Option<bool>>("holds_up_writers") == Some(true));
    Ok(Wait { blockers: rows.iter().map(Blocker::read).collect::<Result<_, _>>()?, holds_up_writers })
}

type Params<'a> = [&'a (dyn tokio_postgres::types::ToSql + Sync)];

async fn blockers(session: &Session, query: &Query, params: &Params<'_>) -> anyhow::Result<Vec<Blocker>> {
    let rows = session.query(query, params).await.map_err(|e| e.explained())?;
    Ok(rows.iter().map(Blocker::read).collect::<Result<_, _>>()?)
}
