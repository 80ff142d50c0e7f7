//! `pgtend partition` on a real server: what each command makes of a database, and what it refuses.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as the test may")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of what the tests share")]
mod common;
mod support;

mod bad_input;
mod check;
mod create;
mod default;
mod drop;
mod dry_run;
mod json;
mod keys;
mod list;
mod locks;
mod maintain;
mod mark;
mod outages;
mod privileges;
mod properties;
mod signals;
mod timezones;
