//! From the window that was asked for to the numbers of one: out of the store, out of the counters as they stand, or out
//! of two readings of this run.
use std::time::Duration;

use anyhow::anyhow;
use chrono::{DateTime, Utc};

use crate::failure::{Exit, Explain as _};
use crate::operations::report::frame::Note;
use crate::operations::report::read::Rights;
use crate::operations::stats::{
    Reading, Scope, Source, Span, Store, Texts, Window, difference, read, since_reset, sum,
};
use crate::pg::session::Session;
use crate::pg::state::ServerError;

#[derive(Clone, Copy, Debug)]
pub enum Wish {
    /// The last so long out of the store; where there is none, `or_counters` takes all that was ever counted.
    Since {
        time: Duration,
        or_counters: bool,
    },
    /// From one instant to another, out of the store.
    Between(Span),
    Live(Duration),
    SinceReset,
}

/// The window, and what is to be said about where it comes from.
///
/// # Errors
/// `Exit::Usage` when only a store could answer and there is none.
pub async fn window(
    session: &Session,
    rights: &Rights,
    scope: Scope,
    store: Option<&Store>,
    wish: Wish,
    now: DateTime<Utc>,
) -> anyhow::Result<(Window, Option<Note>)> {
    match (wish, store) {
        (Wish::Live(time), _) => Ok((live(session, rights, scope, time).await?, None)),
        (Wish::SinceReset, _) => Ok((counters(session, rights, scope).await?, None)),
        (Wish::Between(span), Some(store)) => Ok((store.window(session, span).await?, None)),
        (Wish::Since { time, or_counters }, Some(store)) => {
            let window = store.window(session, Span::up_to(now, time)?).await?;
            if window.coverage.captures > 0 || !or_counters {
                return Ok((window, None));
            }
            Ok((
                counters(session, rights, scope).await?,
                Some(all_time("the store has no capture in the window")),
            ))
        }
        (Wish::Since { or_counters: true, .. }, None) => {
            Ok((counters(session, rights, scope).await?, Some(all_time("there is no snapshot store"))))
        }
        (Wish::Since { .. } | Wish::Between(_), None) => {
            let error = anyhow!("there is no snapshot store, which alone knows of a window of time");
            Err(error.exit(Exit::Usage).hint(
                "`pgtend stats init` makes one and `pgtend stats capture`, every ten minutes, fills it; without one: \
                 --live 60s, or --since-reset",
            ))
        }
    }
}

fn all_time(why: &str) -> Note {
    Note::new(format!("{why}: the numbers are since the counters were begun"))
        .remedy("pgtend stats init; then every ten minutes: pgtend stats capture")
}

async fn live(session: &Session, rights: &Rights, scope: Scope, time: Duration) -> anyhow::Result<Window> {
    let (before, mut texts) = read(session, rights, scope, None).await.map_err(ServerError::explained)?;
    tokio::time::sleep(time).await;
    let (after, more) = read(session, rights, scope, Some(&before)).await.map_err(ServerError::explained)?;
    texts.extend(more);
    let snapshot = difference(Some(&before), &after);
    let span = Span { from: before.moment.at, to: after.moment.at };
    Ok(sum(Source::Live, span, &[&snapshot], &texts))
}

async fn counters(session: &Session, rights: &Rights, scope: Scope) -> anyhow::Result<Window> {
    let (now, texts): (Reading, Texts) =
        read(session, rights, scope, None).await.map_err(ServerError::explained)?;
    let begun = match &now.statements {
        Some(statements) if scope.statements => Some(statements.since.reset),
        _ => now.moment.database_reset,
    };
    let snapshot = since_reset(&now);
    let span = Span { from: begun.unwrap_or(now.moment.at), to: now.moment.at };
    let mut window = sum(Source::Counters, span, &[&snapshot], &texts);
    window.coverage.from = begun;
    window.coverage.wanted_s = None;
    window.coverage.covered_s = begun.map(|begun| (now.moment.at - begun).as_seconds_f64());
    Ok(window)
}
