//! `pgtend partition maintain`: what cron runs. Creates ahead, then lets go behind; quiet when nothing happens.
use clap::Args;

use crate::commands::context::Context;
use crate::commands::partition::args::{AheadArgs, CalendarArgs, RetentionArgs, Wish};
use crate::commands::partition::targets::{find, read_again};
use crate::commands::partition::{analyze, create, retire};
use crate::commands::work::Tally;
use crate::failure::Exit;

/// Create partitions ahead and drop those behind, for every table of the configuration
///
/// Made for cron: says nothing when there is nothing to do, one line for each change otherwise. Two runs at once are
/// safe. One failing table does not stop the others.
#[derive(Debug, Args)]
pub struct MaintainArgs {
    /// Partitioned table [default: every table of the configuration]
    #[arg(value_name = "TABLE")]
    tables: Vec<String>,
    #[command(flatten)]
    ahead: AheadArgs,
    #[command(flatten)]
    retention: RetentionArgs,
    #[command(flatten)]
    calendar: CalendarArgs,
    /// Analyze each table whose statistics as a whole are older than a day: autovacuum never does that
    #[arg(long)]
    analyze: bool,
}

const SCHEMA: &str = "pgtend.partition.maintain/1";

impl MaintainArgs {
    pub async fn run(&self, context: &Context) -> anyhow::Result<Exit> {
        let session = context.connect().await?;
        if session.facts().standby && !context.args.dry_run {
            // The same crontab on both machines of a pair: the standby's has nothing to do.
            context.ui.chat(&format!("{} is a standby: nothing to do", session.target()));
            return Ok(Exit::Done);
        }
        let refine =
            |wish: Wish| wish.calendar(&self.calendar)?.ahead(&self.ahead).retention(&self.retention);
        let mut targets = find(context, &session, &self.tables, refine).await?;
        let (tally, now) = (Tally::default(), context.now(&session));
        for (name, error) in &targets.failed {
            tally.fail(context, &name.to_string(), error);
        }
        if context.args.dry_run {
            let mut plans = create::dry_plans(context, &session, &targets.found, now, &tally).await;
            plans.extend(retire::dry_plans(context, &session, &targets.found, now, &tally).await);
            if self.analyze {
                plans.extend(analyze::dry_plans(context, &session, &targets.found, now, &tally).await);
            }
            return tally.show(context, &session, SCHEMA, &plans);
        }
        let changed = create::create_all(context, &session, &targets.found, now, &tally).await;
        context.stop.check()?;
        if changed {
            // The last partition of all is kept: with new ones there it may be due.
            read_again(&session, &mut targets.found).await?;
        }
        retire::drop_all(context, &session, &targets.found, now, &tally).await;
        if self.analyze {
            context.stop.check()?;
            analyze::analyze_all(context, &session, &targets.found, now, &tally).await;
        }
        tally.end(context, SCHEMA)
    }
}
