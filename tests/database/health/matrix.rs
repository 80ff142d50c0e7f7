//! No silent green: a database in which everything is bad, looked at by four kinds of roles. None of them may be told
//! that it is fine, and who cannot see is told which right is missing.
use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::support::NOW;
use crate::common::database::Database;

/// What is bad in [`bad`], with the limits of [`LIMITS`].
const BAD: [&str; 25] = [
    "connect",
    "connections",
    "blocked",
    "long_queries",
    "idle_in_transaction",
    "snapshots",
    "wraparound",
    "multixact_wraparound",
    "sequences",
    "replication_slots",
    "settings",
    "partition_horizon",
    "partition_upkeep",
    "matviews",
    "cache_hit",
    "slow_queries",
    "statements_fill",
    "dead_rows",
    "autovacuum",
    "statistics",
    "table_bloat",
    "invalid_indexes",
    "duplicate_indexes",
    "foreign_keys",
    "unvalidated_constraints",
];

/// Low enough for what a test can do to a server in a second.
const LIMITS: &str = "
    [health]
    connect = { warning = 0 }
    connections = { warning = 0 }
    blocked = { warning = 0 }
    long_queries = { warning = 0 }
    idle_in_transaction = { warning = 0 }
    snapshots = { warning = 0 }
    wraparound = { warning = 0 }
    multixact_wraparound = { warning = 0 }
    replication_slots = { warning = 0 }
    cache_hit = { warning = 101, at_least = 1 }
    slow_queries = { warning = 5, at_least = 1 }
    statements_fill = { warning = 0 }
    dead_rows = { warning = 0.5, at_least = 1 }
    table_bloat = { at_least = 8192 }
";

async fn bad(db: &Database) {
    db.batch("create extension if not exists pg_stat_statements").await;
    db.batch(
        "create table orders (id serial primary key, note text);
         create sequence small maxvalue 100; select setval('small', 92);
         insert into orders (note) select repeat('x', 500) from generate_series(1, 4000);
         create index one on orders (note); create index two on orders (note);
         create table lines (order_id int references orders);
         alter table lines add check (order_id > 0) not valid;
         create table quiet (id int) with (autovacuum_enabled = off);
         create table new (id int) with (autovacuum_enabled = off);
         create materialized view summary as select count(*) from orders with no data;
         create table events (id int, at timestamptz) partition by range (at);
         create table e10 partition of events for values from ('2026-10-01 00:00+00') to ('2026-11-01 00:00+00');
         create table events_default partition of events default;
         insert into events values (1, '2026-11-14');",
    )
    .await;
    // In transactions of their own, so that the counters see them.
    db.batch("alter table orders set (autovacuum_enabled = off)").await;
    db.batch("analyze orders").await;
    db.batch("delete from orders where id % 10 <> 0").await;
    db.batch("insert into new select 1 from generate_series(1, 100)").await;
    db.batch("analyze events_default; select pg_sleep(0.02)").await;
    db.batch("update pg_index set indisvalid = false where indexrelid = 'two'::regclass").await;
    db.batch("create index three on orders (note)").await;
    db.batch(&format!("select pg_create_physical_replication_slot('{}', true)", db.name())).await;
    fs::write(db.home().join("pgtend.toml"), LIMITS).unwrap();
}

#[tokio::test]
async fn nobody_is_told_that_a_bad_database_is_fine() {
    let db = Database::create().await;
    bad(&db).await;
    // The estimate of bloat wants statistics from before and pages from after.
    db.batch("vacuum orders").await;
    let idle = db.client().await;
    idle.batch_execute("begin isolation level repeatable read; lock table quiet; select txid_current()")
        .await
        .unwrap();
    let waiting = db.client().await;
    let waiting = tokio::spawn(async move { waiting.batch_execute("begin; lock table quiet").await });
    let busy = db.client().await;
    let busy = tokio::spawn(async move { busy.batch_execute("select pg_sleep(60)").await });
    while db.value("select count(*) from pg_locks where not granted").await == "0" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    db.batch("delete from orders where id > 2000").await;
    db.batch("insert into orders (note) select 'y' from generate_series(1, 10)").await;
    tokio::time::sleep(Duration::from_millis(1200)).await;

    let (monitor, stats, plain) = (db.role("monitor").await, db.role("stats").await, db.role("plain").await);
    db.batch(&format!("grant pg_monitor to {monitor}; grant pg_read_all_stats to {stats}")).await;
    let mut lies = Vec::new();
    for role in ["", &monitor, &stats, &plain] {
        let url = if role.is_empty() { db.url() } else { db.url_as(role) };
        let said = db.pgtend_at(&url, ["health", "--json", "--now", NOW]).run().code(2);
        let document = said.json();
        for verdict in document["checks"].as_array().unwrap() {
            let name = verdict["check"].as_str().unwrap();
            let state = verdict["state"].as_str().unwrap();
            let is_told = match role {
                "" => matches!(state, "warning" | "critical"),
                _ => matches!(state, "warning" | "critical" | "unknown"),
            };
            if BAD.contains(&name) && !is_told {
                lies.push(format!("{role}: {verdict:#}"));
            }
            if BAD.contains(&name) && state == "unknown" && verdict["remedy"] == Value::Null {
                lies.push(format!("{role} is told no remedy: {verdict:#}"));
            }
        }
        for name in BAD {
            assert!(
                document["checks"].as_array().unwrap().iter().any(|verdict| verdict["check"] == name),
                "{name}"
            );
        }
    }
    waiting.abort();
    busy.abort();
    drop(idle);
    db.batch(&format!("select pg_drop_replication_slot('{}')", db.name())).await;
    assert!(lies.is_empty(), "{}", lies.join("\n"));
}
