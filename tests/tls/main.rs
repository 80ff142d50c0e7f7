//! Connections to real servers: every `sslmode`, certificates of both sides, several hosts, cancellation, and what
//! the errors say.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as the test may")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of what the tests share")]
mod common;

mod certificates;
mod errors;
mod hosts;
mod modes;
mod server;
mod sessions;
mod stage;
