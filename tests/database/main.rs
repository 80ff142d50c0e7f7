//! pgtend on a real server, noun by noun: what each command makes of a database, and what it refuses.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as the test may")]

#[path = "../common/mod.rs"]
mod common;

mod doctor;
mod health;
mod index;
mod init;
mod lint;
mod matview;
mod metrics;
mod migrate;
mod normalize;
mod packs;
mod partition;
mod pool;
mod report;
mod schedule;
mod stats;
mod support;
