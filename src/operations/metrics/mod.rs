//! Numbers for Prometheus: families of samples, and their text.
mod exposition;
mod families;
mod survey;

pub use exposition::{Exposition, Family, Kind};
pub use families::families;
pub use survey::{Numbers, Scope, survey};
