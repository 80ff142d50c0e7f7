//! `pgtend partition convert`: an ordinary table with everything on it, live writers, what it refuses, the way back.
mod bad_input;
pub mod everything;
mod live;
mod steps;
pub mod table;
