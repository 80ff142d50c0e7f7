//! `pgtend partition convert`: an ordinary table with everything on it, live writers, what it refuses, the way back.
mod bad_input;
mod composite;
pub mod everything;
mod live;
mod steps;
pub mod table;
