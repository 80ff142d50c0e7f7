//! The rules, one file for each family.
mod column;
mod constraint;
mod file;
mod index;
mod object;
mod partition;
mod rows;
mod session;
mod table;

use super::rule::{Family, Rule};

pub const FAMILIES: [&Family; 9] = [
    &index::FAMILY,
    &constraint::FAMILY,
    &column::FAMILY,
    &table::FAMILY,
    &partition::FAMILY,
    &rows::FAMILY,
    &object::FAMILY,
    &session::FAMILY,
    &file::FAMILY,
];

pub fn rules() -> impl Iterator<Item = &'static Rule> {
    FAMILIES.into_iter().flat_map(|family| family.rules)
}

/// The rule of a name, ours or squawk's.
pub fn rule(name: &str) -> Option<&'static Rule> {
    rules().find(|rule| rule.name == name)
}
