//! Is this database well? One registry of checks: evidence from the server in, states with their reasons out. What
//! could not be read is unknown, never fine.
mod bloat;
mod evidence;
mod indexes;
mod limits;
mod matviews;
mod partitions;
mod registry;
mod replication;
mod sequences;
mod server;
mod sessions;
mod state;
mod statements;
mod tables;

pub use evidence::{Evidence, History, Wishes, survey, wants_history};
pub use limits::{Limits, Unit};
pub use registry::{CHECKS, Check, Group, Probe, judge, known};
pub use state::{Object, State, Verdict, worst};
