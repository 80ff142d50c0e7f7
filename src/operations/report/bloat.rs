//! Space that tables do not need for their rows, nor B-tree indexes for their entries, as the planner's statistics let it
//! be estimated.
use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::operations::report::frame::{Answer, Note, counted};
use crate::operations::report::read::{Read, Rights, rows};
use crate::pg::session::Session;
use crate::query;

const HIGH_PCT: f64 = 30.0;
const HIGH_BYTES: i64 = 100 * 1024 * 1024;
const SHOWN: usize = 3;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Bloat {
    pub table: String,
    pub partitions: i64,
    pub table_bytes: i64,
    /// Null where the statistics cannot be read.
    pub wasted_bytes: Option<i64>,
    pub wasted_pct: Option<f64>,
    /// The part of the table of which nothing is known.
    pub unknown_bytes: i64,
    /// Of all its indexes.
    #[serde(skip_deserializing)]
    pub index_bytes: i64,
    /// Null where nothing is known of any of its indexes.
    #[serde(skip_deserializing)]
    pub index_wasted_bytes: Option<i64>,
    #[serde(skip_deserializing)]
    pub index_wasted_pct: Option<f64>,
    /// Indexes of which nothing is known; those that are no B-trees among them.
    #[serde(skip_deserializing)]
    pub index_unknown_bytes: i64,
}

/// An index, or a partitioned index with all its partitions.
#[derive(Clone, Debug, Deserialize)]
struct IndexBloat {
    index: String,
    table: String,
    index_bytes: i64,
    wasted_bytes: Option<i64>,
    known_bytes: i64,
}

impl IndexBloat {
    fn is_high(&self) -> bool {
        let wasted = self.wasted_bytes.unwrap_or(0);
        wasted >= HIGH_BYTES && 100.0 * wasted as f64 >= HIGH_PCT * self.known_bytes as f64
    }
}

impl Bloat {
    fn is_high(&self) -> bool {
        self.wasted_pct.is_some_and(|share| share >= HIGH_PCT)
            && self.wasted_bytes.is_some_and(|bytes| bytes >= HIGH_BYTES)
    }

    fn take_indexes(&mut self, indexes: &[IndexBloat]) {
        let known: i64 = indexes.iter().map(|index| index.known_bytes).sum();
        self.index_bytes = indexes.iter().map(|index| index.index_bytes).sum();
        self.index_unknown_bytes = self.index_bytes - known;
        let wasted: Option<i64> = indexes.iter().filter_map(|index| index.wasted_bytes).reduce(|a, b| a + b);
        self.index_wasted_bytes = wasted;
        self.index_wasted_pct =
            wasted.filter(|_| known > 0).map(|wasted| 100.0 * wasted as f64 / known as f64);
    }
}

pub async fn bloat(session: &Session, rights: &Rights, partitions: bool) -> Read<Answer<Bloat>> {
    let mut found: Vec<Bloat> = rows(session, &query!("report/bloat.sql"), &[&partitions]).await?;
    let indexes: Vec<IndexBloat> = rows(session, &query!("report/index_bloat.sql"), &[&partitions]).await?;
    let high: Vec<IndexBloat> = indexes.iter().filter(|index| index.is_high()).cloned().collect();
    let mut of_table: HashMap<String, Vec<IndexBloat>> = HashMap::new();
    for index in indexes {
        of_table.entry(index.table.clone()).or_default().push(index);
    }
    for row in &mut found {
        row.take_indexes(of_table.get(&row.table).map_or(&[], Vec::as_slice));
    }
    Ok(judge(found, &high, rights))
}

fn judge(rows: Vec<Bloat>, indexes: &[IndexBloat], rights: &Rights) -> Answer<Bloat> {
    let high: Vec<&Bloat> = rows.iter().filter(|row| row.is_high()).collect();
    let unknown: Vec<&Bloat> = rows.iter().filter(|row| row.unknown_bytes > 0).collect();
    let known = rows.iter().filter(|row| row.table_bytes > row.unknown_bytes).count();
    let verdict = match (known, high.len()) {
        (0, _) if !unknown.is_empty() => format!("nothing is known of {}", counted(unknown.len(), "table")),
        (_, 0) if indexes.is_empty() => {
            format!("of {} that something is known of, none wastes much", counted(known, "table"))
        }
        (_, high) => {
            let indexes = counted(indexes.len(), "index").replace("indexs", "indexes");
            let tables = counted(high, "table");
            format!("{tables} and {indexes} with more than 100 MB and {HIGH_PCT:.0}% to win back")
        }
    };
    let rewrites = high.iter().take(SHOWN).map(|row| {
        let table = &row.table;
        format!("-- holds ACCESS EXCLUSIVE while it rewrites; pg_repack does without\nvacuum full {table};")
    });
    let rebuilds =
        indexes.iter().take(SHOWN).map(|index| format!("reindex index concurrently {};", index.index));
    let next: Vec<String> = rewrites.chain(rebuilds).collect();
    let note = (!unknown.is_empty()).then(|| {
        let what = counted(unknown.len(), "table");
        if rights.reads_all_data {
            return Note::new(format!("{what} without statistics")).remedy("analyze;");
        }
        let hidden = format!("the statistics of {what} are hidden from this role, or not there");
        Note::membership(hidden, "pg_read_all_data", rights)
    });
    Answer::new(verdict, rows).next(next).note(note)
}
