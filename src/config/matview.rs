//! `[[matview]]`: one section for each materialized view, every key a flag of the same name.
use std::time::Duration;

use serde::Deserialize;

use super::file::duration;
use crate::operations::matview::Mode;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MatviewConfig {
    pub name: String,
    /// `--all` leaves a younger view alone, and `pgtend schedule` runs often enough for it.
    #[serde(default, deserialize_with = "duration")]
    pub max_age: Option<Duration>,
    pub mode: Option<Mode>,
    /// Views that must be refreshed before this one although the catalog does not tell: functions hide what they read.
    #[serde(default)]
    pub after: Vec<String>,
    #[serde(default, deserialize_with = "duration")]
    pub timeout: Option<Duration>,
    #[serde(default)]
    pub allow_blocking: bool,
}
