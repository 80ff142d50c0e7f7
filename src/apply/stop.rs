//! The wish to stop, from a signal. Whoever waits here wakes, and no new statement begins.
use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    Interrupt,
    Terminate,
}

#[derive(Debug, Default)]
pub struct Stop {
    token: CancellationToken,
    signal: Cell<Option<Signal>>,
}

/// The run was stopped by a signal.
#[derive(Clone, Copy, Debug)]
pub struct Stopped(pub Signal);

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Signal::Interrupt => "interrupted",
            Signal::Terminate => "terminated",
        })
    }
}

impl std::error::Error for Stopped {}

impl Stop {
    pub fn request(&self, signal: Signal) {
        self.signal.set(Some(signal));
        self.token.cancel();
    }

    pub fn requested(&self) -> Option<Signal> {
        self.signal.get()
    }

    /// # Errors
    /// [`Stopped`], once a stop was requested.
    pub fn check(&self) -> Result<(), Stopped> {
        self.requested().map_or(Ok(()), |signal| Err(Stopped(signal)))
    }

    /// Waits until a stop is requested.
    pub async fn requested_at_last(&self) -> Stopped {
        self.token.cancelled().await;
        Stopped(self.requested().unwrap_or(Signal::Terminate))
    }

    /// Sleeps, or wakes early with [`Stopped`].
    ///
    /// # Errors
    /// [`Stopped`], once a stop was requested.
    pub async fn sleep(&self, time: Duration) -> Result<(), Stopped> {
        tokio::select! {
            () = tokio::time::sleep(time) => self.check(),
            () = self.token.cancelled() => self.check(),
        }
    }
}
