//! pgtend tends PostgreSQL databases from outside the server.
//!
//! The floors, from the top: `cli` -> `commands` -> { `operations`, `apply`, `output` } -> `plan` -> `pg`. A module
//! names only the floors below its own; `tests/architecture.rs` keeps that true, and `ARCHITECTURE.md` says why.
pub mod failure;
pub mod pg;
pub mod sandbox;
