//! One run per target, kept by an advisory lock on the session that does the work. It is polled, never waited for in
//! the server: a waiting `pg_advisory_lock` would be a transaction that concurrent statements wait for in turn.
use std::time::{Duration, Instant};

use anyhow::anyhow;

use crate::apply::{Budget, Stop};
use crate::failure::{Exit, Explain as _};
use crate::pg::lock::{release_target, target_holder, try_target};
use crate::pg::name::Relation;
use crate::pg::session::Session;

/// The right to work on a relation, until [`Target::release`] or the end of the session.
#[derive(Debug)]
pub struct Target<'a> {
    session: &'a Session,
    oid: u32,
}

const POLL: Duration = Duration::from_millis(100);

impl<'a> Target<'a> {
    /// # Errors
    /// `Exit::Busy` with the holder's name when another run has the relation for longer than the budget lasts.
    pub async fn claim(
        session: &'a Session,
        relation: &Relation,
        oid: u32,
        budget: &Budget,
        stop: &Stop,
    ) -> anyhow::Result<Self> {
        loop {
            let began = Instant::now();
            if try_target(session, oid).await? {
                return Ok(Self { session, oid });
            }
            if budget.is_spent() {
                let holders = target_holder(session, oid).await?;
                let names = holders.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
                return Err(anyhow!("another run holds {}", relation.plain()).exit(Exit::Busy).detail(names));
            }
            stop.sleep(POLL).await?;
            budget.spend(began.elapsed());
        }
    }

    /// Asks once. `None`: another run has it.
    pub async fn try_claim(session: &'a Session, oid: u32) -> anyhow::Result<Option<Self>> {
        Ok(try_target(session, oid).await?.then_some(Self { session, oid }))
    }

    pub async fn release(self) -> anyhow::Result<()> {
        release_target(self.session, self.oid).await
    }
}
