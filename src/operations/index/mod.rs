//! Indexes: how one is made, rebuilt and dropped without stopping anybody, which there are, and which should not be.
mod alike;
mod create;
mod drop;
mod name;
mod rebuild;
mod steps;
mod survey;
mod version;

pub use create::{Wanted, plan_create};
pub use drop::plan_drop;
pub use rebuild::{Remedy, invalid, plan_rebuild, plan_sweep, remedy};
pub use survey::{Survey, same_as, survey, survey_named};
