//! `pgtend doctor --uninstall`
use anyhow::Context as _;

use crate::commands::context::Context;
use crate::commands::work::{Shared, Subject, Tally};
use crate::failure::{Exit, Explain as _};
use crate::operations::doctor::{own_tables, plan_uninstall};
use crate::pg::name::Ident;
use crate::plan::consent;

const SCHEMA: &str = "pgtend.doctor.uninstall/1";

pub async fn uninstall(context: &Context) -> anyhow::Result<Exit> {
    let session = context.connect().await?;
    context.refuse_standby(&session)?;
    let schema = Ident::new(&context.config.journal.schema).context("name the schema").exit(Exit::Usage)?;
    let tally = Tally::default();
    let own = own_tables(&session, &schema).await?;
    let Some((own, plan)) = own.and_then(|own| plan_uninstall(&own).map(|plan| (own, plan))) else {
        context.ui.status(&format!("there is no schema {schema} that is pgtend's: nothing to do"));
        return Ok(Exit::Done);
    };
    if context.args.dry_run {
        return tally.show(context, &session, SCHEMA, &[plan]);
    }
    let Some((oid, relation)) = own.target() else { return Ok(Exit::Done) };
    let shared = Shared::without_journal(context);
    let subject = Subject { relation, oid, linked: false };
    let work = async {
        for consented in consent(vec![plan], |losses| context.ui.consent_to(losses, context.args.yes))? {
            tally.finish(&relation.plain(), &shared.apply(context, &session, &consented).await?);
        }
        Ok(())
    };
    shared.claimed(context, &session, &subject, work).await?;
    tally.end(context, SCHEMA)
}
