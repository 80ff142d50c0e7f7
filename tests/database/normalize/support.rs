//! What the tests of normalize share.
pub use super::messages::*;
use crate::common::database::Database;
use crate::common::program::Output;
pub use crate::support::contains;

pub fn run<const N: usize>(db: &Database, arguments: [&str; N]) -> Output {
    db.pgtend(["normalize"]).args(arguments).run()
}
