//! `pgtend.toml`: what the user wants, as a value, one file for each section. Unknown keys are errors that name the
//! nearest known one.
mod file;
mod health;
mod matview;
mod migrate;
mod normalize;
mod pack;
mod partition;
mod pool;
mod report;
mod schedule;
mod session;

pub use file::{Config, FILE};
pub use health::HealthConfig;
pub use matview::MatviewConfig;
pub use migrate::MigrateConfig;
pub use normalize::NormalizeConfig;
pub use pack::PACKS;
pub use partition::{Archive, CommandConfig, MOST_PERIODS, PartitionConfig, zone};
pub use pool::PoolConfig;
pub use report::{ReportConfig, StatsConfig};
pub use schedule::{OwnJob, OwnWork, ScheduleConfig};
pub use session::{JournalConfig, Locks};
