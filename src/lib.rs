//! pgtend tends PostgreSQL databases from outside the server.
//!
//! The floors, from the top: `cli` -> `commands` -> { `operations`, `apply`, `output` } -> `plan` -> `pg`. A module
//! names only the floors below its own; `tests/architecture.rs` keeps that true, and `ARCHITECTURE.md` says why.
pub mod apply;
pub mod cli;
pub mod commands;
pub mod config;
pub mod demo;
pub mod failure;
pub mod operations;
pub mod output;
pub mod pg;
pub mod plan;
pub mod sandbox;
