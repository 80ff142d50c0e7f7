//! `pgtend normalize abort`, and how a mapping's triggers, functions and queue go.
use anyhow::anyhow;
use clap::Args;

use crate::commands::context::Context;
use crate::commands::normalize::targets::{Target, begin, find_any};
use crate::commands::work::{Shared, Subject, Tally};
use crate::config::NormalizeConfig;
use crate::failure::{Exit, Explain as _};
use crate::operations::normalize::{
    Binding, Names, Phase, backfills, missing, plan_end, plan_give_back, plan_sweep,
};
use crate::pg::catalog::TableName;
use crate::pg::name::{Ident, Relation};
use crate::pg::session::Session;
use crate::plan::{Plan, consent};

/// Take away triggers, queue and books, and give the target its indexes and keys back; its rows stay
#[derive(Debug, Args)]
pub struct AbortArgs {
    /// Mapping
    #[arg(value_name = "NAME")]
    name: String,
}

const SCHEMA: &str = "pgtend.normalize.abort/1";

impl AbortArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let (session, schema) = begin(context).await?;
        let target = match self.find(context, &session, &schema).await {
            Ok(target) => target,
            Err(error) => return self.sweep(context, &session, &schema, error).await,
        };
        let Some(state) = &target.state else {
            context.ui.status("nothing to do");
            return Ok(Exit::Done);
        };
        let missing = missing(&session, target.binding.target_oid, &state.restore).await?;
        let plans =
            vec![plan_give_back(&target.binding, &missing)?, plan_end(&target.binding, &target.names, false)];
        apply_all(context, &session, &over(&target.binding), plans, SCHEMA).await
    }

    /// Where the tables or the configuration do not fit any more: what the books know of.
    async fn sweep(
        &self,
        context: &Context,
        session: &Session,
        schema: &Ident,
        error: anyhow::Error,
    ) -> anyhow::Result<Exit> {
        let Some(state) = backfills(session, schema, Some(&self.name)).await?.pop() else {
            return Err(error);
        };
        context.ui.warning(&format!("{error:#}"));
        if state.phase < Phase::Settle {
            for definition in &state.restore {
                let (name, text) = (&definition.name, &definition.definition);
                context.ui.warning(&format!("{name} of {} is not given back: {text}", state.target));
            }
        }
        let table = TableName::parse(&state.target);
        let target = Relation::new(table.schema.as_deref().unwrap_or("public"), &table.name)?;
        let plan = plan_sweep(target.clone(), &Names::new(schema, &self.name)?);
        let subject = Subject { relation: &target, oid: 0, linked: false };
        apply_all(context, session, &subject, vec![plan], SCHEMA).await
    }

    /// As it is configured, or, when its configuration has changed, as far as the books know it.
    async fn find(&self, context: &Context, session: &Session, schema: &Ident) -> anyhow::Result<Target> {
        let config: Option<&NormalizeConfig> =
            context.config.normalize.iter().find(|config| config.name == self.name);
        let Some(config) = config else {
            let error = anyhow!("no mapping `{}` is configured", self.name).exit(Exit::Usage);
            return Err(error.hint("its section of pgtend.toml says which tables it is of"));
        };
        find_any(session, schema, &config.mapping()?).await
    }
}

/// What a plan of a mapping claims.
pub const fn over(binding: &Binding) -> Subject<'_> {
    Subject { relation: &binding.target, oid: binding.target_oid, linked: false }
}

/// Shows the plans, or applies one after the other under the claim on the target.
pub async fn apply_all(
    context: &Context,
    session: &Session,
    subject: &Subject<'_>,
    plans: Vec<Plan>,
    document: &'static str,
) -> anyhow::Result<Exit> {
    let (shared, tally) = (Shared::new(context), Tally::default());
    let plans: Vec<Plan> = plans.into_iter().filter(|plan| !plan.is_empty()).collect();
    if context.args.dry_run {
        return tally.show(context, session, document, &plans);
    }
    let agreed = consent(plans, |losses| context.ui.consent_to(losses, context.args.yes))?;
    let work = async {
        let mut outcome = crate::apply::Outcome::default();
        for consented in &agreed {
            outcome.steps.extend(shared.apply(context, session, consented).await?.steps);
        }
        Ok(outcome)
    };
    let ended = shared.claimed(context, session, subject, work).await;
    tally.settle(context, &subject.relation.plain(), ended);
    tally.end(context, document)
}
