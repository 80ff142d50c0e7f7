//! A page for a browser, a mail or a printer: one file that asks for no other.
mod drawing;
mod render;
mod section;
mod shown;

pub use section::{Block, Chip, Figure, Lane, Page, Remark, Section, Table};
