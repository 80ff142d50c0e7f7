//! `pgtend report html`
mod args;
mod health;
mod matviews;
mod partitions;
mod told;

pub use args::HtmlArgs;
