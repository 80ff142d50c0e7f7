//! `pgtend health`
mod args;
mod document;
mod examine;
mod format;
mod list;

pub use args::HealthArgs;
pub use examine::{Examined, Selection, examine};
