//! What a DBA asks first: for each report its row, how the rows are read, and what is to be said about them. A report
//! never calls something fine that it could not see, and names the GRANT that would show it.
mod access;
mod activity;
mod bloat;
mod cache;
mod fail_if;
mod frame;
mod indexes;
mod locks;
mod progress;
mod queries;
mod read;
mod sequences;
mod settings;
mod sizes;
mod tables;
mod vacuum;
mod window;

pub use access::{TableAccess, table_access};
pub use activity::{Activity, Connections, activity, connections};
pub use bloat::{Bloat, bloat};
pub use cache::{Cache, cache};
pub use fail_if::FailIf;
pub use frame::{Answer, Note, listed, not_counting};
pub use indexes::{Finding, IndexUsage, index_usage};
pub use locks::{Lock, locks};
pub use progress::{Progress, progress};
pub use queries::{QueryHour, SlowQuery, Slowness, query_history, slow_queries};
pub use read::{Read, Rights, one, prepare, rows, rows_of};
pub use sequences::{Sequence, sequences};
pub use settings::{Setting, settings};
pub use sizes::{Size, sizes};
pub use tables::{Table, tables};
pub use vacuum::{Vacuum, vacuum};
pub use window::{Wish, window};
