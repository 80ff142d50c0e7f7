//! Connecting as migrations need it: to a server that may still be starting, and never through a pooler of transactions.
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::anyhow;

use crate::commands::context::Context;
use crate::failure::{Exit, Explain as _};
use crate::pg::connect::{ConnectFailure, needs_password};
use crate::pg::session::Session;
use crate::query;

const AGAIN: Duration = Duration::from_millis(250);
/// What a server says that is not ready yet: starting, or without a free connection.
const NOT_READY: [&str; 2] = ["57P03", "53300"];

/// Connects, waiting for the server to be there for so long.
///
/// # Errors
/// The last attempt's.
pub async fn connect(context: &Context, wait: Option<Duration>) -> anyhow::Result<Rc<Session>> {
    let began = Instant::now();
    let mut told = false;
    loop {
        let error = match context.connect().await {
            Ok(session) => return Ok(session),
            Err(error) => error,
        };
        if wait.is_none_or(|wait| began.elapsed() >= wait) || !may_come(&error) {
            return Err(error);
        }
        if !std::mem::replace(&mut told, true) {
            context.ui.status("waiting for the server");
        }
        context.stop.sleep(AGAIN).await?;
    }
}

fn may_come(error: &anyhow::Error) -> bool {
    let failure = error.chain().find_map(|cause| cause.downcast_ref::<ConnectFailure>());
    !needs_password(error)
        && failure
            .is_some_and(|failure| failure.sqlstate.as_deref().is_none_or(|state| NOT_READY.contains(&state)))
}

/// # Errors
/// When statements of this session are served by changing backends, whose locks and settings are not its own.
pub async fn refuse_pooler(session: &Session) -> anyhow::Result<()> {
    const ASK: usize = 3;
    for _ in 0..ASK {
        let rows = session.query(&query!("migrate/backend.sql"), &[&session.facts().pid]).await;
        let rows = rows.map_err(|error| error.explained())?;
        if !rows.first().is_some_and(|row| row.get("same")) {
            let error = anyhow!("a pooler stands between, which gives each transaction another session");
            return Err(error
                .exit(Exit::Denied)
                .hint("connect to the server's own port, or pool by session"));
        }
    }
    Ok(())
}
