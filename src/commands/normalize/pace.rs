//! How fast a run may go, and when it pauses.
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::apply::{Limits, Pace, Throttle, Window};
use crate::commands::context::Context;
use crate::failure::{Exit, Explain as _};

const PACE: &str = "Pace options";

#[derive(Debug, Args)]
#[command(next_help_heading = PACE)]
pub struct PaceArgs {
    /// How long the transaction of a batch should take
    #[arg(long, value_name = "TIME", default_value = "100ms", value_parser = humantime::parse_duration)]
    pub batch_time: Duration,
    /// Pause while this file exists
    #[arg(long, value_name = "FILE")]
    throttle_file: Option<PathBuf>,
    /// Pause while the first value that this query gives is neither false, 0 nor null
    #[arg(long, value_name = "SQL")]
    throttle_query: Option<String>,
    /// Work only between these times of the day, in UTC, as 22:00-05:30
    #[arg(long, value_name = "FROM-UNTIL")]
    window: Option<Window>,
    /// Pause while a standby is so far behind
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = humantime::parse_duration)]
    max_lag: Duration,
    /// Pause while a standby has more megabytes of WAL to replay
    #[arg(long, value_name = "MB", default_value_t = 64)]
    max_lag_mb: u32,
    /// Pause while a replication slot keeps more megabytes of WAL
    #[arg(long, value_name = "MB", default_value_t = 16384)]
    max_slot_mb: u32,
    /// Pause while more files of WAL wait to be archived
    #[arg(long, value_name = "NUMBER", default_value_t = 42)]
    max_archive_files: u32,
    /// Let the server write no more megabytes of WAL in a second [default: no limit]
    #[arg(long, value_name = "MB")]
    max_wal_mb: Option<u32>,
}

impl PaceArgs {
    /// Asks the user's query once, before anything is changed.
    ///
    /// # Errors
    /// When the server does not take it.
    pub async fn check(&self, context: &Context) -> anyhow::Result<()> {
        if self.throttle_query.is_some() {
            let session = context.connect_to_read().await?;
            let throttle = Throttle::new(&session, String::new(), self.limits(), Vec::new());
            throttle.query().await.context("ask the query of --throttle-query").exit(Exit::Usage)?;
        }
        Ok(())
    }

    pub fn pace(&self) -> Pace {
        Pace { limits: self.limits(), batch_time: self.batch_time }
    }

    pub fn limits(&self) -> Limits {
        let bytes = |megabytes: u32| i64::from(megabytes) << 20;
        Limits {
            file: self.throttle_file.clone(),
            query: self.throttle_query.clone(),
            lag_bytes: Some(bytes(self.max_lag_mb)),
            lag: Some(self.max_lag),
            slot_bytes: Some(bytes(self.max_slot_mb)),
            wal_bytes_per_second: self.max_wal_mb.map(bytes),
            archive_files: Some(self.max_archive_files.into()),
            window: self.window,
        }
    }
}
