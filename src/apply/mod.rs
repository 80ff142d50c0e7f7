//! Runs plans that were consented to: lock budget, retry, recovery, cancellation, journal. The only place that sends
//! DDL. It tells what happens in events and knows no terminal.
mod alone;
pub mod archive;
mod batch_size;
mod batches;
mod beside;
mod catch_up;
mod event;
mod fill;
mod journal;
mod load;
mod migration_log;
mod patience;
mod rows;
mod runner;
mod server_side;
mod stop;
mod target;
mod throttle;
mod transaction;

pub use event::{Event, LoadReport, StepReport};
pub use journal::{Journal, Opened};
pub use load::{Lane, Ledger, Load, Refused, Source, Times, Waiting, Way, Written};
pub use migration_log::{FailedMigration, log_failure};
pub use patience::{Budget, Patience};
pub use rows::Pace;
pub use runner::{Outcome, Runner};
pub use server_side::{Ended, Moves, ServerSide, Took};
pub use stop::{Signal, Stop, Stopped};
pub use target::Target;
pub use throttle::{Limits, Throttle, Window};
