//! The server's counters as history: read, compared with the reading before, kept as differences, and summed up again for
//! any window. Nothing of the server's is ever reset.
mod capture;
mod counters;
mod difference;
mod fingerprint;
mod reading;
mod store;
mod window;

pub use capture::{Captured, capture_into_file, capture_into_schema};
pub use counters::{DatabaseWork, IndexWork, RelationWork, StatementWork, hit_pct};
pub use difference::{Interval, Snapshot, difference, since_reset};
pub use fingerprint::{fingerprint, long, short};
pub use reading::{Moment, Reading, Scope, Texts, read};
pub use store::{
    FileStore, Held, Keep, Pruned, SchemaState, SchemaStore, Series, Store, hour_of, schema_state,
    transaction,
};
pub use window::{Coverage, IndexSum, RelationSum, Source, Span, StatementSum, Window, sum};
