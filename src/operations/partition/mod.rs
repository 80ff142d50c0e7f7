//! Range partitions by time: which there are, which there should be, and the plan between.
mod analyze;
mod archive;
mod aside;
mod check;
mod convert;
mod create;
mod every;
mod hive;
mod inherit;
mod keep;
mod key;
mod lane;
mod list;
mod mark;
mod policy;
mod replace;
mod restore;
mod retire;
mod rows;
mod rows_survey;
mod stored;
mod survey;
mod template;
mod timeline;

pub use crate::plan::FileFormat;
pub use analyze::plan_analyze;
pub use archive::Destination;
pub use check::{Finding, FindingKind, Report, check};
pub use convert::{
    Evidence as ConvertEvidence, IncomingFk, Key as ConvertKey, Stage, Terms as ConvertTerms, plan_abort,
    plan_adopt, plan_convert, plan_finish, plan_left, plan_undo, stage, survey_convert, survey_key,
    survey_undo, whole,
};
pub use create::{CreatePlan, Wanted, plan_create, wanted};
pub use every::{Calendar, Every, Label};
pub use inherit::{Dress, Overrides, dress, grant_statement};
pub use keep::Span;
pub use key::{Encoding, KeyKind};
pub use lane::{Block, BlockKind, Lane, day, lane};
pub use list::{PartitionRow, TableRow, partition_rows, table_row};
pub use policy::{DropMode, Policy};
pub use replace::{
    Left, Order, ReplaceEvidence, SplitTerms, UndoStage, Undone, Verb, ensure_same_verb, left, order_drain,
    order_merge, order_split, order_undo, plan_abort_replace, plan_replace, plan_undone, point_of,
    survey_replace, survey_undone, undo_stage,
};
pub use restore::{Restoration, plan_restore};
pub use retire::{Retired, Terms, detach_recovery, due, plan_drop, plan_finalize};
pub use rows::plan_rows;
pub use rows_survey::{RowsWish, survey_rows};
pub use survey::{Survey, survey_check, survey_create, survey_drop, survey_restore, survey_tables};
pub use template::Template;
pub use timeline::{Guess, Part, Range, Timeline, guess, is_by_time};
