//! `[locks]` and `[journal]`: how long a run may hold others up, and where it keeps its books.
use std::time::Duration;

use serde::Deserialize;

use super::file::duration;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Locks {
    #[serde(deserialize_with = "duration")]
    pub timeout: Option<Duration>,
    #[serde(deserialize_with = "duration")]
    pub budget: Option<Duration>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JournalConfig {
    /// The schema in which pgtend keeps its books.
    pub schema: String,
    pub enabled: bool,
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self { schema: "pgtend".to_owned(), enabled: true }
    }
}
