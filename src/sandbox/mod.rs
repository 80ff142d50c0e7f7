//! A private PostgreSQL server: for `pgtend demo`, for `pgtend sandbox`, and for the tests.
//! Sockets only, a directory of its own, nothing of it left behind. It must not know what runs on the server.
mod cluster;
mod directory;
mod discover;
mod fetch;
mod owner;
mod place;
mod private;
mod registry;
mod sentinel;
mod template;

pub use discover::{Rejected, Server, Survey, discover, survey};
pub use fetch::fetch;
pub use private::{Lifetime, Options, Sandbox};
pub use registry::{Named, Status};
