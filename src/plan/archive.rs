//! A table that goes into a file: what is written of it, and the manifest that says what the file holds. Data only;
//! files are written and read by `apply`.
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::pg::name::Relation;
use crate::pg::sql::Sql;

/// One table to be written into a folder, read back, and proved equal.
#[derive(Clone, Debug)]
pub struct Archive {
    pub relation: Relation,
    pub folder: PathBuf,
    /// `COPY ... TO STDOUT` in CSV with a header.
    pub copy: Sql,
    /// Gives the number of rows and the hash of their contents.
    pub digest: Sql,
    pub subject: Subject,
}

/// Rows that come back from a file, in one transaction with the proof that they are the same.
#[derive(Clone, Debug)]
pub struct Restore {
    pub relation: Relation,
    pub file: PathBuf,
    /// Empties the table, should an earlier attempt have filled it.
    pub truncate: Sql,
    /// `COPY ... FROM STDIN` in CSV with a header.
    pub copy: Sql,
    pub digest: Sql,
    pub expected: Digest,
    /// Ends the transaction, once the rows are proved.
    pub done: Option<Sql>,
}

/// What the file is the archive of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    pub database: String,
    pub server_version: u32,
    /// Schema and name of the partitioned table, each by itself: a name may hold a dot.
    pub table: [String; 2],
    pub partition: [String; 2],
    pub oid: u32,
    pub key: Key,
    pub columns: Vec<ArchivedColumn>,
}

/// The partition key's first column and the range of it, as points of [`Key::type_name`]; a missing bound is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Key {
    pub column: String,
    #[serde(rename = "type")]
    pub type_name: String,
    pub from: Option<String>,
    pub to: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchivedColumn {
    pub name: String,
    #[serde(rename = "type")]
    pub type_name: String,
    pub not_null: bool,
}

/// What rows are, whatever their order: how many, and the sum of their hashes (`hashtextextended` of each as text).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    pub rows: u64,
    pub hash: String,
}

/// What stands beside an archive's file, in JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    pub schema: String,
    pub pgtend_version: String,
    /// RFC 3339, by the server's clock.
    pub archived_at: String,
    #[serde(flatten)]
    pub subject: Subject,
    #[serde(flatten)]
    pub digest: Digest,
    /// Name of the file in the same folder: CSV (RFC 4180, UTF-8, header line; NULL is empty, an empty text is `""`),
    /// compressed with Zstandard.
    pub file: String,
    /// Of the CSV.
    pub csv_bytes: u64,
    pub csv_sha256: String,
    /// Of the compressed file.
    pub file_bytes: u64,
    pub file_sha256: String,
}

pub const MANIFEST_SCHEMA: &str = "pgtend.archive/1";
