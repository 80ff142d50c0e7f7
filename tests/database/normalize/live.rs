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

/// A transaction that is older than the load sees none of its rows, and so cannot take them away itself.
#[tokio::test]
async fn a_message_that_an_older_transaction_makes_again_leaves_no_rows_behind() {
    let db = messages().await;
    fill(&db, 50).await;
    db.batch("alter table message_reads drop constraint message_reads_message_id_fkey").await;
    let older = db.client().await;
    older.batch_execute("begin isolation level repeatable read; select from messages").await.unwrap();
    let program = db.pgtend(["normalize", "run", "reads"]);
    let run = tokio::task::spawn_blocking(move || program.run());
    for reached in [
        "select (to_regclass('pgtend.backfill') is not null)::text",
        "select (count(*) = 1)::text from pgtend.backfill where phase = 'settle'",
    ] {
        while db.value(reached).await != "true" {
            assert!(!run.is_finished(), "it does not wait for the older transaction");
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }
    older
        .batch_execute(
            r#"delete from messages where id in ('m00000004', 'm00000005');
               insert into messages (id, "readBy") values ('m00000004', '[{"userId": 1000}]'), ('m00000005', null);
               commit"#,
        )
        .await
        .unwrap();
    run.await.unwrap().success();
    assert_clean_reads(&db).await;
}

async fn assert_clean_reads(db: &Database) {
    let rows = "select string_agg(message_id || ' ' || user_id, ', ') from message_reads";
    assert_eq!(
        db.value(&format!("{rows} where message_id in ('m00000004', 'm00000005')")).await,
        "m00000004 1000"
    );
    run(db, ["verify", "reads"]).success();
}
