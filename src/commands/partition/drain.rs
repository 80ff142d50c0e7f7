//! `pgtend partition drain`
use clap::Args;

use crate::commands::context::Context;
use crate::commands::partition::args::{AheadArgs, CalendarArgs, Wish};
use crate::commands::partition::replace::{ReplaceArgs, Replacing};
use crate::failure::Exit;
use crate::operations::partition::{Verb, order_drain};

/// Give the rows of the default partition partitions of their own, while it is in use
///
/// For each period that has rows in the default partition, up to those that are made ahead, a partition is made; what is
/// left, as rows of far futures or of infinity, stays in a default partition of the same name. Rows are copied beside it,
/// and one short transaction exchanges it: every row is visible at every instant. A run that was interrupted is gone on
/// with by the same command, or taken back with --abort.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct DrainArgs {
    /// Partitioned table
    #[arg(value_name = "TABLE")]
    table: String,
    #[command(flatten)]
    calendar: CalendarArgs,
    #[command(flatten)]
    ahead: AheadArgs,
    #[command(flatten)]
    replace: ReplaceArgs,
}

const EXAMPLES: &str = "\
Examples:
  pgtend partition drain events --dry-run
  pgtend partition drain events --every month --yes";

impl DrainArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let refine = |wish: Wish| Ok(wish.calendar(&self.calendar)?.ahead(&self.ahead));
        let replacing = Replacing { context, verb: Verb::Drain, args: &self.replace };
        let order = async |session: &_, timeline: &_, policy: &_, now| {
            order_drain(session, timeline, policy, now).await
        };
        replacing.run(&self.table, refine, order).await
    }
}
