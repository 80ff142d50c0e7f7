//! From settings to a session: hosts in turn, TLS as asked for, the right kind of server, and a way to cancel.
mod address;
mod attempt;
mod cancel;
mod failure;
mod link;
mod pooler;

pub use cancel::Canceller;
pub use failure::{ConnectFailure, needs_password};
pub use link::{Link, connect};
pub use pooler::pools_transactions;
