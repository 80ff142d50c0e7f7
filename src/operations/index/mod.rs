//! Indexes: how one is made, rebuilt and dropped without stopping anybody, which there are, and which should not be.
mod alike;
mod check;
mod cover;
mod create;
mod drop;
mod list;
mod name;
mod rebuild;
mod steps;
mod survey;
mod version;

pub use check::{CheckEvidence, Finding, FindingKind, Report, check};
pub use create::{Wanted, plan_create};
pub use drop::plan_drop;
pub use list::{IndexRow, index_rows, part_rows};
pub use name::usual_name;
pub use rebuild::{invalid, plan_rebuild, plan_rebuild_or_finish};
pub use steps::{Text, build_steps, drop_leftover_step, only_done};
pub use survey::{Survey, same_as, survey, survey_check, survey_named};
