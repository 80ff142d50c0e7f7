//! Migrations: files of SQL with a version each, what a database has of them, and the plans that bring it up to date.
mod books;
mod file;
mod header;
mod load;
mod plan;
mod predecessor;
mod recover;
mod requirement;
mod statement;
mod status;
mod variables;

pub use books::{Applied, Books, LogEntry, read_books};
pub use file::{Migration, Mode, Parsed};
pub use header::{Header, Required};
pub use load::{Found, load};
pub use plan::{Faked, Target, baseline_plan, books_plan, file_plan, number_of, repair_plan};
pub use predecessor::{Predecessor, read_predecessor};
pub use recover::{Indexes, survey_indexes};
pub use requirement::unmet;
pub use status::{Row, State, compare, due};
pub use variables::Variables;
