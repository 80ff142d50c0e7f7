//! What pgtend can do: evidence from the catalog in, plans and findings out. No terminal, no environment, no clock.
pub mod init;
pub mod matview;
pub mod migrate;
pub mod partition;
pub mod schedule;
