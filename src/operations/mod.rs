//! What pgtend can do: evidence from the catalog in, plans and findings out. No terminal, no environment, no clock.
pub mod matview;
pub mod partition;
pub mod report;
pub mod stats;
pub mod schedule;
