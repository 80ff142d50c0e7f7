//! One connection to the server with its settings pinned, so that no bound, name or number depends on who asks.
//! Every statement of pgtend goes through here, and every error leaves with the file of its statement.
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use anyhow::{Context as _, anyhow};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::maybe_done;
use futures_util::poll;
use serde::Deserialize;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, CopyInSink, CopyOutStream, Row, SimpleQueryMessage};

use crate::failure::{Exit, Explain as _};
use crate::pg::connect::{Canceller, Link, connect, pools_transactions};
use crate::pg::name::Ident;
use crate::pg::settings::Settings;
use crate::pg::sql::{Query, Sql};
use crate::pg::state::ServerError;
use crate::pg::version::Version;
use crate::{ddl, query};

/// Who asks, and whether the server shall refuse writes.
#[derive(Clone, Debug)]
pub struct Purpose {
    /// `pgtend <noun> <verb>`, seen in `pg_stat_activity`.
    pub application_name: String,
    pub read_only: bool,
}

/// What the server said of itself when the session began.
#[derive(Clone, Debug)]
pub struct Facts {
    pub version: Version,
    pub standby: bool,
    pub pid: i32,
    pub role: String,
    pub database: String,
    /// The schemas in which an unqualified name is looked up, in order.
    pub search_path: Vec<String>,
    pub now: DateTime<Utc>,
    pub deadlock_timeout_ms: i64,
}

/// What one statement of a pipeline gave.
#[derive(Clone, Debug)]
pub struct Answer {
    pub value: Option<String>,
    pub arrived: Instant,
}

#[derive(Debug)]
pub struct Session {
    client: Client,
    canceller: Canceller,
    target: String,
    facts: Facts,
    shielded: AtomicBool,
}

impl Session {
    /// # Errors
    /// When no host can be reached, the server is too old, it refuses the settings, or a pooler stands between that would
    /// hand them on to others.
    pub async fn open(settings: &Settings, purpose: &Purpose) -> anyhow::Result<Self> {
        let link = connect(settings).await?;
        let facts = look(&link.client).await?;
        if pools_transactions(&link, settings, facts.pid).await {
            let error = anyhow!(
                "{}: a pooler stands between that gives each transaction another session",
                link.target
            );
            let hint = "connect to the server's own port, or to a pool that pools by session";
            return Err(error.exit(Exit::Denied).hint(hint));
        }
        let Link { client, canceller, target } = link;
        pin(&client, purpose).await?;
        Ok(Self { client, canceller, target, facts, shielded: AtomicBool::new(false) })
    }

    /// As if it were opened again: nothing of the use before is left.
    ///
    /// # Errors
    /// When it cannot be had clean; then it must not be used.
    pub async fn renew(&mut self, purpose: &Purpose) -> anyhow::Result<()> {
        // Applications say this too, and the server counts all of it as one statement: it bears no mark of ours.
        let rollback = ddl!("apply/rollback.sql");
        let clean = query!("session/clean.sql");
        let cleaned = self.client.batch_execute(&format!("{};\n{}", rollback.text, clean.text)).await;
        cleaned.map_err(|e| ServerError::new(clean.file, &e).explained()).context("clean the session")?;
        self.facts = look(&self.client).await?;
        pin(&self.client, purpose).await?;
        self.shielded = AtomicBool::new(false);
        Ok(())
    }

    /// Undoes whatever statements of others have set, the role among it.
    pub async fn pin_again(&self) -> Result<(), ServerError> {
        let (reset, settings) = (query!("session/reset.sql"), query!("session/settings.sql"));
        let message = format!("{};\n{}", reset.text, settings.text);
        self.client.batch_execute(&message).await.map_err(|e| ServerError::new(reset.file, &e))?;
        if let Err(error) = self.client.batch_execute(query!("session/liveness.sql").text).await {
            tracing::debug!(target: "pgtend::sql", "the server cannot watch the connection: {error}");
        }
        Ok(())
    }

    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The server and database in words, without secrets.
    pub fn target(&self) -> &str {
        &self.target
    }

    pub async fn query(
        &self,
        query: &Query,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, ServerError> {
        tracing::debug!(target: "pgtend::sql", file = query.file, "{}", query.text);
        self.client.query(query.text, params).await.map_err(|e| ServerError::new(query.file, &e))
    }

    /// As [`Self::query`], of a query that names a schema in its text.
    pub async fn query_of(&self, sql: &Sql, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, ServerError> {
        tracing::debug!(target: "pgtend::sql", file = sql.file, "{}", sql.text);
        self.client.query(&sql.text, params).await.map_err(|e| ServerError::of(sql, &e))
    }

    /// Rows of a query that names relations in its text; every value comes back as text.
    pub async fn read(&self, sql: &Sql) -> Result<Vec<Vec<Option<String>>>, ServerError> {
        tracing::debug!(target: "pgtend::sql", file = sql.file, "{}", sql.text);
        let messages = self.client.simple_query(&sql.text).await.map_err(|e| ServerError::of(sql, &e))?;
        let rows = messages.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => {
                Some((0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
            }
            _ => None,
        });
        Ok(rows.collect())
    }

    /// Runs one statement.
    pub async fn execute(&self, sql: &Sql) -> Result<(), ServerError> {
        tracing::debug!(target: "pgtend::sql", file = sql.file, "{}", sql.text);
        self.client.batch_execute(&sql.text).await.map_err(|e| ServerError::of(sql, &e))
    }

    /// Runs one statement, and gives the number of rows that it touched.
    pub async fn change(&self, sql: &Sql) -> Result<u64, ServerError> {
        tracing::debug!(target: "pgtend::sql", file = sql.file, "{}", sql.text);
        self.client.execute(&sql.text, &[]).await.map_err(|e| ServerError::of(sql, &e))
    }

    /// Runs an insert or update of the books that pgtend keeps.
    pub async fn write(&self, query: &Query, params: &[&(dyn ToSql + Sync)]) -> Result<u64, ServerError> {
        self.client.execute(query.text, params).await.map_err(|e| ServerError::new(query.file, &e))
    }

    /// Sends the statements without waiting for answers in between, so that no round trip passes while locks are
    /// held. Returns the first value that each one gave, and when its answer arrived.
    ///
    /// # Errors
    /// The first statement's that failed, after all have answered.
    pub async fn pipeline(&self, statements: &[Sql]) -> Result<Vec<Answer>, ServerError> {
        let mut answers: Vec<_> = statements.iter().map(|sql| Box::pin(maybe_done(self.read(sql)))).collect();
        for answer in &mut answers {
            // The first poll hands the message to the connection: statements leave in the order of the slice.
            let _ = poll!(answer.as_mut());
        }
        let mut answered = Ok(Vec::with_capacity(statements.len()));
        for mut answer in answers {
            answer.as_mut().await;
            let arrived = Instant::now();
            match (answer.as_mut().take_output(), &mut answered) {
                (Some(Ok(rows)), Ok(all)) => all.push(Answer { value: first_value(rows), arrived }),
                (Some(Err(error)), Ok(_)) => answered = Err(error),
                _ => {}
            }
        }
        if answered.as_ref().is_err_and(|error| error.is(&SqlState::QUERY_CANCELED)) {
            // The server may have taken the cancel for the last message, a COMMIT: then the transaction is still open.
            let _ = self.client.batch_execute(ddl!("apply/rollback.sql").text.as_str()).await;
        }
        answered
    }

    /// Starts a `COPY ... TO STDOUT`. In its text format and in CSV each item is one line of the format's, the header
    /// among them.
    pub async fn copy_out(&self, sql: &Sql) -> Result<CopyOutStream, ServerError> {
        tracing::debug!(target: "pgtend::sql", file = sql.file, "{}", sql.text);
        self.client.copy_out(&sql.text).await.map_err(|e| ServerError::of(sql, &e))
    }

    /// Starts a `COPY ... FROM STDIN`; ends with the sink's `finish`.
    pub async fn copy_in(&self, sql: &Sql) -> Result<CopyInSink<Bytes>, ServerError> {
        tracing::debug!(target: "pgtend::sql", file = sql.file, "{}", sql.text);
        self.client.copy_in(&sql.text).await.map_err(|e| ServerError::of(sql, &e))
    }

    /// Asks the server to stop what this session is running, unless it is cleaning up.
    pub async fn cancel(&self) -> anyhow::Result<()> {
        if self.shielded.load(Ordering::Relaxed) { Ok(()) } else { self.canceller.cancel().await }
    }

    /// While shielded, [`Session::cancel`] does nothing: clean-up after a stop must not be stopped.
    pub fn shield(&self, shielded: bool) {
        self.shielded.store(shielded, Ordering::Relaxed);
    }

    /// The bare client, for drivers of other libraries.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The server, or a pooler before it, runs on this machine.
    pub const fn by_socket(&self) -> bool {
        self.canceller.by_socket()
    }

    pub fn canceller(&self) -> &Canceller {
        &self.canceller
    }
}

/// A role's timeout may be so short that a busy server does not even take it back in time.
const TRIES: u32 = 20;

fn out_of_time(error: &tokio_postgres::Error) -> bool {
    let timed = [SqlState::QUERY_CANCELED, SqlState::IN_FAILED_SQL_TRANSACTION];
    error.code().is_some_and(|code| timed.contains(code))
}

/// Reads what the server says of itself, and leaves the session as it is.
async fn look(client: &Client) -> anyhow::Result<Facts> {
    let mut tries = 0;
    let facts = loop {
        let begin = client.batch_execute(query!("session/first_look.sql").text);
        let facts = client.simple_query(query!("session/facts.sql").text);
        // The messages leave together and are answered in order.
        let commit = client.batch_execute(query!("apply/commit.sql").text);
        let (_, facts, _) = tokio::join!(begin, facts, commit);
        match &facts {
            Err(error) if out_of_time(error) && tries < TRIES => tries += 1,
            _ => break facts,
        }
    };
    let facts = facts.map_err(|e| ServerError::new("sql/session/facts.sql", &e).explained());
    Facts::read(&facts.context("read the server's version and settings")?)
}

async fn pin(client: &Client, purpose: &Purpose) -> anyhow::Result<()> {
    let read_only = if purpose.read_only { query!("session/read_only.sql").text } else { "" };
    let settings = query!("session/settings.sql");
    let pinned = format!("{};\n{read_only}", settings.text);
    let liveness = query!("session/liveness.sql");
    let mut tries = 0;
    let (pinned, alive) = loop {
        let patience = client.batch_execute(query!("session/patience.sql").text);
        let (patient, pinned, alive) =
            tokio::join!(patience, client.batch_execute(&pinned), client.batch_execute(liveness.text));
        match &patient {
            Err(error) if out_of_time(error) && tries < TRIES => tries += 1,
            _ => break (pinned, alive),
        }
    };
    pinned.map_err(|e| ServerError::new(settings.file, &e).explained()).context("set up the session")?;
    if let Err(error) = alive {
        tracing::debug!(target: "pgtend::sql", "the server cannot watch the connection: {error}");
    }
    Ok(())
}

fn first_value(rows: Vec<Vec<Option<String>>>) -> Option<String> {
    rows.into_iter().next()?.into_iter().next()?
}

impl Facts {
    /// What would let the role make a schema for pgtend's books.
    ///
    /// # Errors
    /// Never in practice: the server gave the names.
    pub fn grant_create(&self) -> anyhow::Result<String> {
        let (database, role) = (Ident::new(&self.database)?, Ident::new(&self.role)?);
        Ok(format!("grant create on database {database} to {role}"))
    }

    fn read(messages: &[SimpleQueryMessage]) -> anyhow::Result<Self> {
        let text = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0),
            _ => None,
        });
        let read: Read = serde_json::from_str(text.context("the server gave no row")?)?;
        Ok(Self {
            version: Version::supported(read.version)?,
            standby: read.standby,
            pid: read.pid,
            role: read.role,
            database: read.database,
            search_path: read.search_path,
            now: DateTime::from_timestamp_micros(read.now_us)
                .context("the server's clock is beyond the calendar")?,
            deadlock_timeout_ms: read.deadlock_timeout_ms,
        })
    }
}

/// The one value of `sql/session/facts.sql`.
#[derive(Deserialize)]
struct Read {
    version: u32,
    standby: bool,
    pid: i32,
    role: String,
    database: String,
    search_path: Vec<String>,
    now_us: i64,
    deadlock_timeout_ms: i64,
}
