//! Migrations: files of SQL with a version each, what a database has of them, and the plans that bring it up to date.
mod books;
mod file;
mod header;
mod load;
mod plan;
mod predecessor;
mod requirement;
mod statement;
mod status;
mod stepwise;
mod variables;

pub use books::{Applied, Books, LogEntry, read_books};
pub use file::{Migration, Mode, Parsed, Part};
pub use header::{Header, Required};
pub use load::{Found, leads_down, load, upward};
pub use plan::{Faked, Target, baseline_plan, books_plan, number_of, repair_plan, whole_plan};
pub use predecessor::{Predecessor, on_path, read_predecessor, refuse_predecessors};
pub use requirement::unmet;
pub use statement::{Alone, Kind};
pub use status::{Row, State, compare, due};
pub use stepwise::Stepwise;
pub use variables::{Filled, Variables};
