//! What the user wants for one table: from the configuration, overridden by flags. Absent parts are read off the
//! partitions that exist.
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::operations::partition::every::Every;
use crate::operations::partition::inherit::Overrides;
use crate::operations::partition::keep::Span;
use crate::operations::partition::key::Encoding;
use crate::operations::partition::template::Template;

#[derive(Clone, Debug)]
pub struct Policy {
    /// The key's time column, as a check that the table is the one that was meant.
    pub by: Option<String>,
    pub every: Option<Every>,
    /// The zone in which periods begin.
    pub zone: Tz,
    /// Whole periods beyond the current one.
    pub ahead: u32,
    /// Past periods to create where the table has no partition yet.
    pub behind: u32,
    /// Absent: nothing is ever dropped.
    pub keep: Option<Span>,
    pub name: Option<Template>,
    pub encoding: Option<Encoding>,
    pub mode: DropMode,
    pub overrides: Overrides,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            by: None,
            every: None,
            zone: Tz::UTC,
            ahead: 3,
            behind: 0,
            keep: None,
            name: None,
            encoding: None,
            mode: DropMode::Drop,
            overrides: Overrides::default(),
        }
    }
}

/// What becomes of a partition that is older than `keep`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DropMode {
    /// Detached, then dropped.
    #[default]
    Drop,
    /// Detached; it stays as a table of its own.
    Detach,
}
