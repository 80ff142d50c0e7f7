//! No report waits for a lock that somebody holds or waits for, and none hangs on it.
use std::time::{Duration, Instant};

use super::support::{REPORTS, contains, of_database, report, row, shop, somebody_waits};
use crate::common::database::Database;

/// Generous for a loaded machine, and far below the time that the lock is held.
const LONGEST: Duration = Duration::from_secs(20);

async fn all_answer(db: &Database) {
    for name in REPORTS {
        let began = Instant::now();
        report(db, name).success();
        assert!(began.elapsed() < LONGEST, "{name} took {:?}", began.elapsed());
    }
}

const EVERYTHING: &str =
    "lock table orders, events, events_p1, events_p2; alter sequence orders_id_seq cache 2;
                          alter materialized view totals set (fillfactor = 90)";

#[tokio::test]
async fn a_lock_that_is_held_stops_no_report() {
    let db = shop().await;
    let holder = db.client().await;
    holder
        .batch_execute(&format!("begin; {EVERYTHING}; alter index orders_customer set (fillfactor = 80)"))
        .await
        .unwrap();
    all_answer(&db).await;
    let sizes = report(&db, "sizes").success().json();
    assert_eq!(row(&sizes, "table", "public.orders")["estimated"], true);
    let sequences = report(&db, "sequences").success().json();
    let locked = row(&sequences, "sequence", "public.orders_id_seq");
    assert_eq!((&locked["locked"], &locked["used_pct"]), (&true.into(), &serde_json::Value::Null));
    assert!(!sequences["verdict"].as_str().unwrap().contains("none is past"), "{sequences:#}");
    holder.batch_execute("rollback").await.unwrap();
}

#[tokio::test]
async fn a_lock_that_is_waited_for_stops_no_report() {
    let db = shop().await;
    let reader = db.client().await;
    reader.batch_execute("begin; select count(*) from orders").await.unwrap();
    let waiter = db.client().await;
    let cancel = waiter.cancel_token();
    let waiting = tokio::spawn(async move { waiter.batch_execute("begin; lock table orders").await });
    somebody_waits(&db).await;
    all_answer(&db).await;
    let locks = report(&db, "locks").success().json();
    contains(locks["verdict"].as_str().unwrap(), " for a lock, the longest for ");
    let rows = of_database(&db, &locks);
    assert_eq!((&rows[0]["depth"], &rows[0]["blocks"]), (&0.into(), &1.into()));
    assert_eq!((&rows[1]["depth"], &rows[1]["relation"]), (&1.into(), &"public.orders".into()));
    contains(&locks["next"].to_string(), &format!("pg_terminate_backend({})", rows[0]["pid"]));
    cancel.cancel_query(tokio_postgres::NoTls).await.unwrap();
    waiting.await.unwrap().unwrap_err();
}
