//! Can pgtend work here? What is missing, with the statement that gives it; and the way out: dropping its own schema.
mod configured;
mod findings;
mod survey;
mod uninstall;

pub use configured::configured;
pub use findings::{Finding, Level, findings};
pub use survey::{Environment, pooled, survey};
pub use uninstall::{OwnTables, own_tables, plan_uninstall};
