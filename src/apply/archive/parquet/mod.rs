//! Archives in Parquet. Every value goes from the server's text into a type and must come out of it as the same text,
//! when it is written and again when the file is read back, so that no type can lose or change one.
mod array;
mod column;
mod decimal;
mod fields;
mod float;
mod read;
mod schema;
mod time;
mod value;
mod write;

pub(super) use read::{decode, sums};
pub(super) use schema::ensure_built_in;
pub(super) use write::write;
