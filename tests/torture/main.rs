//! The long tests: `./x torture [NAME]` runs them, `cargo test` only counts them.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as the test may")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of what the tests share")]
mod common;
#[path = "../kill/fingerprint.rs"]
mod fingerprint;
#[path = "../database/normalize/messages.rs"]
mod messages;
#[path = "../kill/scenario.rs"]
mod scenario;
#[path = "../kill/walk.rs"]
mod walk;

mod kill;
mod migrate;
mod normalize;
mod pages;
mod race;
mod schedulers;
mod server_crash;
mod writers;
