//! The database floor: settings, sessions, names, SQL text, catalog reads. Nothing above it is named here.
pub mod bound;
pub mod catalog;
pub mod connect;
pub mod copy;
pub mod index;
pub mod index_statement;
pub mod lock;
pub mod masked;
pub mod name;
pub mod pool;
pub mod script;
pub mod session;
pub mod settings;
pub mod sql;
pub mod state;
pub mod tls;
pub mod version;
