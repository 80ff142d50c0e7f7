//! Numbers for Prometheus: families of samples, and their text.
mod exposition;

pub use exposition::{Exposition, Family, Kind};
