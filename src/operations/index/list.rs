//! Every index once: the parts that partitions have are counted into the whole.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::pg::catalog::Index;

#[derive(Clone, Debug, Serialize)]
pub struct IndexRow {
    pub index: String,
    pub table: String,
    /// `primary key`, `unique constraint`, `exclusion constraint`, `unique index` or `index`
    pub kind: &'static str,
    pub valid: bool,
    /// Indexes that hold rows; 1 on a table that is not partitioned.
    pub parts: usize,
    /// The index of the partitioned table that it is a part of; only where parts are listed.
    pub part_of: Option<String>,
    pub size_bytes: i64,
    pub scans: i64,
    /// Null before PostgreSQL 16, and when there was none.
    pub last_scan: Option<DateTime<Utc>>,
    /// Null while another session locks the table.
    pub definition: Option<String>,
}

/// An index with what its parts come to.
#[derive(Clone, Debug)]
pub struct Logical<'a> {
    pub index: &'a Index,
    pub parts: usize,
    pub bytes: i64,
    pub scans: i64,
    pub last_scan: Option<DateTime<Utc>>,
}

/// The indexes that are no part of another one among these.
pub fn logical(indexes: &[Index]) -> Vec<Logical<'_>> {
    let places: HashMap<u32, usize> = indexes.iter().enumerate().map(|(at, index)| (index.oid, at)).collect();
    let above = |index: &Index| index.parent.and_then(|parent| places.get(&parent)).copied();
    let mut sums: Vec<Logical<'_>> = indexes
        .iter()
        .map(|index| Logical { index, parts: 0, bytes: 0, scans: 0, last_scan: None })
        .collect();
    for (place, index) in indexes.iter().enumerate() {
        let mut at = place;
        while let Some(whole) = above(&indexes[at]) {
            at = whole;
        }
        let sum = &mut sums[at];
        sum.parts += usize::from(!index.partitioned);
        sum.bytes += index.bytes;
        sum.scans += index.scans;
        sum.last_scan = sum.last_scan.max(index.last_scan);
    }
    sums.into_iter().filter(|sum| above(sum.index).is_none()).collect()
}

pub fn index_rows(indexes: &[Index]) -> Vec<IndexRow> {
    let row = |sum: &Logical<'_>| {
        let own = row_of(sum.index, None);
        let (size_bytes, scans, last_scan) = (sum.bytes, sum.scans, sum.last_scan);
        IndexRow { parts: sum.parts, size_bytes, scans, last_scan, ..own }
    };
    logical(indexes).iter().map(row).collect()
}

/// Each part by itself, beside the whole.
pub fn part_rows(indexes: &[Index]) -> Vec<IndexRow> {
    let names: HashMap<u32, String> =
        indexes.iter().map(|index| (index.oid, index.relation.plain())).collect();
    let whole = |index: &Index| index.parent.and_then(|parent| names.get(&parent).cloned());
    indexes.iter().map(|index| row_of(index, whole(index))).collect()
}

fn row_of(index: &Index, part_of: Option<String>) -> IndexRow {
    IndexRow {
        index: index.relation.plain(),
        table: index.table.plain(),
        kind: index.kind.words(),
        valid: index.valid,
        parts: usize::from(!index.partitioned),
        part_of,
        size_bytes: index.bytes,
        scans: index.scans,
        last_scan: index.last_scan,
        definition: index.definition.as_ref().map(|definition| definition.plain()),
    }
}
