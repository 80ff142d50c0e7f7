//! Reasons to pause a long stream: a standby that cannot follow, somebody who waits for us, a file, a query of the user's.
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::apply::{Event, Stop};
use crate::pg::session::Session;
use crate::pg::sql::Sql;
use crate::pg::state::ServerError;
use crate::query;

/// When to pause. Looked at once a second, on a session of its own.
#[derive(Debug)]
pub struct Throttle<'a> {
    pub session: &'a Session,
    pub target: String,
    pub limits: Limits,
    pub looked: Option<Instant>,
}

#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// While this file is there.
    pub file: Option<PathBuf>,
    /// While this query gives a row whose first value is not false, 0, or null.
    pub query: Option<String>,
    /// While a standby has more bytes to replay.
    pub lag_bytes: Option<i64>,
    /// A session of ours, which nobody shall wait for.
    pub blocker: Option<i32>,
}

const EVERY: Duration = Duration::from_secs(1);

impl Throttle<'_> {
    /// Returns when there is no reason to pause.
    ///
    /// # Errors
    /// When a stop is requested, or a reason cannot be looked for.
    pub async fn wait(&mut self, stop: &Stop, tell: &dyn Fn(&Event)) -> anyhow::Result<()> {
        if self.looked.is_some_and(|looked| looked.elapsed() < EVERY) {
            return Ok(());
        }
        let mut told = None;
        while let Some(reason) = self.reason().await.context("look for a reason to pause")? {
            if told.as_ref() != Some(&reason) {
                tell(&Event::Throttled { target: self.target.clone(), reason: reason.clone() });
                told = Some(reason);
            }
            stop.sleep(EVERY).await?;
        }
        self.looked = Some(Instant::now());
        Ok(())
    }

    async fn reason(&self) -> anyhow::Result<Option<String>> {
        if let Some(file) = self.limits.file.as_ref().filter(|file| file.exists()) {
            return Ok(Some(format!("the file {} is there", file.display())));
        }
        if let Some(most) = self.limits.lag_bytes {
            let rows = self.session.query(&query!("apply/standby_lag.sql"), &[]).await;
            let rows = rows.map_err(ServerError::explained)?;
            let lag: Option<i64> = rows.first().and_then(|row| row.get("bytes"));
            if let Some(lag) = lag.filter(|lag| *lag > most) {
                return Ok(Some(format!("a standby has {lag} bytes to replay")));
            }
        }
        if let Some(query) = &self.limits.query {
            let sql = Sql::of_option("--throttle-query", query.clone());
            let rows = self.session.read(&sql).await.map_err(ServerError::explained)?;
            let value = rows.first().and_then(|row| row.first().cloned().flatten());
            if let Some(value) = value.filter(|value| !matches!(value.as_str(), "f" | "false" | "0" | "")) {
                return Ok(Some(format!("the query of --throttle-query gives {value}")));
            }
        }
        if let Some(pid) = self.limits.blocker {
            let rows = self.session.query(&query!("apply/waiting_for.sql"), &[&pid]).await;
            if let Some(row) = rows.map_err(ServerError::explained)?.first() {
                return Ok(Some(format!("pid {} waits for a lock of ours", row.try_get::<_, i32>("pid")?)));
            }
        }
        Ok(None)
    }
}
