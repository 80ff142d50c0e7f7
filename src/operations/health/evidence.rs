//! What the checks judge, read over one connection: every part is asked for at once, and one that cannot be read takes
//! none of the others along.
use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use tokio_postgres::error::SqlState;

use crate::failure::one_line;
use crate::operations::health::bloat::Bloat;
use crate::operations::health::indexes::Indexes;
use crate::operations::health::matviews::{self, Aging, Matview};
use crate::operations::health::partitions::{self, Partitions};
use crate::operations::health::registry::{Check, Source};
use crate::operations::health::replication::Replication;
use crate::operations::health::sequences::{self, Sequences};
use crate::operations::health::server::Server;
use crate::operations::health::sessions::Sessions;
use crate::operations::health::state::Missing;
use crate::operations::health::statements::{self, Statements};
use crate::operations::health::tables::Tables;
use crate::operations::partition::Policy;
use crate::operations::stats::{Span, Store, Window};
use crate::pg::name::{Ident, Literal};
use crate::pg::session::Session;
use crate::pg::sql::{Query, Sql};
use crate::pg::state::ServerError;
use crate::{ddl, query};

/// A part of the evidence, or why there is none.
pub(super) type Reading<T> = Result<T, Missing>;

/// What the user wants to be true, where a check compares.
#[derive(Clone, Debug, Default)]
pub struct Wishes {
    /// Partitioned tables by the name in the configuration.
    pub partitions: Vec<(String, Policy)>,
    /// Materialized views by the name in the configuration, and how old they may be.
    pub matviews: Vec<(String, Option<Duration>)>,
    /// The schema of pgtend's own tables.
    pub schema: String,
    /// How far back statements and the cache are judged, where the store knows of it.
    pub window: Duration,
    /// Of a statement that may be called slow.
    pub least_calls: f64,
}

/// The store, and the stretch of it that is judged.
#[derive(Clone, Debug)]
pub struct History {
    pub store: Store,
    pub span: Span,
}

#[derive(Debug)]
pub struct Evidence {
    /// The role that asks, quoted as a GRANT wants it.
    pub role: String,
    pub standby: bool,
    /// How long it took until the server had answered for the first time.
    pub connected_ms: f64,
    pub(super) server: Reading<Server>,
    pub(super) sessions: Reading<Sessions>,
    pub(super) replication: Reading<Replication>,
    pub(super) tables: Reading<Tables>,
    pub(super) bloat: Reading<Bloat>,
    pub(super) sequences: Reading<Sequences>,
    pub(super) indexes: Reading<Indexes>,
    pub(super) statements: Reading<Statements>,
    pub(super) matviews: Reading<Vec<Matview>>,
    pub(super) refreshes: Reading<Vec<Aging>>,
    pub(super) partitions: Reading<Partitions>,
    /// What was done of late; nothing where no store tells of most of that time.
    pub(super) recent: Option<Window>,
}

/// Whether any of the checks would rather judge what was done of late.
pub fn wants_history(checks: &[&Check]) -> bool {
    checks.iter().any(|check| check.sources.contains(&Source::Recent))
}

/// Reads what the checks need and nothing else.
pub async fn survey(
    session: &Session,
    checks: &[&Check],
    wishes: &Wishes,
    history: Option<&History>,
    (now, connected_ms): (DateTime<Utc>, f64),
) -> Evidence {
    let wanted: BTreeSet<Source> = checks.iter().flat_map(|check| check.sources).copied().collect();
    let facts = session.facts();
    let ask = Asking { session, wanted: &wanted };
    let tables = ddl!("health/tables.sql", own = Literal(wishes.schema.clone()));
    let patience = query!("health/patience.sql");
    if let Err(error) = session.execute(&Sql::from(patience)).await {
        // Then the session's own timeouts hold.
        tracing::debug!("set the timeouts: {error}");
    }
    let (
        server,
        sessions,
        replication,
        tables,
        bloat,
        sequences,
        indexes,
        statements,
        matviews,
        refreshes,
        partitions,
        recent,
    ) = tokio::join!(
        ask.read(Source::Server, query!("health/server.sql")),
        ask.read(Source::Sessions, query!("health/sessions.sql")),
        ask.read(Source::Replication, query!("health/replication.sql")),
        ask.when(Source::Tables, document(session, &tables)),
        ask.read(Source::Bloat, query!("health/bloat.sql")),
        ask.when(Source::Sequences, sequences::survey(session)),
        ask.read(Source::Indexes, query!("health/indexes.sql")),
        ask.when(Source::Statements, statements::survey(session, wishes.least_calls)),
        ask.read(Source::Matviews, query!("health/matviews.sql")),
        ask.when(Source::Refreshes, matviews::survey(session, wishes, now)),
        ask.when(Source::Partitions, partitions::survey(session, &wishes.partitions, now)),
        recent(session, history),
    );
    Evidence {
        role: Ident::new(&facts.role).map_or_else(|_| facts.role.clone(), |role| role.to_string()),
        standby: facts.standby,
        connected_ms,
        server,
        sessions,
        replication,
        tables,
        bloat,
        sequences,
        indexes,
        statements,
        matviews,
        refreshes,
        partitions,
        recent,
    }
}

/// The window, where captures cover half of it. A store that cannot be read is as none.
async fn recent(session: &Session, history: Option<&History>) -> Option<Window> {
    let history = history?;
    match history.store.statements(session, history.span).await {
        Ok(window) => Some(window).filter(|window| {
            let (covered, wanted) = (window.coverage.covered_s, window.coverage.wanted_s);
            covered.zip(wanted).is_some_and(|(covered, wanted)| covered * 2.0 >= wanted)
        }),
        Err(error) => {
            tracing::debug!("read the snapshot store: {error:#}");
            None
        }
    }
}

impl Evidence {
    /// Of nothing, for the tests of single judges.
    #[cfg(test)]
    pub(super) fn none(role: &str) -> Self {
        fn unread<T>() -> Reading<T> {
            Err(Missing::skipped("it was not read"))
        }
        Self {
            role: role.to_owned(),
            standby: false,
            connected_ms: 1.0,
            server: unread(),
            sessions: unread(),
            replication: unread(),
            tables: unread(),
            bloat: unread(),
            sequences: unread(),
            indexes: unread(),
            statements: unread(),
            matviews: unread(),
            refreshes: unread(),
            partitions: unread(),
            recent: None,
        }
    }

    /// Of each table that is partitioned by time the periods ahead.
    pub fn periods_ahead(&self) -> impl Iterator<Item = (&str, f64)> {
        self.partitions.iter().flat_map(Partitions::periods_ahead)
    }
}

struct Asking<'a> {
    session: &'a Session,
    wanted: &'a BTreeSet<Source>,
}

impl Asking<'_> {
    async fn when<T>(&self, source: Source, read: impl Future<Output = Reading<T>>) -> Reading<T> {
        if self.wanted.contains(&source) { read.await } else { Err(Missing::skipped("it was not asked for")) }
    }

    async fn read<T: DeserializeOwned>(&self, source: Source, query: Query) -> Reading<T> {
        self.when(source, document(self.session, &Sql::from(query))).await
    }
}

/// The one value of a query that answers with a JSON document.
pub(super) async fn document<T: DeserializeOwned>(session: &Session, sql: &Sql) -> Reading<T> {
    optional(session, sql).await?.ok_or_else(|| Missing::unknown(format!("{} gave no row", sql.file)))
}

/// As [`document`], of a query that may have no row.
pub(super) async fn optional<T: DeserializeOwned>(session: &Session, sql: &Sql) -> Reading<Option<T>> {
    let rows = session.read(sql).await.map_err(|error| Missing::from(&error))?;
    let Some(text) = rows.into_iter().flatten().flatten().next() else { return Ok(None) };
    let read = serde_json::from_str(&text);
    read.map(Some).map_err(|error| Missing::unknown(format!("{} cannot be read: {error}", sql.file)))
}

impl From<&ServerError> for Missing {
    fn from(error: &ServerError) -> Self {
        let missing = Self::unknown(error.to_string());
        if error.lock_busy() {
            missing.remedy("somebody holds a lock; `pgtend report locks` tells who")
        } else if error.is(&SqlState::QUERY_CANCELED) {
            missing.remedy("the server took longer than 5 s to answer; run it again when it is less busy")
        } else if error.is(&SqlState::INSUFFICIENT_PRIVILEGE) {
            missing.remedy("grant this role what it is denied; pg_read_all_data covers reading")
        } else {
            missing
        }
    }
}

impl From<&anyhow::Error> for Missing {
    fn from(error: &anyhow::Error) -> Self {
        let missing = Self::unknown(one_line(error));
        let server = error.chain().find_map(|cause| cause.downcast_ref::<ServerError>()).map(Self::from);
        match server.and_then(|server| server.remedy) {
            Some(remedy) => missing.remedy(remedy),
            None => missing,
        }
    }
}
