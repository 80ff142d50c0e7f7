//! No report waits for a lock that somebody holds or waits for, and none hangs on it.
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::support::{REPORTS, contains, of_database, report, row, shop, somebody_waits};
use crate::common::database::Database;

/// Generous for a loaded machine, and far below the time that the lock is held.
const LONGEST: Duration = Duration::from_secs(20);

/// A database with history, and the name of a statement in it.
async fn shop_with_history() -> (Database, String) {
    let db = shop().await;
    db.pgtend(["stats", "init"]).run().success();
    db.batch("select count(*) from orders").await;
    db.pgtend(["stats", "capture"]).run().success();
    let document = db.pgtend(["report", "slow-queries", "--min-mean", "0s", "--json"]).run().success().json();
    let id = document["rows"][0]["id"].as_str().unwrap().to_owned();
    (db, id)
}

/// Every command that reads answers in time; returned is what `health` does not know.
async fn all_answer(db: &Database, id: &str) -> BTreeSet<String> {
    let answers = |arguments: &[&str], codes: RangeInclusive<i32>| {
        let began = Instant::now();
        let said = db.pgtend([]).args(arguments).run();
        assert!(began.elapsed() < LONGEST, "{arguments:?} took {:?}", began.elapsed());
        assert!(said.code.is_some_and(|code| codes.contains(&code)), "{said:?}");
        said
    };
    for name in REPORTS {
        answers(&["report", name, "--json"], 0..=0);
    }
    answers(&["report", "query", id], 0..=0);
    answers(&["report", "query", id, "--since-reset"], 0..=0);
    answers(&["stats", "status"], 0..=0);
    answers(&["stats", "capture"], 0..=0);
    contains(&answers(&["metrics"], 0..=0).stdout, "pgtend_scrape_errors 0\n");
    // Its findings are of the server.
    assert!(answers(&["doctor", "--json"], 0..=3).json()["findings"].is_array());
    let health = answers(&["health", "--json"], 0..=3).json();
    let unknown = |verdict: &&Value| verdict["state"] == "unknown";
    let unknown = health["checks"].as_array().unwrap().iter().filter(unknown);
    unknown.map(|verdict| verdict["check"].as_str().unwrap().to_owned()).collect()
}

const EVERYTHING: &str =
    "lock table orders, events, events_p1, events_p2; alter sequence orders_id_seq cache 2;
                          alter materialized view totals set (fillfactor = 90)";

#[tokio::test]
async fn a_lock_that_is_held_stops_no_report() {
    let (db, id) = shop_with_history().await;
    let mut unknown = all_answer(&db, &id).await;
    let holder = db.client().await;
    holder
        .batch_execute(&format!("begin; {EVERYTHING}; alter index orders_customer set (fillfactor = 80)"))
        .await
        .unwrap();
    // A sequence's value is in the sequence itself, and PostgreSQL opens a table to tell how it is partitioned.
    for check in ["sequences", "partition_horizon", "partition_upkeep"] {
        unknown.insert(check.to_owned());
    }
    assert_eq!(all_answer(&db, &id).await, unknown);
    let sizes = report(&db, "sizes").success().json();
    assert_eq!(row(&sizes, "table", "public.orders")["estimated"], true);
    let sequences = report(&db, "sequences").success().json();
    let locked = row(&sequences, "sequence", "public.orders_id_seq");
    assert_eq!((&locked["locked"], &locked["used_pct"]), (&true.into(), &Value::Null));
    contains(sequences["verdict"].as_str().unwrap(), "of 4 sequences that could be seen");
    contains(&sequences["notes"].to_string(), "1 sequence locked by somebody");
    holder.batch_execute("rollback").await.unwrap();
}

#[tokio::test]
async fn a_lock_that_is_waited_for_stops_no_report() {
    let (db, id) = shop_with_history().await;
    let unknown = all_answer(&db, &id).await;
    let reader = db.client().await;
    reader.batch_execute("begin; select count(*) from orders").await.unwrap();
    let waiter = db.client().await;
    let cancel = waiter.cancel_token();
    let waiting = tokio::spawn(async move { waiter.batch_execute("begin; lock table orders").await });
    somebody_waits(&db).await;
    assert_eq!(all_answer(&db, &id).await, unknown);
    let locks = report(&db, "locks").success().json();
    contains(locks["verdict"].as_str().unwrap(), " for a lock, the longest for ");
    let rows = of_database(&db, &locks);
    assert_eq!((&rows[0]["depth"], &rows[0]["blocks"]), (&0.into(), &1.into()));
    assert_eq!((&rows[1]["depth"], &rows[1]["relation"]), (&1.into(), &"public.orders".into()));
    contains(&locks["next"].to_string(), &format!("pg_terminate_backend({})", rows[0]["pid"]));
    cancel.cancel_query(tokio_postgres::NoTls).await.unwrap();
    waiting.await.unwrap().unwrap_err();
}
