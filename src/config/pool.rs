//! `[pool]`: how many sessions there may be where work goes on at several places at once, and how long they live.
use std::time::Duration;

use anyhow::ensure;
use serde::Deserialize;

use super::file::duration;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PoolConfig {
    /// Most sessions at once; 20 where nothing is said.
    pub max: Option<usize>,
    /// So many are kept although nobody uses them; 1 where nothing is said.
    pub min: Option<usize>,
    /// Longest wait for a session; 30 s where nothing is said.
    #[serde(deserialize_with = "duration")]
    pub connect: Option<Duration>,
    /// Beyond `min`, one that was not used for so long is closed; 30 s where nothing is said.
    #[serde(deserialize_with = "duration")]
    pub idle: Option<Duration>,
    /// A session is closed after so many uses; 7500 where nothing is said.
    pub uses: Option<usize>,
    /// A session is closed at this age; an hour where nothing is said.
    #[serde(deserialize_with = "duration")]
    pub age: Option<Duration>,
}

impl PoolConfig {
    /// # Errors
    /// When it allows no session, or wants more than it allows.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(self.max != Some(0), "`max` must be at least 1");
        ensure!(self.uses != Some(0), "`uses` must be at least 1");
        if let (Some(min), Some(max)) = (self.min, self.max) {
            ensure!(min <= max, "`min` is larger than `max`");
        }
        Ok(())
    }
}
