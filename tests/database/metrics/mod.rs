//! `pgtend metrics`: the text, the file and the pages.
mod http;
mod text;

pub use text::well_formed;
