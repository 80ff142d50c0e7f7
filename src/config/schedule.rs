//! `[schedule]`: what `pgtend schedule` prints, and how the printed lines call pgtend.
use std::time::Duration;

use serde::{Deserialize, Deserializer};

use super::file::duration;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleConfig {
    /// The program as the scheduler calls it.
    pub program: Option<String>,
    /// Connection options, as on the command line: `-d service=app`. Never a password.
    pub connection: Vec<String>,
    /// The user of a crontab in `/etc/cron.d`, and of the units.
    pub user: Option<String>,
    /// Of the Kubernetes jobs.
    pub image: Option<String>,
    pub namespace: Option<String>,
    /// The Kubernetes secret whose keys become the environment, such as `PGPASSWORD`.
    pub secret: Option<String>,
    /// The Kubernetes config map that holds `pgtend.toml`.
    pub config_map: Option<String>,
    /// Time of the day of what runs once a day, `03:15`.
    pub daily_at: Option<String>,
    #[serde(deserialize_with = "duration")]
    pub partition_every: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    pub matview_every: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    pub stats_every: Option<Duration>,
    /// Lines of the user's own.
    pub job: Vec<OwnJob>,
}

/// What else the scheduler runs, so that one file holds it all and `--check` looks at it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnJob {
    pub name: String,
    pub command: String,
    #[serde(deserialize_with = "given")]
    pub every: Duration,
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer).map(Option::unwrap_or_default)
}
