//! `pgtend partition merge`
use clap::Args;

use crate::commands::context::Context;
use crate::commands::partition::args::{CalendarArgs, Wish};
use crate::commands::partition::replace::{ReplaceArgs, Replacing};
use crate::failure::{Exit, Explain as _};
use crate::operations::partition::{Range, Verb, order_merge, point_of};

/// Make one partition of several that follow each other, while they are in use
///
/// The rows are copied beside the partitions, and one short transaction exchanges them: every row is visible at every
/// instant. A run that was interrupted is gone on with by the same command, or taken back with --abort.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MergeArgs {
    /// Partitioned table
    #[arg(value_name = "TABLE")]
    table: String,
    /// Where the first of the partitions begins, as 2026-01-01 or 2026-01-01T12:00, in --timezone
    #[arg(long, value_name = "TIME")]
    from: String,
    /// Where the last of them ends
    #[arg(long, value_name = "TIME")]
    to: String,
    /// Name of the new partition [default: that of the first]
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    calendar: CalendarArgs,
    #[command(flatten)]
    replace: ReplaceArgs,
}

const EXAMPLES: &str = "\
Examples:
  pgtend partition merge events --from 2025-01-01 --to 2026-01-01 --as events_p2025 --dry-run
  pgtend partition merge events --from 2025-01-01 --to 2026-01-01 --as events_p2025 --yes";

impl MergeArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let refine = |wish: Wish| wish.calendar(&self.calendar);
        let replacing = Replacing { context, verb: Verb::Merge, args: &self.replace };
        replacing
            .run(&self.table, refine, async |_, timeline, _, _| {
                let point = |text: &str| point_of(timeline, text).exit(Exit::Usage);
                let range = Range { lo: point(&self.from)?, hi: point(&self.to)? };
                order_merge(timeline, range, self.name.as_deref())
            })
            .await
    }
}
