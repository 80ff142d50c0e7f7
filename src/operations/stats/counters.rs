//! Counters that only grow, and the differences of two of their readings. The same names stand in the SQL that reads
//! them and in the tables of the store.
use serde::{Deserialize, Serialize};

/// Fields that are all counts, sizes or times: whole numbers below 2^53 are exact.
macro_rules! counters {
    ($(#[$meta:meta])* pub struct $name:ident { $($field:ident),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
        pub struct $name { $(pub $field: f64),* }

        impl $name {
            pub const COUNT: usize = [$(stringify!($field)),*].len();

            /// In the order of the fields.
            pub const fn values(&self) -> [f64; Self::COUNT] {
                [$(self.$field),*]
            }

            /// As [`Self::values`] has them.
            pub const fn of([$($field),*]: [f64; Self::COUNT]) -> Self {
                Self { $($field),* }
            }

            pub fn add(&mut self, other: &Self) {
                $(self.$field += other.$field;)*
            }

            /// What has been counted since an earlier reading; all of it when one of the counters has begun anew.
            #[must_use]
            pub fn since(&self, earlier: &Self) -> Self {
                if self.began_anew(earlier) { *self } else { Self { $($field: self.$field - earlier.$field),* } }
            }

            /// A counter that has fallen was begun anew.
            pub fn began_anew(&self, earlier: &Self) -> bool {
                false $(|| self.$field < earlier.$field)*
            }

            pub fn is_zero(&self) -> bool {
                true $(&& self.$field == 0.0)*
            }
        }
    };
}

counters! {
    /// What a statement has cost. Times in milliseconds, blocks as the server counts them, `temp` in blocks.
    pub struct StatementWork { calls, exec_ms, plan_ms, rows, hit, read, dirtied, written, temp, io_ms, wal_bytes }
}

counters! {
    /// What was done to a table, its indexes included; hits and reads in blocks.
    pub struct RelationWork {
        seq_scans, seq_rows, index_scans, index_rows, inserted, updated, hot_updated, deleted,
        table_hit, table_read, index_hit, index_read,
    }
}

counters! {
    pub struct IndexWork { scans, entries }
}

counters! {
    /// What a database has done as a whole.
    pub struct DatabaseWork { commits, rollbacks, hit, read, temp_bytes, deadlocks }
}

impl StatementWork {
    pub fn mean_ms(&self) -> Option<f64> {
        (self.calls > 0.0).then(|| self.exec_ms / self.calls)
    }

    /// Blocks found in shared buffers, of a hundred that were asked for.
    pub fn hit_pct(&self) -> Option<f64> {
        hit_pct(self.hit, self.read)
    }
}

/// None where nothing was asked for: nothing missed is not the same as everything found.
pub fn hit_pct(hit: f64, read: f64) -> Option<f64> {
    (hit + read > 0.0).then(|| 100.0 * hit / (hit + read))
}
