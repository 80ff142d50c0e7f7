//! `pgtend metrics`: the text, the file and the pages.
mod http;
mod text;
