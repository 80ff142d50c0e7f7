//! `pgtend metrics`
mod args;
mod scrape;
mod serve;
mod textfile;

pub use args::MetricsArgs;
