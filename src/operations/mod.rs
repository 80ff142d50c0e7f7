//! What pgtend can do: evidence from the catalog in, plans and findings out. No terminal, no environment, no clock.
pub mod doctor;
pub mod health;
pub mod index;
pub mod init;
pub mod lint;
pub mod matview;
pub mod metrics;
pub mod migrate;
pub mod normalize;
pub mod partition;
pub mod report;
pub mod schedule;
pub mod stats;
