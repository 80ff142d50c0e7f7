//! The private server: how it starts, how it ends, and what it leaves behind.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as the test may")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of what the tests share")]
mod common;

mod discovery;
mod leftovers;
mod lifetime;
mod named;
