//! What the tests share: one private server for each test binary, a database for each test, and the built program
//! as people run it. It must not know any noun of pgtend.
pub mod database;
pub mod pooler;
pub mod program;
pub mod proxy;
pub mod server;
pub mod standby;
