//! No silent green: a database in which everything is bad, looked at by four kinds of roles. None of them may be told
//! that it is fine, and who cannot see is told which right is missing.
use std::fs;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::support::NOW;
use crate::common::database::Database;
use crate::common::program::{Output, pgtend};
use crate::common::standby::Pair;

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

    let roles = [db.role("monitor").await, db.role("stats").await, db.role("plain").await];
    db.batch(&format!("grant pg_monitor to {}; grant pg_read_all_stats to {}", roles[0], roles[1])).await;
    let mut lies = lies(&db.pgtend_at(&db.url(), HEALTH).run(), &BAD, "");
    for role in &roles {
        lies.extend(self::lies(&db.pgtend_as(role, HEALTH).run(), &BAD, role));
    }
    waiting.abort();
    busy.abort();
    drop(idle);
    db.batch(&format!("select pg_drop_replication_slot('{}')", db.name())).await;
    assert!(lies.is_empty(), "{}", lies.join("\n"));
}

const HEALTH: [&str; 4] = ["health", "--json", "--now", NOW];

/// Where somebody was told that what is bad is fine, or was told no way out of not knowing.
fn lies(said: &Output, bad: &[&str], role: &str) -> Vec<String> {
    let document = said.json();
    let verdicts = document["checks"].as_array().unwrap();
    let mut lies = Vec::new();
    for name in bad {
        let verdict = verdicts.iter().find(|verdict| verdict["check"] == *name);
        let verdict = verdict.unwrap_or_else(|| panic!("no check {name}"));
        match verdict["state"].as_str().unwrap() {
            "warning" | "critical" => {}
            "unknown" if !role.is_empty() && verdict["remedy"] != Value::Null => {}
            "unknown" if !role.is_empty() => lies.push(format!("{role} is told no remedy: {verdict:#}")),
            _ => lies.push(format!("{role}: {verdict:#}")),
        }
    }
    lies
}

/// What is bad on the servers of [`nobody_is_told_that_bad_servers_are_fine`].
const BAD_SERVERS: [&str; 6] = [
    "prepared_transactions",
    "archiver",
    "pending_restart",
    "replication_lag",
    "matview_age",
    "synchronous_standbys",
];
/// What takes a broken disk, or a month: their judges are tested alone.
const ELSEWHERE: [&str; 2] = ["checksums", "unused_indexes"];

#[tokio::test]
async fn nobody_is_told_that_bad_servers_are_fine() {
    let pair = Pair::start(&[
        ("archive_mode", "on"),
        ("archive_command", "false"),
        ("max_prepared_transactions", "5"),
    ]);
    let client = pair.on_primary().await;
    client
        .batch_execute(
            "create table t (id int); create materialized view daily as select 1 as one;
             create role monitor login; grant pg_monitor to monitor;
             create role stats login; grant pg_read_all_stats to stats; create role plain login",
        )
        .await
        .unwrap();
    client.batch_execute("begin; insert into t values (1); prepare transaction 'forgotten'").await.unwrap();
    client.batch_execute("alter system set max_connections = 300").await.unwrap();
    client.batch_execute("select pg_reload_conf(), pg_switch_wal()").await.unwrap();
    let home = TempDir::with_prefix("pgtend-test-").unwrap();
    fs::write(
        home.path().join("pgtend.toml"),
        "[health]\nprepared_transactions = { warning = 0 }\nreplication_lag = { warning = 0.05 }\n
         matview_age = { warning = 0 }\n[[matview]]\nname = \"daily\"\nmax_age = \"1h\"\n",
    )
    .unwrap();
    let run = |role: &str, arguments: &[&str]| {
        let url = pair.primary.url_as(role, "postgres");
        let program = pgtend([]).args(arguments).args(["-d", &url]);
        program.env("HOME", home.path()).directory(home.path()).run()
    };
    run("postgres", &["matview", "refresh", "daily"]).success();
    client.batch_execute("set synchronous_commit = local").await.unwrap();
    client.batch_execute("alter system set synchronous_standby_names = 'nosuch'").await.unwrap();
    client.batch_execute("select pg_reload_conf()").await.unwrap();
    pair.on_standby().await.batch_execute("select pg_wal_replay_pause()").await.unwrap();
    let truth = "select (select failed_count from pg_stat_archiver) > 0
                 and coalesce((select replay_lag from pg_stat_replication) > interval '100 ms', false)
                 and exists (select from pg_settings where pending_restart)";
    while !client.query_one(truth, &[]).await.unwrap().get::<_, bool>(0) {
        client.batch_execute("insert into t values (2)").await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut found = Vec::new();
    for role in ["", "monitor", "stats", "plain"] {
        let login = if role.is_empty() { "postgres" } else { role };
        found.extend(lies(&run(login, &["health", "--json"]), &BAD_SERVERS, role));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_check_stands_in_the_matrix() {
    let said = pgtend(["health", "--list", "--json", "--no-config"]).run().success().json();
    for check in said["checks"].as_array().unwrap() {
        let name = check["check"].as_str().unwrap();
        let lists: [&[&str]; 3] = [&BAD, &BAD_SERVERS, &ELSEWHERE];
        assert!(lists.iter().any(|list| list.contains(&name)), "{name} is nowhere bad");
    }
}
