//! Range partitions by time: which there are, which there should be, and the plan between.
mod check;
mod create;
mod every;
mod inherit;
mod keep;
mod key;
mod list;
mod mark;
mod policy;
mod retire;
mod survey;
mod template;
mod timeline;

pub use check::{Finding, FindingKind, Report, check};
pub use create::{CreatePlan, Wanted, plan_create, wanted};
pub use every::{Calendar, Every, Label};
pub use inherit::{Dress, Overrides, dress};
pub use keep::Span;
pub use key::{Encoding, KeyKind};
pub use list::{PartitionRow, TableRow, partition_rows, table_row};
pub use policy::{DropMode, Policy};
pub use retire::{Retired, due, plan_drop, plan_finalize};
pub use survey::{Survey, survey_check, survey_create, survey_drop, survey_tables};
pub use template::Template;
pub use timeline::{Part, Range, Timeline, is_by_time};
