//! A table that goes into a file: what is written of it, and the manifest that says what the file holds. Data only;
//! files are written and read by `apply`.
use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::pg::name::Relation;
use crate::pg::sql::Sql;
use crate::plan::stored::Stored;

/// One table to be written into a store, read back, and proved equal.
#[derive(Clone, Debug)]
pub struct Archive {
    pub relation: Relation,
    pub store: Store,
    pub form: Form,
    /// `COPY ... TO STDOUT` in CSV with a header.
    pub copy: Sql,
    /// Gives the number of rows and the hash of their contents.
    pub digest: Sql,
    pub subject: Subject,
}

/// How the rows lie in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// CSV in Zstandard.
    Csv,
    /// How each column is stored, and the folders between the table's and the file, as `year=2026/month=8`.
    Parquet { columns: Vec<Stored>, folders: String },
}

impl Form {
    pub const fn format(&self) -> FileFormat {
        match self {
            Self::Csv => FileFormat::Csv,
            Self::Parquet { .. } => FileFormat::Parquet,
        }
    }
}

/// What an archive's file is written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    #[default]
    Csv,
    Parquet,
}

/// Where the files of archives lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    Folder(PathBuf),
    Command(StoreCommand),
}

/// A program and its arguments, which keeps files and gives them back (`PGTEND_ARCHIVE_ACTION` is `put` or `get`,
/// `PGTEND_ARCHIVE_NAME` the file's name; the bytes go through standard input and output).
#[derive(Clone, PartialEq, Eq)]
pub struct StoreCommand {
    pub program: String,
    /// May hold secrets, and is never shown.
    pub arguments: Vec<String>,
}

/// A file of a store, by its name there, with `/` between the parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredFile {
    pub store: Store,
    pub name: String,
}

impl fmt::Debug for StoreCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreCommand").field("program", &self.program).finish_non_exhaustive()
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Command(command) => write!(f, "the store of {}", command.program),
        }
    }
}

impl fmt::Display for StoredFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.store {
            Store::Folder(folder) => folder.join(&self.name).display().fmt(f),
            Store::Command(_) => f.write_str(&self.name),
        }
    }
}

impl StoredFile {
    /// The file of this name beside it.
    #[must_use]
    pub fn beside(&self, file: &str) -> Self {
        let name = match self.name.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{file}"),
            None => file.to_owned(),
        };
        Self { store: self.store.clone(), name }
    }
}

/// Rows that come back from a file, in one transaction with the proof that they are the same.
#[derive(Clone, Debug)]
pub struct Restore {
    pub relation: Relation,
    pub file: StoredFile,
    pub format: FileFormat,
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
    /// In which the table's periods begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    pub columns: Vec<ArchivedColumn>,
    /// A table that takes the rows; without keys, defaults and constraints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ddl: Option<String>,
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
    /// What it is in a Parquet file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<String>,
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
    /// Older archives, which do not say it, are CSV.
    #[serde(default)]
    pub format: FileFormat,
    /// Name of the file in the same folder: CSV (RFC 4180, UTF-8, header line; NULL is empty, an empty text is `""`),
    /// compressed with Zstandard, or Parquet.
    pub file: String,
    /// Of the CSV; of a Parquet file, of the CSV that its rows are as the server wrote it, which reading gives again.
    pub csv_bytes: u64,
    pub csv_sha256: String,
    /// Of the file itself.
    pub file_bytes: u64,
    pub file_sha256: String,
}

pub const MANIFEST_SCHEMA: &str = "pgtend.archive/1";
