//! What in a migration stops others, fails, or surprises: rules over statements, with or without a database.
mod catalog;
mod check;
mod file;
mod history;
mod impact;
mod rule;
mod rules;
mod scene;
mod statement;
mod survey;
mod types;
mod waiver;

pub use catalog::Catalog;
pub use check::{Finding, check};
pub use file::File;
pub use impact::Impact;
pub use rule::{Family, Level, Rule, Waits, Work};
pub use rules::{FAMILIES, rule};
pub use survey::survey;
