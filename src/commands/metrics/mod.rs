//! `pgtend metrics`
mod args;
mod scrape;
mod serve;

pub use args::{MetricsArgs, tell_down, textfile_of};
