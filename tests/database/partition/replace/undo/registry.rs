//! A table that was converted with a registry of keys: undone, it is what it was before the conversion.
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_postgres::Client;

use crate::common::database::Database;
use crate::partition::convert::everything::{CONVERT, works_as_before};
use crate::partition::convert::table::{assert_same, everything, properties};
use crate::partition::replace::table::left;
use crate::partition::replace::undo::everything::UNDO;
use crate::partition::support::{contains, tend};

const SPLIT: [&str; 6] = ["partition", "split", "messages", "--every", "month", "--yes"];

#[tokio::test]
async fn a_converted_table_is_what_it_was() {
    let db = everything().await;
    let before = properties(&db).await;
    tend(&db, CONVERT).run().success();
    tend(&db, SPLIT).run().success();
    db.batch(
        "insert into messages (id, \"createdAt\", sender, counted, number) values ('late', '2027-01-05Z', 1, 0, 0);
         insert into reads values ('late', 3)",
    )
    .await;
    let stderr = tend(&db, UNDO).run().success().stderr;
    contains(&stderr, "primary key: (id, \"createdAt\") becomes (id) again; public.messages_ids goes");
    contains(&stderr, "statements that say ON CONFLICT (id, \"createdAt\") have to say ON CONFLICT (id)");
    db.batch("delete from messages where id = 'late'").await;
    assert_same(&before, &properties(&db).await);
    assert_eq!(left_of_both(&db).await, "");
    works_as_before(&db).await;
    let code = |error: tokio_postgres::Error| error.code().unwrap().code().to_owned();
    let twice = "insert into messages (id, \"createdAt\", sender) values ('m3', '2029-02-01Z', 1)";
    assert_eq!(code(db.client().await.batch_execute(twice).await.unwrap_err()), "23505");
}

async fn left_of_both(db: &Database) -> String {
    let registry = db
        .value(
            "select coalesce(string_agg(name, ' '), '') from (
                 select oid::regclass::text from pg_class where relname ~ 'messages_(ids|legacy|p2)'
                 union all select oid::regproc::text from pg_proc where proname ~ 'messages_ids'
                 union all select description from pg_description where description ~ '^pgtend:(convert|replace)'
             ) as x(name)",
        )
        .await;
    left(db).await + &registry
}

#[tokio::test]
async fn rows_that_move_between_months_all_the_while_are_there_once() {
    let db = everything().await;
    tend(&db, CONVERT).run().success();
    tend(&db, SPLIT).run().success();
    let stop = Arc::new(AtomicBool::new(false));
    let mut movers = Vec::new();
    for lane in 0..2 {
        let client = db.client().await;
        movers.push(tokio::spawn(shift(client, lane, Arc::clone(&stop))));
    }
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    let program = tend(&db, UNDO);
    tokio::task::spawn_blocking(|| program.run().success()).await.unwrap();
    stop.store(true, Ordering::Relaxed);
    let mut log = HashMap::new();
    for mover in movers {
        log.extend(mover.await.unwrap());
    }
    assert!(log.len() > 50, "{} moves are no life", log.len());
    let rows = db.client().await.query("select id, \"createdAt\"::text from messages", &[]).await.unwrap();
    assert_eq!(rows.len(), 5000);
    let there: HashMap<String, String> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(there.len(), 5000);
    let stale = log.iter().filter(|(id, day)| !there[*id].starts_with(day.as_str())).count();
    assert_eq!(stale, 0, "of {}", log.len());
    assert_eq!(left_of_both(&db).await, "");
}

/// Id of a row to the day to which it was moved last.
async fn shift(client: Client, lane: usize, stop: Arc<AtomicBool>) -> HashMap<String, String> {
    client.batch_execute("set timezone = 'UTC'").await.unwrap();
    let mut log = HashMap::new();
    while !stop.load(Ordering::Relaxed) {
        let id = format!("m{}", 1 + lane + 2 * fastrand::usize(..200));
        let day =
            ["2026-08-02", "2026-09-12", "2026-10-22", "2026-12-30", "2027-01-15"][fastrand::usize(..5)];
        let update = "update messages set \"createdAt\" = $2::text::timestamptz where id = $1";
        assert_eq!(client.execute(update, &[&id, &day]).await.unwrap(), 1, "{id} was there");
        log.insert(id, day.to_owned());
    }
    log
}
