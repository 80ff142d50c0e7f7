//! A partitioned table becomes an ordinary one: all its partitions are replaced by one table, which takes the place of
//! the partitioned table itself.
mod finish;
mod order;
mod refuse;
mod registry;
mod swap;
mod whole;

pub use finish::{UndoStage, Undone, plan_undone, steps_after, survey_undone, undo_stage};
pub use order::order_undo;
pub use refuse::reasons;
pub use registry::{Registry, survey_registry};
pub use swap::step;
pub use whole::{indexes, notes, table_like};
