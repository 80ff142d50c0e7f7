//! A set of migrations that a command works on.
use crate::operations::migrate::Migration;

#[derive(Debug)]
pub struct Set {
    pub name: String,
    /// By version.
    pub migrations: Vec<Migration>,
    /// It adds to a schema of others, so its history stands beside the journal.
    pub own_history: bool,
}
