//! `pgtend partition convert`: an ordinary table with everything on it, live writers, what it refuses, the way back.
mod bad_input;
mod composite;
pub mod everything;
mod live;
mod steps;
pub mod table;

use crate::common::database::Database;
use crate::partition::support::{contains, fingerprint, tend};

/// A run that prepares all and cannot cut over: a reader does not give the lock.
async fn held_up(db: &Database, command: &[&str]) {
    let reader = db.client().await;
    reader.batch_execute("begin; select from users limit 1").await.unwrap();
    let busy = tend(db, []).args(command).args(["--lock-budget", "500ms"]).run().code(5);
    contains(&busy.stderr, "cut over");
    reader.batch_execute("commit").await.unwrap();
}

/// Each setup is refused with what is said beside it, and nothing is changed.
async fn all_refused(command: &[&str], cases: &[(&str, &str)]) {
    for (setup, said) in cases {
        let db = Database::create().await;
        db.batch(&format!("{}{setup}", bad_input::TABLE)).await;
        let before = fingerprint(&db).await;
        let refused = tend(&db, []).args(command).run().code(1);
        contains(&refused.stderr, said);
        contains(&refused.stderr, "nothing was changed");
        assert_eq!(before, fingerprint(&db).await, "{setup}");
    }
}
