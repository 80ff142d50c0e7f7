//! What a scheduler should run for a configuration, how often, and how each scheduler writes it down.
mod cadence;
mod compare;
mod crontab;
mod function;
mod job;
mod kubernetes;
mod systemd;

pub use cadence::{Cadence, Daytime, often_enough};
pub use compare::{Difference, DifferenceKind};
pub use crontab::{check_crontab, crontab};
pub use function::{find_function, plan_function};
pub use job::{Call, Job, Own, Wants, jobs};
pub use kubernetes::{Cluster, kubernetes};
pub use systemd::{Unit, check_units, systemd};
