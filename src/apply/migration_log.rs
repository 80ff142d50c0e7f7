//! What became of a migration that did not come to its end, for the log. What came to its end is written by its own
//! plan, in the transaction of the work.
use crate::apply::Stopped;
use crate::failure::{cause, one_line};
use crate::pg::session::Session;
use crate::pg::state::ServerError;
use crate::query;

/// A file, as the log names it.
#[derive(Clone, Debug)]
pub struct FailedMigration<'a> {
    pub set: &'a str,
    pub history: String,
    pub version: i64,
    pub name: &'a str,
    pub sha256: String,
    /// Run statement by statement.
    pub stepwise: bool,
    pub statements: usize,
}

/// Writes why a run of a file ended. The session must write the journal.
///
/// # Errors
/// The server's.
pub async fn log_failure(
    session: &Session,
    failed: &FailedMigration<'_>,
    error: &anyhow::Error,
) -> anyhow::Result<()> {
    let stopped = error.chain().any(|cause| cause.is::<Stopped>());
    let status = if stopped { "interrupted" } else { "failed" };
    let sqlstate = cause::<ServerError>(error).and_then(ServerError::sqlstate);
    let mode = if failed.stepwise { "statements" } else { "transaction" };
    // What tells why must not be cancelled with what failed.
    session.shield(true);
    let written = session
        .write(
            &query!("migrate/log_failed.sql"),
            &[
                &failed.set,
                &failed.history,
                &failed.version,
                &failed.name,
                &failed.sha256,
                &mode,
                &i32::try_from(failed.statements).unwrap_or(i32::MAX),
                &status,
                &one_line(error),
                &sqlstate,
                &env!("CARGO_PKG_VERSION"),
            ],
        )
        .await;
    session.shield(false);
    written.map(|_| ()).map_err(ServerError::explained)
}
