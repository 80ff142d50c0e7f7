//! Where the server is and who we are there, found as libpq finds it: flags, connection strings, `DATABASE_URL`,
//! service file, `PG*` variables, password file, defaults. Knows no connection and reads no process state itself.
mod choices;
pub mod conninfo;
mod environment;
mod keyword;
mod layers;
mod parameters;
mod passfile;
mod read;
mod resolve;
mod resolved;
mod secret;
mod service;
#[cfg(test)]
mod tests;
pub mod uri;

pub use choices::{
    ChannelBinding, LoadBalanceHosts, SslMode, SslNegotiation, TargetSessionAttrs, TlsVersion,
};
pub use environment::Environment;
pub use layers::Source;
pub use parameters::Parameters;
pub use resolve::Flags;
pub use resolved::{Host, Keepalives, RootCertificate, Settings};
pub use secret::Secret;
