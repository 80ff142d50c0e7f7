//! Materialized views: their order, whether anything below has changed, how to refresh each so that nobody waits.
mod choose;
mod freshness;
mod history;
mod list;
mod order;
mod refresh;
mod swap;

pub use choose::{Choice, Mode, Way, Wish, choose};
pub use freshness::{Change, Evidence, change, changed_rows};
pub use history::{Closing, Entry, History, Latest, LogRow};
pub use list::{MatviewRow, matview_row};
pub use order::Order;
pub use refresh::{Limits, plan_care, plan_refresh};
pub use swap::{mark, plan_swap, plan_sweep};
