//! The flags that say which stretch of time a report is about.
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use chrono::{DateTime, Utc};
use clap::Args;

use crate::commands::report::frame::Desk;
use crate::commands::stats::store;
use crate::failure::{Exit, Explain as _};
use crate::operations::report::{Note, Wish, window};
use crate::operations::stats::{Scope, Span, Store, Window};

const SINCE: Duration = Duration::from_secs(24 * 3600);

#[derive(Clone, Debug, Default, Args)]
pub struct WindowArgs {
    /// The last so long, out of the snapshot store [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    since: Option<Duration>,
    /// From this instant on, out of the snapshot store
    #[arg(long, value_name = "INSTANT", conflicts_with = "since")]
    from: Option<DateTime<Utc>>,
    /// Up to this instant
    #[arg(long, value_name = "INSTANT", requires = "from")]
    to: Option<DateTime<Utc>>,
    /// What happens from now on, for so long; needs no store
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, conflicts_with_all = ["since", "from"])]
    live: Option<Duration>,
    /// Everything since the server's counters were begun
    #[arg(long, conflicts_with_all = ["since", "from", "live"])]
    since_reset: bool,
    /// Where snapshots are: `schema`, or `file:` and a path
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
}

/// A window, with what else its report may ask of the store.
#[derive(Debug)]
pub struct Seen {
    pub window: Window,
    pub note: Option<Note>,
    pub store: Option<Store>,
    /// Of a window out of the store.
    pub span: Option<Span>,
}

impl WindowArgs {
    /// The last so long, with nothing else said.
    pub fn since(since: Option<Duration>, store: Option<String>) -> Self {
        Self { since, store, ..Self::default() }
    }

    pub async fn read(&self, desk: &Desk<'_>, scope: Scope) -> anyhow::Result<Seen> {
        let wish = self.wish(desk);
        if let Wish::Between(Span { from, to }) = wish
            && from >= to
        {
            return Err(anyhow!("the window ends before it begins").exit(Exit::Usage));
        }
        let store = match wish {
            Wish::Live(_) | Wish::SinceReset => None,
            Wish::Since { .. } | Wish::Between(_) => {
                store::to_read(desk.context, desk.session, self.store.as_deref()).await?
            }
        };
        let span = match wish {
            Wish::Between(span) => Some(span),
            Wish::Since { time, .. } => {
                let time = chrono::TimeDelta::from_std(time).context("read the length of the window")?;
                Some(Span { from: desk.now - time, to: desk.now })
            }
            Wish::Live(_) | Wish::SinceReset => None,
        };
        let (window, note) = window(desk.session, desk.rights, scope, store.as_ref(), wish, desk.now).await?;
        let out_of_store = window.coverage.source == crate::operations::stats::Source::Store;
        Ok(Seen { window, note, store, span: span.filter(|_| out_of_store) })
    }

    fn wish(&self, desk: &Desk<'_>) -> Wish {
        let usual = desk.context.config.report.since.unwrap_or(SINCE);
        match (self.live, self.from, self.since) {
            _ if self.since_reset => Wish::SinceReset,
            (Some(time), ..) => Wish::Live(time),
            (_, Some(from), _) => Wish::Between(Span { from, to: self.to.unwrap_or(desk.now) }),
            (_, _, Some(time)) => Wish::Since { time, or_counters: false },
            _ => Wish::Since { time: usual, or_counters: self.store.is_none() },
        }
    }
}

impl Seen {
    /// The window of the same length before this one; none where the store does not go back so far.
    pub async fn before(&self, desk: &Desk<'_>) -> anyhow::Result<Option<Window>> {
        let (Some(store), Some(span)) = (&self.store, self.span) else { return Ok(None) };
        let before = Span { from: span.from - (span.to - span.from), to: span.from };
        let window = store.window(desk.session, before).await?;
        Ok(Some(window).filter(|window| window.coverage.captures > 0))
    }
}
