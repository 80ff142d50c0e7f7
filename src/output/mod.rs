//! Everything that a person or a program reads. stdout is the answer, stderr the conversation; nothing outside this
//! folder prints.
mod diagnostic;
mod error;
mod event;
mod file;
mod fit;
mod format;
mod listing;
mod page;
mod plan;
mod progress;
mod story;
mod trace;
mod ui;

pub use diagnostic::{Diagnostic, Severity};
pub use error::{exit_of, tell_usage};
pub use file::replace_file;
pub use format::{bytes, count, milliseconds, seconds, visible};
pub use listing::{Cell, Column, Listing};
pub use page::{Block, Chip, Figure, Lane, Page, Remark, Section, Table};
pub use plan::{Timeouts, Unplanned};
pub use trace::{explain_panics, show_statements};
pub use ui::{Color, Format, Ui, Voice};
