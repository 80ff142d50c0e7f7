//! `pgtend doctor`
mod examine;
mod uninstall;

pub use examine::DoctorArgs;
