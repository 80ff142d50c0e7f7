//! One module for each noun: its arguments, and the thin way from them to an operation. The only users of `output`.
pub mod completions;
pub mod context;
pub mod demo;
pub mod health;
pub mod help_topics;
pub mod index;
pub mod init;
pub mod matview;
pub mod migrate;
pub mod partition;
pub mod sandbox;
pub mod schedule;
pub mod work;
