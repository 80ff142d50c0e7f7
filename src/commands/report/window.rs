//! The flags that say which stretch of time a report is about.
use std::time::Duration;

use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
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
    /// From this instant on, out of the snapshot store, as 2026-11-21T14:00Z; what has no zone is UTC
    #[arg(long, value_name = "INSTANT", value_parser = instant, conflicts_with = "since")]
    from: Option<DateTime<Utc>>,
    /// Up to this instant [default: now]
    #[arg(long, value_name = "INSTANT", value_parser = instant)]
    to: Option<DateTime<Utc>>,
    /// What happens from now on, for so long; needs no store
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, conflicts_with_all = ["since", "from", "to"])]
    live: Option<Duration>,
    /// Everything since the server's counters were begun
    #[arg(long, conflicts_with_all = ["since", "from", "to", "live"])]
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
        let wish = self.wish(desk)?;
        if let Wish::Between(Span { from, to }) = wish
            && from >= to
        {
            return Err(anyhow!("the window ends before it begins").exit(Exit::Usage));
        }
        let store = match wish {
            Wish::Live(_) | Wish::SinceReset => None,
            Wish::Since { or_counters: false, .. } | Wish::Between(_) => {
                store::needed(desk.context, desk.session, self.store.as_deref()).await?
            }
            Wish::Since { or_counters: true, .. } => {
                store::to_read(desk.context, desk.session, self.store.as_deref()).await?
            }
        };
        let span = match wish {
            Wish::Between(span) => Some(span),
            Wish::Since { time, .. } => Some(Span::up_to(desk.now, time)?),
            Wish::Live(_) | Wish::SinceReset => None,
        };
        let (window, note) = window(desk.session, desk.rights, scope, store.as_ref(), wish, desk.now).await?;
        let out_of_store = window.coverage.source == crate::operations::stats::Source::Store;
        Ok(Seen { window, note, store, span: span.filter(|_| out_of_store) })
    }

    fn wish(&self, desk: &Desk<'_>) -> anyhow::Result<Wish> {
        let usual = desk.context.config.report.since.unwrap_or(SINCE);
        Ok(match (self.live, self.from, self.to, self.since) {
            _ if self.since_reset => Wish::SinceReset,
            (Some(time), ..) => Wish::Live(time),
            (_, Some(from), to, _) => Wish::Between(Span { from, to: to.unwrap_or(desk.now) }),
            (_, _, Some(to), time) => Wish::Between(Span::up_to(to, time.unwrap_or(usual))?),
            (_, _, _, Some(time)) => Wish::Since { time, or_counters: false },
            _ => Wish::Since { time: usual, or_counters: self.store.is_none() },
        })
    }
}

/// An instant as people write one: with or without seconds, zone and time of day.
fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    let zoned = ["%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M%#z"];
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M"];
    let written = text.trim().replacen(' ', "T", 1);
    let written = written.strip_suffix('Z').map_or_else(|| written.clone(), |rest| format!("{rest}+00:00"));
    let zoned = zoned.iter().find_map(|form| DateTime::parse_from_str(&written, form).ok());
    let local = || local.iter().find_map(|form| NaiveDateTime::parse_from_str(&written, form).ok());
    let day = || written.parse().ok().map(|day: NaiveDate| day.and_time(NaiveTime::MIN));
    let found = zoned.map(|zoned| zoned.to_utc()).or_else(|| Some(local().or_else(day)?.and_utc()));
    found.ok_or_else(|| {
        "an instant is written as 2026-11-21T14:00Z, 2026-11-21 14:00 or 2026-11-21".to_owned()
    })
}

impl Seen {
    /// The window of the same length before this one; none where the store does not go back so far.
    pub async fn before(&self, desk: &Desk<'_>) -> anyhow::Result<Option<Window>> {
        let (Some(store), Some(span)) = (&self.store, self.span) else { return Ok(None) };
        let length = (span.to - span.from).to_std()?;
        let before = Span::up_to(span.from, length)?;
        let window = store.window(desk.session, before).await?;
        Ok(Some(window).filter(|window| window.coverage.captures > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_read_as_people_write_it() {
        let same = [
            "2026-11-21T14:00:00Z",
            "2026-11-21T14:00Z",
            "2026-11-21 14:00",
            "2026-11-21 14:00:00.000",
            "2026-11-21 15:00+01",
            "2026-11-21T15:00:00+01:00",
        ];
        for text in same {
            assert_eq!(
                instant(text).map(|at| at.to_rfc3339()),
                Ok("2026-11-21T14:00:00+00:00".into()),
                "{text}"
            );
        }
        assert_eq!(instant("2026-11-21").unwrap().to_rfc3339(), "2026-11-21T00:00:00+00:00");
        assert!(instant("yesterday").is_err());
    }
}
