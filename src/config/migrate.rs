//! `[migrate]`: which migrations there are, and where they go.
use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MigrateConfig {
    /// Sets that come with pgtend, in the order in which they are applied.
    pub sets: Vec<String>,
    /// A folder of migrations, from the configuration's own folder.
    pub dir: Option<PathBuf>,
    /// Where the folder's history is kept.
    pub history_table: Option<String>,
    /// Schemas in which names are looked up, instead of the role's own.
    pub search_path: Vec<String>,
    /// What `${name}` stands for.
    pub vars: BTreeMap<String, String>,
}
