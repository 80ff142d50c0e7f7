//! What was read of documents: rows, rejects and counts, until somebody takes them.
use super::counts::Counts;
use crate::pg::copy::Rows;

/// An element, or a whole document, without a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    pub source_key: String,
    pub path: String,
    pub element: Option<String>,
    pub reason: String,
    pub detail: Option<String>,
}

/// What was read since the last time that somebody took it.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub rows: Rows,
    pub rejects: Vec<Reject>,
    pub counts: Counts,
    /// The key of the last document.
    pub reached: String,
    /// The last row of each document that has rows, and the document's key.
    pub(super) keys: Vec<(usize, String)>,
    /// Where each row's element stands in its document, one after the other, and where each of these ends.
    pub(super) paths: Vec<u8>,
    pub(super) path_ends: Vec<usize>,
}

impl Batch {
    /// The key of the document that a row is from.
    pub fn key_of(&self, row: usize) -> String {
        let place = self.keys.partition_point(|(last, _)| *last < row);
        self.keys.get(place).map(|(_, key)| key.clone()).unwrap_or_default()
    }

    /// Where the element that a row is made of stands in its document.
    pub fn path_of(&self, row: usize) -> String {
        let begin = row.checked_sub(1).and_then(|before| self.path_ends.get(before)).copied().unwrap_or(0);
        let end = self.path_ends.get(row).copied().unwrap_or(begin);
        String::from_utf8_lossy(self.paths.get(begin..end).unwrap_or_default()).into_owned()
    }
}
