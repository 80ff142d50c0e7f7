//! Tables into files and back. A file counts only with its manifest beside it, which is written last, after the file
//! was read back.
mod csv_file;
mod file;
mod hashing;
mod manifest;
mod misfit;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(not(feature = "parquet"))]
#[path = "no_parquet.rs"]
mod parquet;
mod piece;
mod restore;
mod run;
mod store;

pub use file::ensure_format;
pub use manifest::{Found, find, read, read_stored};
pub(super) use run::digest;
pub use store::prepare;
