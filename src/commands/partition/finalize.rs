//! An interrupted detach is brought to its end first, on every run and whatever becomes of the rest: until then its
//! rows are out of sight, and no other concurrent detach can begin.
use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::partition::create::refresh;
use crate::commands::partition::targets::Target;
use crate::commands::work::Shared;
use crate::operations::partition::plan_finalize;
use crate::pg::catalog::foreign_keys;
use crate::pg::session::Session;
use crate::plan::consent;

/// The session must hold the claim on the table.
pub async fn finalize_pending(
    context: &Context,
    shared: &Shared,
    session: &Session,
    target: &Target,
) -> anyhow::Result<Outcome> {
    let timeline = refresh(session, target).await?.timeline()?;
    let mut outcome = Outcome::default();
    if timeline.pending.is_empty() {
        return Ok(outcome);
    }
    let plan = plan_finalize(&timeline, &foreign_keys(session, timeline.table.oid).await?);
    for consented in consent(vec![plan], |_| Ok(false))? {
        outcome = shared.apply(context, session, &consented).await?;
    }
    Ok(outcome)
}
