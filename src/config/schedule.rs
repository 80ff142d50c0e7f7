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
    /// What else has to run.
    pub job: Vec<OwnJob>,
}

/// What else the scheduler runs, so that one file holds it all and `--check` looks at it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "OwnJobKeys")]
pub struct OwnJob {
    pub name: String,
    pub what: OwnWork,
    pub every: Duration,
}

#[derive(Clone, Debug)]
pub enum OwnWork {
    /// A line for a shell.
    Command(String),
    /// A function or procedure of the database, which `pgtend schedule run` calls.
    Function(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnJobKeys {
    name: String,
    command: Option<String>,
    function: Option<String>,
    #[serde(deserialize_with = "given")]
    every: Duration,
}

impl TryFrom<OwnJobKeys> for OwnJob {
    type Error = String;

    fn try_from(keys: OwnJobKeys) -> Result<Self, String> {
        let blank = |text: &Option<String>| text.as_ref().is_some_and(|text| text.trim().is_empty());
        if blank(&keys.command) || blank(&keys.function) {
            return Err(format!("the job `{}` says nothing to do", keys.name));
        }
        let what = match (keys.command, keys.function) {
            (Some(command), None) => OwnWork::Command(command),
            (None, Some(function)) => OwnWork::Function(function),
            _ => return Err(format!("the job `{}` wants either `command` or `function`", keys.name)),
        };
        Ok(Self { name: keys.name, what, every: keys.every })
    }
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    duration(deserializer).map(Option::unwrap_or_default)
}
