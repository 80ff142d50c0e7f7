//! The database floor: settings, sessions, names, SQL text. Nothing above it is named here.
pub mod connect;
pub mod name;
pub mod settings;
pub mod sql;
pub mod tls;
