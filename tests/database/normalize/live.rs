//! While the application appends, removes, inserts and deletes, nothing is missed and nothing is left behind.
use super::support::{Life, fill, messages, rows_by_sql, rows_in_targets, run};
use crate::common::database::Database;

const MESSAGES: u32 = 4000;

async fn while_written(isolation: &'static str) {
    let db = messages().await;
    fill(&db, MESSAGES).await;
    let life = Life::begin(&db, MESSAGES, isolation).await;
    let run_at = |arguments: &'static [&'static str]| {
        let program = db.pgtend(["normalize"]).args(arguments);
        tokio::task::spawn_blocking(move || program.run())
    };
    run_at(&["run", "--batch-time", "5ms"]).await.unwrap().success();
    // In step while they still write, in one snapshot.
    run_at(&["verify"]).await.unwrap().success();
    let writes = life.end().await;
    assert!(writes > 20, "{writes} writes are no test");
    assert_clean(&db);
    assert_eq!(rows_in_targets(&db).await, rows_by_sql(&db).await);
}

fn assert_clean(db: &Database) {
    let said = run(db, ["verify", "--json"]).success().json();
    for mapping in said["mappings"].as_array().unwrap() {
        assert_eq!(
            (&mapping["missing_rows"], &mapping["stale_rows"], &mapping["extra_rows"]),
            (&0.into(), &0.into(), &0.into())
        );
        assert_eq!(mapping["expected_checksum"], mapping["target_checksum"]);
    }
}

#[tokio::test]
async fn under_read_committed() {
    while_written("read committed").await;
}

#[tokio::test]
async fn under_repeatable_read() {
    while_written("repeatable read").await;
}
