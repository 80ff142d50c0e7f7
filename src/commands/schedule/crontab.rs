//! `pgtend schedule crontab`
use std::path::PathBuf;

use clap::Args;

use crate::commands::context::Context;
use crate::commands::schedule::wants::{CallArgs, installed, tell, wanted};
use crate::failure::{Exit, Explain as _};
use crate::operations::schedule::{check_crontab, crontab};

/// Print a crontab, or compare an installed one
///
/// Install it with `pgtend schedule crontab > FILE; crontab FILE`, or with --user into a file of /etc/cron.d. Compare
/// with `crontab -l | pgtend schedule crontab --check -`.
#[derive(Debug, Args)]
pub struct CrontabArgs {
    #[command(flatten)]
    call: CallArgs,
    /// Compare this crontab with what the configuration asks for; exit 3 when it differs; - reads standard input
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

impl CrontabArgs {
    pub fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let (jobs, program) = (wanted(context)?, self.call.program(context).exit(Exit::Usage)?);
        let user = self.call.user(context)?;
        let Some(file) = &self.check else {
            context.ui.answer(&crontab(&jobs, &program, user.as_deref()))?;
            return Ok(Exit::Done);
        };
        let installed = installed(file)?;
        let differences = check_crontab(&installed, &jobs, &program, user.as_deref());
        tell(context, "pgtend.schedule.crontab/1", &differences)
    }
}
