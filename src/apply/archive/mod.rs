//! Tables into files and back. A file counts only with its manifest beside it, which is written last, after the file
//! was read back.
mod file;
mod manifest;
mod run;

pub use file::{Content, read_back};
pub use manifest::{Found, find, prepare, read};
