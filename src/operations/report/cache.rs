//! How much of what was asked for stood in shared buffers. What the operating system's cache had is not known to the
//! server.
use serde::Serialize;

use crate::operations::report::access::by_table;
use crate::operations::report::frame::Answer;
use crate::operations::report::tables::Table;
use crate::operations::stats::{Window, hit_pct};

/// With fewer blocks a share means nothing.
const LEAST_BLOCKS: f64 = 1000.0;

#[derive(Clone, Debug, Serialize)]
pub struct Cache {
    pub table: String,
    pub partitions: i64,
    pub size_bytes: i64,
    pub blocks: f64,
    pub blocks_read: f64,
    pub hit_pct: Option<f64>,
    pub table_hit_pct: Option<f64>,
    pub index_hit_pct: Option<f64>,
}

/// `low_pct`: where the share of hits is called low.
pub fn cache(tables: Vec<Table>, window: &Window, partitions: bool, low_pct: f64) -> Answer<Cache> {
    let works = by_table(window, partitions);
    let row = |table: Table| {
        let work = works.get(&table.oid).copied().unwrap_or_default();
        let (hit, read) = (work.table_hit + work.index_hit, work.table_read + work.index_read);
        Cache {
            table: table.table,
            partitions: table.partitions,
            size_bytes: table.size_bytes,
            blocks: hit + read,
            blocks_read: read,
            hit_pct: hit_pct(hit, read),
            table_hit_pct: hit_pct(work.table_hit, work.table_read),
            index_hit_pct: hit_pct(work.index_hit, work.index_read),
        }
    };
    let mut rows: Vec<Cache> = tables.into_iter().map(row).collect();
    rows.sort_by(|a, b| b.blocks_read.total_cmp(&a.blocks_read).then_with(|| a.table.cmp(&b.table)));
    let (hit, read) = (window.database.hit, window.database.read);
    let verdict = match hit_pct(hit, read) {
        Some(share) if hit + read >= LEAST_BLOCKS => {
            let judged =
                if share < low_pct { format!("below {low_pct:.0}%") } else { "as it should be".to_owned() };
            format!("{share:.1}% of the database's blocks were found in shared buffers: {judged}")
        }
        _ => format!("only {:.0} blocks were asked for: too few to judge", hit + read),
    };
    Answer::new(verdict, rows)
}
