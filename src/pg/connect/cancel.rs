//! The request to cancel, sent to the very server that runs the statement, over the same kind of connection.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio_postgres::{CancelToken, NoTls};

use crate::pg::connect::address::Address;
use crate::pg::connect::attempt::Tls;
use crate::pg::connect::failure::Cause;
use crate::pg::settings::Settings;

/// Where no `connect_timeout` says how long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Asks the server to cancel what a session runs. Works while the session itself is busy, and from any task.
#[derive(Clone)]
pub struct Canceller {
    pub(super) token: CancelToken,
    pub(super) address: Address,
    pub(super) tls: Option<Tls>,
    pub(super) settings: Arc<Settings>,
}

impl Canceller {
    /// Whether the session's way to the server, or to a pooler, is a Unix socket.
    pub const fn by_socket(&self) -> bool {
        matches!(self.address, Address::Socket(_))
    }

    /// Sends the request. That it was sent does not mean that a statement was still running.
    ///
    /// # Errors
    /// When the server cannot be reached.
    pub async fn cancel(&self) -> anyhow::Result<()> {
        let patience = self.settings.connect_timeout.unwrap_or(PATIENCE);
        let sent = tokio::time::timeout(patience, self.send()).await.unwrap_or(Err(Cause::TimedOut));
        sent.map_err(|cause| anyhow!("{} failed: {cause}", self.address))
            .context("send the request to cancel")
    }

    async fn send(&self) -> Result<(), Cause> {
        let stream = self.address.open(&self.settings).await.map_err(Cause::Io)?;
        match &self.tls {
            Some(tls) => self.token.cancel_query_raw(stream, tls.connect()).await?,
            None => self.token.cancel_query_raw(stream, NoTls).await?,
        }
        Ok(())
    }
}

impl fmt::Debug for Canceller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canceller").field("address", &self.address).field("tls", &self.tls.is_some()).finish()
    }
}
