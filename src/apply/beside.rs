//! A second session in the snapshot of the first, and work on both at once.
use std::pin::pin;

use anyhow::Context as _;

use crate::apply::runner::Runner;
use crate::ddl;
use crate::pg::name::Literal;
use crate::pg::session::Session;
use crate::pg::state::ServerError;

impl Runner<'_> {
    /// The first session must be in a transaction with a snapshot of its own. `None` where a role may have but one session:
    /// then the first does it all.
    pub(super) async fn beside(&self) -> Option<Session> {
        let open = async {
            let snapshot = self.session.read(&ddl!("apply/export_snapshot.sql")).await;
            let snapshot = snapshot.map_err(ServerError::explained)?.into_iter().flatten().flatten().next();
            let snapshot = Literal(snapshot.context("the server gave no snapshot")?);
            let session = Session::open(self.settings, self.purpose).await?;
            let begin = ddl!("apply/same_snapshot.sql", snapshot = snapshot);
            session.execute(&begin).await.map_err(ServerError::explained)?;
            anyhow::Ok(session)
        };
        let opened = open.await;
        opened.inspect_err(|error| tracing::debug!("work with one session: {error:#}")).ok()
    }

    /// Work of the first session and of the one beside it. When one fails, or a stop is requested, the other is cancelled.
    pub(super) async fn both<A, B>(
        &self,
        beside: &Session,
        own: impl Future<Output = anyhow::Result<A>>,
        other: impl Future<Output = anyhow::Result<B>>,
    ) -> anyhow::Result<(A, B)> {
        let (mut own, mut other) = (pin!(own), pin!(other));
        tokio::select! {
            done = &mut own => {
                let error = match done {
                    // A signal cancels the first session alone, which has nothing to do any more.
                    Ok(done) => tokio::select! {
                        other = &mut other => return Ok((done, other?)),
                        stopped = self.stop.requested_at_last() => stopped.into(),
                    },
                    Err(error) => error,
                };
                let _ = beside.canceller().cancel().await;
                let _ = other.await;
                Err(error)
            }
            done = &mut other => match done {
                Ok(done) => Ok((own.await?, done)),
                Err(error) => {
                    let _ = self.session.canceller().cancel().await;
                    let _ = own.await;
                    Err(error)
                }
            },
        }
    }
}
