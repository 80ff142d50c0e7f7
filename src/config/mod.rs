//! `pgtend.toml`: what the user wants, as a value, one file for each section. Unknown keys are errors that name the
//! nearest known one.
mod file;
mod normalize;
mod partition;
mod session;

pub use file::{Config, FILE};
pub use normalize::NormalizeConfig;
pub use partition::{Archive, MOST_PERIODS, PartitionConfig, zone};
pub use session::{JournalConfig, Locks};
