//! The reports and their store: what they say on every version, to every role, under every lock.
mod bloat;
mod columns;
mod indexes;
mod locks;
mod page;
mod queries;
mod roles;
mod support;

pub use support::REPORTS;
