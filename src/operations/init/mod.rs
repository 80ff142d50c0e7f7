//! A first configuration: what the database has that could be tended, and the text that asks for it.
mod configuration;
mod names;
mod survey;

pub use configuration::configuration;
pub use survey::{Survey, survey};
