//! A set of migrations that a command works on, and how its folder and files are shown.
use std::path::Path;

use crate::operations::migrate::Migration;

#[derive(Debug)]
pub struct Set {
    pub name: String,
    /// By version.
    pub migrations: Vec<Migration>,
    /// It adds to a schema of others, so its history stands beside the journal.
    pub own_history: bool,
}

/// A path from where the program runs, when it lies there.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(here).unwrap_or(path);
    path.strip_prefix(".").unwrap_or(path).display().to_string()
}
