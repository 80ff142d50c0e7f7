//! A partitioned table becomes an ordinary one again.
mod everything;
mod refused;
mod registry;
mod steps;
