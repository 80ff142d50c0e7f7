//! `pgtend health`
mod args;
mod document;
mod examine;
mod format;
mod list;

pub use args::HealthArgs;
pub use document::{Document, SCHEMA};
pub use examine::{Examined, Selection, examine, gather, reach, unreached};
pub use format::{families, headline};
