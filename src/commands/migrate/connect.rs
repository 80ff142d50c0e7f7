//! Connecting as migrations need it: to a server that may still be starting.
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::commands::context::Context;
use crate::pg::connect::{ConnectFailure, needs_password};
use crate::pg::session::Session;

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
