//! Connections to real servers: every `sslmode`, certificates of both sides, several hosts, cancellation, and what
//! the errors say.
mod certificates;
mod errors;
mod hosts;
mod modes;
mod server;
mod sessions;
mod stage;
