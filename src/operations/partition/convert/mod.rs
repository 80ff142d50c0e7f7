//! An ordinary table becomes a partitioned one under load: what is there, what is in the way, the steps, the way back.
mod abort;
mod added;
mod adopt;
mod bound;
mod composite;
mod conversion;
mod cost;
mod cutover;
mod evidence;
mod handover;
mod names;
mod plan;
mod referring;
mod refuse;
mod registry;
mod report;
mod shell;
mod terms;
mod undo;

pub(super) use conversion::lock;
pub(super) use cutover::rename;
pub(super) use evidence::{Whole, fingerprint};
pub(super) use handover::Handover;
pub(super) use names::{Mark, Names, REGISTRY_TRIGGERS, is_own, own_name, without_mark};
pub(super) use registry::{
    drop_triggers as drop_registry_triggers, foreign_key, foreign_key_comment, validate_step,
};
pub(super) use shell::index_like;

pub use abort::plan_abort;
pub use adopt::plan_adopt;
pub use evidence::{Evidence, Stage, stage, survey_convert, survey_key, whole};
pub use plan::{plan_convert, plan_finish};
pub use terms::{IncomingFk, Key, Terms};
pub use undo::{plan_left, plan_undo, survey_undo};
