//! Partitions replaced by others that hold the same rows, while the table is in use: a coarse one by finer ones, several
//! by one, the default partition by partitions for its rows; or all of them, with the partitioned table itself, by one
//! ordinary table.
mod abort;
mod clean_up;
mod drain;
mod evidence;
mod fill;
mod mark;
mod merge;
mod names;
mod order;
mod plan;
mod prepare;
mod refer;
mod refuse;
mod replay;
mod row_key;
mod rows;
mod split;
mod swap;
mod undo;

pub use abort::plan_abort_replace;
pub use drain::order_drain;
pub(super) use evidence::{ForeignKeyOut, foreign_keys_out, refers};
pub use evidence::{Left, ReplaceEvidence, left, survey_replace};
pub use mark::Verb;
pub use merge::{order_merge, point_of};
pub use order::Order;
pub use plan::{ensure_same_verb, plan_replace};
pub use split::{SplitTerms, order_split};
pub use undo::{UndoStage, Undone, order_undo, plan_undone, survey_undone, undo_stage};
