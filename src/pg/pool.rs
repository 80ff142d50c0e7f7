//! Sessions for work that goes on beside other work: no more than so many at once, none older than it should be, and each
//! handed out as clean as a new one. It knows no command and no configuration.
use std::fmt;
use std::time::Duration;

use anyhow::anyhow;
use deadpool::Runtime;
use deadpool::managed::{self, Metrics, PoolError, RecycleError, RecycleResult, Timeouts};

use crate::failure::{Exit, Explain as _};
use crate::pg::session::{Purpose, Session};
use crate::pg::settings::Settings;

/// A session out of the pool, which goes back when it is dropped.
pub type Lease = managed::Object<Opener>;

/// How large a pool may be, and how long its sessions live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub max: usize,
    /// So many are kept although nobody uses them.
    pub min: usize,
    /// Longest wait for a session, whether one comes free or is opened.
    pub connect: Duration,
    /// Beyond `min`, one that was not used for so long is closed.
    pub idle: Duration,
    /// After so many uses a session is closed: what a server process gathers in memory goes with it.
    pub uses: usize,
    pub age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max: 20,
            min: 1,
            connect: Duration::from_secs(30),
            idle: Duration::from_secs(30),
            uses: 7500,
            age: Duration::from_secs(3600),
        }
    }
}

/// How much of a pool is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saturation {
    pub max: usize,
    pub open: usize,
    pub used: usize,
    pub waiting: usize,
}

pub struct Pool {
    pool: managed::Pool<Opener>,
    limits: Limits,
}

/// Opens sessions for a pool and cleans those that come back.
pub struct Opener {
    settings: Settings,
    purpose: Purpose,
    limits: Limits,
}

impl managed::Manager for Opener {
    type Type = Session;
    type Error = anyhow::Error;

    async fn create(&self) -> anyhow::Result<Session> {
        Session::open(&self.settings, &self.purpose).await
    }

    /// Locks, settings, roles, temporary tables and transactions of the use before are gone, or the session is.
    async fn recycle(&self, session: &mut Session, metrics: &Metrics) -> RecycleResult<anyhow::Error> {
        if metrics.recycle_count + 1 >= self.limits.uses || metrics.age() > self.limits.age {
            return Err(RecycleError::message("it has served its time"));
        }
        session.renew(&self.purpose).await.map_err(RecycleError::Backend)
    }
}

impl Pool {
    /// # Errors
    /// When it may hold no session at all.
    pub fn new(settings: Settings, purpose: Purpose, limits: Limits) -> anyhow::Result<Self> {
        let within = Some(limits.connect);
        let pool = managed::Pool::builder(Opener { settings, purpose, limits })
            .max_size(limits.max)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: within, create: within, recycle: within })
            .build()?;
        Ok(Self { pool, limits })
    }

    /// # Errors
    /// `Exit::Busy` when none comes free in time; else as [`Session::open`].
    pub async fn get(&self) -> anyhow::Result<Lease> {
        self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => error,
            PoolError::Timeout(_) => {
                let (within, max) = (humantime::format_duration(self.limits.connect), self.limits.max);
                anyhow!("no session within {within}; the pool has {max} at most")
                    .exit(Exit::Busy)
                    .hint("[pool] in pgtend.toml has `max` and `connect`")
            }
            error => anyhow!("{error}").context("take a session from the pool"),
        })
    }

    /// Closes what nobody has used for a while, and what is too old.
    pub fn tidy(&self) {
        let mut kept = 0;
        self.pool.retain(|_, metrics| {
            let young = metrics.age() <= self.limits.age;
            let wanted = young && (kept < self.limits.min || metrics.last_used() < self.limits.idle);
            kept += usize::from(wanted);
            wanted
        });
    }

    pub fn saturation(&self) -> Saturation {
        let status = self.pool.status();
        let used = status.size.saturating_sub(status.available);
        Saturation { max: status.max_size, open: status.size, used, waiting: status.waiting }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("limits", &self.limits).field("saturation", &self.saturation()).finish()
    }
}

impl fmt::Debug for Opener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Opener").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}
