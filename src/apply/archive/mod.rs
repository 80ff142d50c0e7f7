//! Tables into files and back. A file counts only with its manifest beside it, which is written last, after the file
//! was read back.
mod file;
mod hashing;
mod manifest;
mod piece;
mod restore;
mod run;
mod store;

pub use file::{Content, read_back};
pub use manifest::{Found, find, read, read_stored};
pub(super) use run::digest;
pub use store::prepare;
