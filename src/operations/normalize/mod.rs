//! JSON documents into rows: what the user wants of a column, how a document is read, and the plans around the load.
mod batch;
mod binding;
mod check;
mod columns;
mod compare;
mod counts;
mod json;
mod mapping;
mod names;
mod numeric;
mod pass;
mod path;
mod piece;
mod plans;
mod plans_end;
mod reader;
mod server_side;
mod shapes;
mod shown;
mod state;
mod sync;
mod time;
mod value;

pub use batch::{Batch, Reject};
pub use binding::Binding;
pub use compare::{Comparison, Difference, compare};
pub use counts::Counts;
pub use mapping::{ColumnRule, Epoch, Keep, Mapping, OnError, Origin, Shape};
pub use names::Names;
pub use pass::Pass;
pub use piece::export_rejects;
pub use plans::{
    fingerprint, plan_begin, plan_catch_up, plan_prove, plan_restore, plan_retry, plan_settle, plan_switch,
};
pub use plans_end::{plan_drop_column, plan_end, plan_give_back, plan_sweep};
pub use reader::Reader;
pub use state::{
    Backfill, Definition, Phase, RejectRow, Strategy, acknowledge, backfills, books_exist, definitions,
    missing, rejects, unproved,
};
