//! Reasons to pause a long stream of rows: standbys that cannot follow, WAL that piles up, somebody who waits for us, the
//! hour, a file, a query of the user's. Looked for on a session of its own, beside the work.
use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};

use crate::apply::{Event, Stop};
use crate::pg::name::Ident;
use crate::pg::session::Session;
use crate::pg::sql::{List, Sql};
use crate::pg::state::ServerError;
use crate::{ddl, query};

/// When to pause. What is `None` is no reason.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// While this file is there.
    pub file: Option<PathBuf>,
    /// While this query gives a row whose first value is not false, 0, or null.
    pub query: Option<String>,
    /// While a standby has more bytes to replay.
    pub lag_bytes: Option<i64>,
    /// While a standby replays what is older.
    pub lag: Option<Duration>,
    /// While a replication slot keeps more bytes of WAL.
    pub slot_bytes: Option<i64>,
    /// While more WAL is written in a second, by whomever.
    pub wal_bytes_per_second: Option<i64>,
    /// While more WAL files wait to be archived.
    pub archive_files: Option<i64>,
    /// Outside of these hours.
    pub window: Option<Window>,
}

/// Hours of the day, in UTC. It may go over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Minutes since midnight.
    from: i32,
    until: i32,
}

impl Window {
    const fn contains(self, minute: i32) -> bool {
        if self.from <= self.until {
            self.from <= minute && minute < self.until
        } else {
            self.from <= minute || minute < self.until
        }
    }
}

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let minutes = |time: &str| {
            let (hour, minute) = time.trim().split_once(':')?;
            let (hour, minute): (i32, i32) = (hour.parse().ok()?, minute.parse().ok()?);
            ((0..24).contains(&hour) && (0..60).contains(&minute)).then_some(hour * 60 + minute)
        };
        let both = text.split_once('-').and_then(|(from, until)| Some((minutes(from)?, minutes(until)?)));
        match both {
            Some((from, until)) if from != until => Ok(Self { from, until }),
            _ => Err("two times of the day are written as 22:00-05:30".to_owned()),
        }
    }
}

#[derive(Debug)]
pub struct Throttle<'a> {
    session: &'a Session,
    target: String,
    limits: Limits,
    /// Sessions of ours that write, which nobody shall wait for.
    writers: Vec<i32>,
    looked: Cell<bool>,
    pausing: Cell<bool>,
    held_up: Cell<u32>,
    told: RefCell<Option<(&'static str, Instant)>>,
    wal: Cell<Option<(i64, Instant)>>,
    /// Bytes of WAL beyond what the rate allows so far.
    ahead: Cell<f64>,
    blind: Cell<bool>,
}

struct Reason {
    /// What it is that the numbers in the words may change of.
    kind: &'static str,
    words: String,
}

const EVERY: Duration = Duration::from_secs(1);
/// How often it is looked for those who wait for us, and at the rate of WAL.
const OFTEN: Duration = Duration::from_millis(200);
const TELL_AGAIN: Duration = Duration::from_secs(30);

impl<'a> Throttle<'a> {
    pub fn new(session: &'a Session, target: String, limits: Limits, writers: Vec<i32>) -> Self {
        Self {
            session,
            target,
            limits,
            writers,
            looked: Cell::new(false),
            pausing: Cell::new(false),
            held_up: Cell::new(0),
            told: RefCell::new(None),
            wal: Cell::new(None),
            ahead: Cell::new(0.0),
            blind: Cell::new(false),
        }
    }

    /// Returns when there is no reason to pause.
    ///
    /// # Errors
    /// When a stop is requested.
    pub async fn pass(&self, stop: &Stop) -> anyhow::Result<()> {
        const TICK: Duration = Duration::from_millis(20);
        while self.pausing.get() || !self.looked.get() {
            stop.sleep(TICK).await?;
        }
        Ok(stop.check()?)
    }

    /// Returns when a pause begins, or at once in one.
    pub async fn paused(&self) {
        const TICK: Duration = Duration::from_millis(50);
        while !self.pausing.get() {
            tokio::time::sleep(TICK).await;
        }
    }

    /// How often somebody had to wait for us so far.
    pub fn held_up(&self) -> u32 {
        self.held_up.get()
    }

    /// Looks again and again, for as long as it is asked.
    ///
    /// # Errors
    /// When a reason cannot be looked for. It never returns otherwise.
    pub async fn watch(&self, tell: &dyn Fn(&Event)) -> anyhow::Error {
        let mut looked: Option<Instant> = None;
        let every = if self.limits.wal_bytes_per_second.is_some() { OFTEN } else { EVERY };
        loop {
            let waits = self.somebody_waits().await;
            let due = looked.is_none_or(|looked| looked.elapsed() >= every);
            let found = match waits {
                Ok(Some(reason)) => Ok(Some(reason)),
                Ok(None) if due => {
                    looked = Some(Instant::now());
                    self.reason(tell).await
                }
                Ok(None) => {
                    tokio::time::sleep(OFTEN).await;
                    continue;
                }
                Err(error) => Err(error),
            };
            match found.context("look for a reason to pause") {
                Ok(reason) => self.note(reason, tell),
                Err(error) => return error,
            }
            tokio::time::sleep(OFTEN).await;
        }
    }

    fn note(&self, reason: Option<Reason>, tell: &dyn Fn(&Event)) {
        self.pausing.set(reason.is_some());
        self.looked.set(true);
        let Some(reason) = reason else { return };
        let known = |(kind, at): &(&str, Instant)| *kind == reason.kind && at.elapsed() < TELL_AGAIN;
        if !self.told.borrow().as_ref().is_some_and(known) {
            tell(&Event::Throttled { target: self.target.clone(), reason: reason.words });
            *self.told.borrow_mut() = Some((reason.kind, Instant::now()));
        }
    }

    async fn somebody_waits(&self) -> anyhow::Result<Option<Reason>> {
        let rows = self.session.query(&query!("apply/waiting_for.sql"), &[&self.writers]).await;
        let Some(pid) = rows.map_err(ServerError::explained)?.first().map(|row| row.get::<_, i32>("pid"))
        else {
            return Ok(None);
        };
        self.held_up.set(self.held_up.get() + 1);
        Ok(Some(Reason { kind: "waiting", words: format!("pid {pid} waits for a lock of ours") }))
    }

    async fn reason(&self, tell: &dyn Fn(&Event)) -> anyhow::Result<Option<Reason>> {
        let because = |kind, words| Ok(Some(Reason { kind, words }));
        if let Some(file) = self.limits.file.as_ref().filter(|file| file.exists()) {
            return because("file", format!("the file {} is there", file.display()));
        }
        if let Some(reason) = self.server(tell).await? {
            return Ok(Some(reason));
        }
        let value = self.query().await?;
        if let Some(value) = value.filter(|value| !matches!(value.as_str(), "f" | "false" | "0" | "")) {
            return because("query", format!("the query of --throttle-query gives {value}"));
        }
        Ok(None)
    }

    /// The first value of the user's query, which finds names where the user's role does.
    ///
    /// # Errors
    /// The server's.
    pub async fn query(&self) -> anyhow::Result<Option<String>> {
        let Some(query) = &self.limits.query else { return Ok(None) };
        let schemas: Vec<Ident> =
            self.session.facts().search_path.iter().map(Ident::new).collect::<anyhow::Result<_>>()?;
        if !schemas.is_empty() {
            let path = ddl!("apply/search_path.sql", schemas = List(&schemas));
            self.session.execute(&path).await.map_err(ServerError::explained)?;
        }
        let sql = Sql::of_option("--throttle-query", query.clone());
        let rows = self.session.read(&sql).await.map_err(ServerError::explained)?;
        Ok(rows.first().and_then(|row| row.first().cloned().flatten()))
    }

    /// What the server says of its standbys, its WAL and its clock.
    async fn server(&self, tell: &dyn Fn(&Event)) -> anyhow::Result<Option<Reason>> {
        let limits = &self.limits;
        let rows =
            self.session.query(&query!("apply/pace.sql"), &[]).await.map_err(ServerError::explained)?;
        let row = rows.first().ok_or_else(|| anyhow!("the server gave no row"))?;
        let number = |name: &str| row.try_get::<_, Option<i64>>(name);
        if row.try_get("blind")? && !self.blind.replace(true) {
            let role = Ident::new(&self.session.facts().role)?;
            let text = format!("standbys cannot be seen, and so not waited for: grant pg_monitor to {role}");
            tell(&Event::Note { target: self.target.clone(), text });
        }
        let because = |kind, words| Ok(Some(Reason { kind, words }));
        let above =
            |value: Option<i64>, limit: Option<i64>| value.filter(|v| limit.is_some_and(|most| *v > most));
        if let Some(lag) = above(number("lag_bytes")?, limits.lag_bytes) {
            return because("lag", format!("a standby has {} MB to replay", lag >> 20));
        }
        let longest = limits.lag.map(|lag| i64::try_from(lag.as_millis()).unwrap_or(i64::MAX));
        if let Some(lag) = above(number("lag_ms")?, longest) {
            return because("lag", format!("a standby is {lag} ms behind"));
        }
        if let Some(slot) =
            row.try_get::<_, Option<String>>("slot_in_danger")?.filter(|_| limits.slot_bytes.is_some())
        {
            return because(
                "slot",
                format!("the replication slot {slot} is about to lose WAL that it needs"),
            );
        }
        if let Some(kept) = above(number("slot_bytes")?, limits.slot_bytes) {
            return because("slot", format!("a replication slot keeps {} MB of WAL", kept >> 20));
        }
        let window =
            limits.window.filter(|window| row.try_get("minute").is_ok_and(|now| !window.contains(now)));
        if window.is_some() {
            return because("window", "it is not the hour of --window".to_owned());
        }
        if let Some(waiting) =
            above(self.archive_backlog(row.try_get("archives")?).await?, limits.archive_files)
        {
            return because("archive", format!("{waiting} files of WAL wait to be archived"));
        }
        Ok(number("wal_bytes")?.and_then(|written| self.wal_rate(written)))
    }

    async fn archive_backlog(&self, archives: bool) -> anyhow::Result<Option<i64>> {
        if !archives || self.limits.archive_files.is_none() {
            return Ok(None);
        }
        let rows = self.session.query(&query!("apply/archive_backlog.sql"), &[]).await;
        Ok(rows.map_err(ServerError::explained)?.first().map(|row| row.try_get("files")).transpose()?)
    }

    /// Pauses until as much time has gone by as the rate allows for what was written.
    fn wal_rate(&self, written: i64) -> Option<Reason> {
        let rate = self.limits.wal_bytes_per_second?;
        let (before, since) = self.wal.replace(Some((written, Instant::now())))?;
        let allowed = since.elapsed().as_secs_f64() * rate as f64;
        let ahead = (self.ahead.get() + (written - before) as f64 - allowed).max(0.0);
        self.ahead.set(ahead);
        (ahead > 0.0).then(|| Reason {
            kind: "rate",
            words: format!("more than {} MB of WAL are written in a second", rate >> 20),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_may_go_over_midnight() {
        let night: Window = "22:00-05:30".parse().unwrap();
        for (minute, inside) in
            [(22 * 60, true), (0, true), (5 * 60 + 29, true), (5 * 60 + 30, false), (720, false)]
        {
            assert_eq!(night.contains(minute), inside, "{minute}");
        }
        let noon: Window = "12:00-13:00".parse().unwrap();
        assert!(noon.contains(750) && !noon.contains(780) && !noon.contains(0));
        for text in ["", "12:00", "12:00-12:00", "24:00-01:00", "1-2", "aa:00-01:00"] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }
}
