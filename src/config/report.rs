//! `[report]` and `[stats]`: what counts as slow, how far back reports look, and where snapshots are kept for how long.
use std::time::Duration;

use serde::Deserialize;

use super::file::duration;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReportConfig {
    /// A statement that takes longer in the mean is slow; 100 ms where nothing is said.
    #[serde(deserialize_with = "duration")]
    pub slow: Option<Duration>,
    /// How far back reports over a window look; 24 hours where nothing is said.
    #[serde(deserialize_with = "duration")]
    pub since: Option<Duration>,
    /// The most rows of a report; 20 where nothing is said.
    pub limit: Option<usize>,
    /// Share of blocks found in shared buffers below which it is called low, in percent; 90 where nothing is said.
    pub cache_hit: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StatsConfig {
    /// `schema`, or `file:` and a path.
    pub store: Option<String>,
    /// How long every capture is kept; 48 hours where nothing is said.
    #[serde(deserialize_with = "duration")]
    pub keep_captures: Option<Duration>,
    /// How long sums by the hour are kept; 30 days where nothing is said.
    #[serde(deserialize_with = "duration")]
    pub keep_hours: Option<Duration>,
    /// How long sums by the day are kept; 400 days where nothing is said.
    #[serde(deserialize_with = "duration")]
    pub keep_days: Option<Duration>,
}
