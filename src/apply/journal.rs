//! The journal of what pgtend did, in its own schema in the database. It is made on the first change where the role
//! may make it; a role that may not works without one.
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use refinery_core::error::Kind;
use refinery_core::traits::r#async::{AsyncMigrate, AsyncQuery, AsyncTransaction};
use refinery_core::{Migration, Runner as Refinery};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio_postgres::Client;

use crate::apply::StepReport;
use crate::failure::one_line;
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::pg::sql::{Query, Sql};
use crate::pg::state::ServerError;
use crate::plan::Plan;
use crate::{ddl, query};

mod books {
    refinery::embed_migrations!("migrations/pgtend");
}

/// An open journal. The session that writes it must have been prepared by [`Journal::open`] or [`Journal::join`].
#[derive(Clone, Debug)]
pub struct Journal {
    command: String,
    schema: Ident,
}

/// What became of looking for the journal.
#[derive(Clone, Debug)]
pub enum Opened {
    Journal(Journal),
    /// The role may neither write it nor make it.
    Denied,
    /// It is there, and to write it would be to run what others put there. Says why.
    Distrusted(String),
}

/// A journal row that waits for its end.
#[derive(Clone, Copy, Debug)]
pub struct Entry(i64);

impl Journal {
    /// Finds the journal, makes it where that is allowed. A schema of a stranger never gets on the search path.
    ///
    /// # Errors
    /// The server's, and those of the journal's own migrations.
    pub async fn open(session: &Session, schema: &Ident, command: &str) -> anyhow::Result<Opened> {
        let state = one(session, &query!("journal/state.sql"), schema).await?;
        let (exists, has_run): (bool, bool) = (state.try_get("schema_exists")?, state.try_get("has_run")?);
        let (may_make, may_write): (bool, bool) = (state.try_get("may_make")?, state.try_get("may_write")?);
        if !may_make && !may_write {
            tracing::debug!("no journal: this role may not write schema {schema}");
            return Ok(Opened::Denied);
        }
        if let Some(why) = state.try_get("distrust")? {
            return Ok(Opened::Distrusted(why));
        }
        let journal = Self { command: command.to_owned(), schema: schema.clone() };
        // A first run that was killed may have left the history without the tables.
        if may_make && (may_write || !has_run) {
            let made = journal.migrate(session, exists).await.context("make the journal's tables")?;
            if let Some(why) = made {
                return Ok(Opened::Distrusted(why));
            }
        } else if !may_write {
            tracing::debug!("no journal: this role may not write schema {schema}");
            return Ok(Opened::Denied);
        }
        journal.join(session).await?;
        Ok(Opened::Journal(journal))
    }

    /// Lets another session write this journal.
    pub async fn join(&self, session: &Session) -> anyhow::Result<()> {
        let path = ddl!("journal/search_path.sql", schema = self.schema);
        session.execute(&path).await.map_err(ServerError::explained)
    }

    pub async fn begin(&self, session: &Session, plan: &Plan, index: usize) -> anyhow::Result<Entry> {
        let step = &plan.steps[index];
        let statements: Vec<&str> = step.statements().into_iter().map(|sql| sql.text.as_str()).collect();
        let rows = session
            .query(
                &query!("journal/begin.sql"),
                &[
                    &self.command,
                    &plan.target.plain(),
                    &i32::try_from(index + 1)?,
                    &i32::try_from(plan.steps.len())?,
                    &step.summary,
                    &statements,
                    &env!("CARGO_PKG_VERSION"),
                ],
            )
            .await
            .map_err(ServerError::explained)?;
        let row = rows.first().context("the journal gave no entry")?;
        Ok(Entry(row.try_get("id")?))
    }

    pub async fn end(
        &self,
        session: &Session,
        entry: Entry,
        result: &anyhow::Result<StepReport>,
    ) -> anyhow::Result<()> {
        let report = result.as_ref().ok();
        let outcome = if report.is_some() { "done" } else { "failed" };
        let attempts = report.map(|r| i32::try_from(r.attempts).unwrap_or(i32::MAX));
        let wait = report.and_then(|r| r.lock_wait_ms);
        let held = report.and_then(|r| r.lock_held_ms);
        let error = result.as_ref().err().map(one_line);
        let end = query!("journal/end.sql");
        session
            .write(&end, &[&entry.0, &outcome, &attempts, &wait, &held, &error])
            .await
            .map_err(ServerError::explained)?;
        Ok(())
    }

    /// Makes what is missing. A reason not to: somebody else was first.
    async fn migrate(&self, session: &Session, exists: bool) -> anyhow::Result<Option<String>> {
        while !taken(session).await? {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if !exists {
            let create = ddl!("journal/create_schema.sql", schema = self.schema);
            session.execute(&create).await.map_err(ServerError::explained)?;
        }
        let applied = self.migrate_trusted(session).await;
        session.query(&query!("journal/unlock.sql"), &[]).await.map_err(ServerError::explained)?;
        applied
    }

    async fn migrate_trusted(&self, session: &Session) -> anyhow::Result<Option<String>> {
        let state = one(session, &query!("journal/state.sql"), &self.schema).await?;
        if let Some(why) = state.try_get("distrust")? {
            return Ok(Some(why));
        }
        let path = ddl!("journal/search_path_making.sql", schema = self.schema);
        session.execute(&path).await.map_err(ServerError::explained)?;
        let mut driver = Driver { client: session.client() };
        let runner: Refinery = books::migrations::runner();
        runner.run_async(&mut driver).await.map_err(|error| told(&error))?;
        Ok(None)
    }
}

async fn taken(session: &Session) -> anyhow::Result<bool> {
    let rows = session.query(&query!("journal/lock.sql"), &[]).await.map_err(ServerError::explained)?;
    Ok(rows.first().is_some_and(|row| row.get("taken")))
}

async fn one(session: &Session, query: &Query, schema: &Ident) -> anyhow::Result<tokio_postgres::Row> {
    let rows = session.query(query, &[&schema.raw()]).await.map_err(ServerError::explained)?;
    rows.into_iter().next().context("the server gave no row")
}

/// refinery decides which migrations are due; this sends them, each in a transaction with its history row.
struct Driver<'a> {
    client: &'a Client,
}

const MIGRATIONS: &str = "migrations/pgtend";

impl AsyncTransaction for Driver<'_> {
    type Error = ServerError;

    async fn execute<'a, T: Iterator<Item = &'a str> + Send + 'a>(
        &'a mut self,
        queries: T,
    ) -> Result<usize, ServerError> {
        let texts: Vec<&str> = queries.collect();
        let (begin, commit): (Sql, Sql) = (ddl!("apply/begin.sql"), ddl!("apply/commit.sql"));
        // One message is one transaction in itself: should a statement fail, the server skips the rest of it.
        let message = [begin.text.as_str(), &texts.join(";\n"), &commit.text].join(";\n");
        let sent = self.client.batch_execute(&message).await;
        if sent.is_err() {
            self.client
                .batch_execute(&ddl!("apply/rollback.sql").text)
                .await
                .map_err(|e| ServerError::new(MIGRATIONS, &e))?;
        }
        sent.map_err(|e| ServerError::new(MIGRATIONS, &e))?;
        Ok(texts.len())
    }
}

impl AsyncQuery<Vec<Migration>> for Driver<'_> {
    async fn query<'a>(&'a mut self, query: &'a str) -> Result<Vec<Migration>, ServerError> {
        let rows = self.client.query(query, &[]).await.map_err(|e| ServerError::new(MIGRATIONS, &e))?;
        rows.iter()
            .map(|row| {
                let unreadable =
                    |what: &str| ServerError::local(MIGRATIONS, format!("unreadable {what} in the history"));
                let (on, checksum): (String, String) = (row.get(2), row.get(3));
                let on = OffsetDateTime::parse(&on, &Rfc3339).map_err(|_| unreadable("time"))?;
                let checksum = checksum.parse().map_err(|_| unreadable("checksum"))?;
                Ok(Migration::applied(row.get(0), row.get(1), on, checksum))
            })
            .collect()
    }
}

impl AsyncMigrate for Driver<'_> {}

/// The server's error with its detail and hint, which refinery has only as text.
fn told(error: &refinery_core::Error) -> anyhow::Error {
    match error.kind() {
        Kind::Connection(what, cause) => match cause.downcast_ref::<ServerError>() {
            Some(server) => server.clone().explained().context(what.clone()),
            None => anyhow!("{what}: {cause}"),
        },
        _ => anyhow!("{error}"),
    }
}
