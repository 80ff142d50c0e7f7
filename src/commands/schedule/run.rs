//! `pgtend schedule run`: what the scheduler calls for a job that is a function of the database.
use anyhow::anyhow;
use clap::Args;

use crate::apply::Outcome;
use crate::commands::context::Context;
use crate::commands::work::{Shared, Subject, Tally};
use crate::config::{OwnJob, OwnWork};
use crate::failure::{Exit, Explain as _};
use crate::operations::schedule::{find_function, plan_function};
use crate::plan::consent;

/// Call the function of a job now
///
/// A function that takes an integer and gives one is called with a number of rows at most, again and again until it
/// gives fewer; no call takes longer than the lock timeout. Any other is called once, without arguments. Two runs at once are
/// safe: the second waits within the lock budget, then ends with exit 5.
#[derive(Debug, Args)]
pub struct RunArgs {
    /// Job of the configuration, a [[schedule.job]] with a `function`
    #[arg(value_name = "JOB")]
    name: String,
}

const SCHEMA: &str = "pgtend.schedule.run/1";

impl RunArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let name = self.function(&context.config.schedule.job)?;
        let session = context.connect().await?;
        context.refuse_standby(&session)?;
        let function = find_function(&session, name).await?;
        let (tally, shared, plan) = (Tally::default(), Shared::new(context), plan_function(&function));
        if context.args.dry_run {
            return tally.show(context, &session, SCHEMA, &[plan]);
        }
        let work = async {
            let mut outcome = Outcome::default();
            for consented in consent(vec![plan], |_| Ok(false))? {
                outcome.steps.extend(shared.apply(context, &session, &consented).await?.steps);
            }
            Ok(outcome)
        };
        let subject = Subject { relation: &function.name, oid: function.oid, linked: false };
        let ended = shared.claimed(context, &session, &subject, work).await;
        tally.settle(context, &function.name.plain(), ended);
        tally.end(context, SCHEMA)
    }

    fn function<'a>(&self, jobs: &'a [OwnJob]) -> anyhow::Result<&'a str> {
        match jobs.iter().find(|job| job.name == self.name).map(|job| &job.what) {
            Some(OwnWork::Function(function)) => Ok(function),
            Some(OwnWork::Command(_)) => {
                let error = anyhow!("the job `{}` is a command, which the scheduler runs itself", self.name);
                Err(error.exit(Exit::Usage))
            }
            None => {
                let known: Vec<&str> = jobs.iter().map(|job| job.name.as_str()).collect();
                let hint = match known.as_slice() {
                    [] => "write a [[schedule.job]] with `name`, `function` and `every` into pgtend.toml"
                        .to_owned(),
                    _ => format!("the configuration has: {}", known.join(", ")),
                };
                Err(anyhow!("no job `{}` in the configuration", self.name).exit(Exit::Usage).hint(hint))
            }
        }
    }
}
