//! While the application appends, removes, inserts and deletes, nothing is missed and nothing is left behind.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_postgres::Client;

use super::support::{fill, messages, run};
use crate::common::database::Database;

const MESSAGES: u32 = 4000;

/// Writes until it is told to stop; how many writes went through.
async fn write(client: Client, isolation: &str, number: u64, stop: Arc<AtomicBool>) -> usize {
    let mut random = fastrand::Rng::with_seed(number);
    let mut done = 0;
    while !stop.load(Ordering::Relaxed) {
        let id = format!("m{:08}", random.u32(1..=MESSAGES));
        let user = random.u32(1..60);
        let act = match random.u8(0..10) {
            0..4 => format!(
                r#"update messages set "readBy" = coalesce("readBy", '[]') || '[{{"userId": {user}, "readAt": "2025-01-01T00:00:{:02}Z"}}]' where id = '{id}'"#,
                random.u8(0..60)
            ),
            4..7 => format!(r#"update messages set "readBy" = "readBy" - 0 where id = '{id}'"#),
            7 => format!(r#"update messages set reactions = '{{"👍": [{user}]}}' where id = '{id}'"#),
            8 => format!(
                r#"insert into messages (id, "readBy") values ('n{number}_{done}', '[{{"userId": {user}, "readAt": "2025-01-01T00:00:00Z"}}]')"#
            ),
            _ => format!("delete from messages where id = '{id}'"),
        };
        let pause = random.u64(0..3);
        let text = format!(
            "begin isolation level {isolation}; select count(*) from messages where id = '{id}'; {act}; commit"
        );
        match client.batch_execute(&text).await {
            Ok(()) => done += 1,
            // As an application does: what cannot be serialized is tried again.
            Err(error) => {
                let state = error.code().map(|code| code.code().to_owned()).unwrap_or_default();
                assert!(["40001", "40P01"].contains(&state.as_str()), "{error:?}\n{act}");
                client.batch_execute("rollback").await.unwrap();
            }
        }
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
    }
    done
}

async fn while_written(isolation: &'static str) {
    let db = messages().await;
    fill(&db, MESSAGES).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut writers = Vec::new();
    for number in 0..3 {
        let client = db.client().await;
        writers.push(tokio::spawn(write(client, isolation, number, Arc::clone(&stop))));
    }
    let run_at = |arguments: &'static [&'static str]| {
        let program = db.pgtend(["normalize"]).args(arguments);
        tokio::task::spawn_blocking(move || program.run())
    };
    run_at(&["run", "--batch-time", "5ms"]).await.unwrap().success();
    // In step while they still write, in one snapshot.
    run_at(&["verify"]).await.unwrap().success();
    stop.store(true, Ordering::Relaxed);
    let mut writes = 0;
    for writer in writers {
        writes += writer.await.unwrap();
    }
    assert!(writes > 20, "{writes} writes are no test");
    assert_clean(&db);
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
