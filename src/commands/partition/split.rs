//! `pgtend partition split`
use clap::Args;

use crate::commands::context::Context;
use crate::commands::partition::args::{CalendarArgs, Wish};
use crate::commands::partition::replace::{ReplaceArgs, Replacing};
use crate::failure::Exit;
use crate::operations::partition::{Span, SplitTerms, Template, Verb, order_split};

/// Split a partition of many periods into one for each, while it is in use
///
/// The rows are copied beside the partition, changes are noted by a trigger and brought into the copies, and one short
/// transaction exchanges the partition for its parts: every row is visible at every instant. The old partition is dropped
/// when the copies are proved equal. A run that was interrupted is gone on with by the same command, or taken back with
/// --abort.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SplitArgs {
    /// Partitioned table
    #[arg(value_name = "TABLE")]
    table: String,
    /// Partition to split [default: the one that spans more than one period]
    #[arg(long, value_name = "NAME")]
    partition: Option<String>,
    /// Split off only the newest periods, the current one among them; what is older stays together
    #[arg(long, visible_alias = "months", value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    newest: Option<u32>,
    /// Split off only what is kept, as "12 months"; what is older stays together [default: as configured]
    #[arg(long, value_name = "SPAN")]
    keep: Option<Span>,
    #[command(flatten)]
    calendar: CalendarArgs,
    /// Template of the partitions' names, as {table}_p{yyyy}_{mm}
    #[arg(long, value_name = "TEMPLATE")]
    name: Option<Template>,
    #[command(flatten)]
    replace: ReplaceArgs,
}

const EXAMPLES: &str = "\
Examples:
  pgtend partition split messages --dry-run
  pgtend partition split messages --newest 12 --yes
  pgtend partition split messages --partition messages_p2024 --every month --yes";

impl SplitArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let refine = |wish: Wish| {
            let mut wish = wish.calendar(&self.calendar)?;
            wish.policy.name = self.name.clone().or(wish.policy.name.take());
            wish.policy.keep = self.keep.or(wish.policy.keep);
            Ok(wish)
        };
        let replacing = Replacing { context, verb: Verb::Split, args: &self.replace };
        replacing
            .run(&self.table, refine, async |session, timeline, policy, now| {
                let partition = self.partition.as_deref();
                let terms = SplitTerms { partition, newest: self.newest, keep: policy.keep, now };
                order_split(session, timeline, policy, &terms).await
            })
            .await
    }
}
