//! Where snapshots are kept, who may keep them, and what becomes of old ones.
use serde_json::Value;

use crate::common::database::Database;
use crate::support::{contains, said};

async fn database() -> Database {
    let db = Database::create().await;
    db.batch("create extension pg_stat_statements; create table t (n int primary key)").await;
    db
}

fn statements(db: &Database, more: &[&str]) -> Value {
    let program = db.pgtend(["report", "slow-queries", "--json", "--min-mean", "0s"]).args(more);
    program.run().success().json()
}

fn calls(db: &Database, document: &Value, name: &str) -> f64 {
    let part = format!("{name}_{} ", db.name());
    let rows = document["rows"].as_array().unwrap().iter();
    let of = rows.filter(|row| row["query"].as_str().is_some_and(|query| query.contains(&part)));
    of.map(|row| row["calls"].as_f64().unwrap()).sum()
}

#[tokio::test]
async fn a_window_is_what_happened_in_it() {
    let db = database().await;
    db.batch(&said(&db, "long_ago", "1")).await;
    db.pgtend(["stats", "init"]).run().success();
    for _ in 0..3 {
        db.batch(&said(&db, "in_the_window", "1")).await;
    }
    db.batch("insert into t values (1), (2); select * from t where n = 1").await;
    let captured = db.pgtend(["stats", "capture", "--json"]).run().success().json();
    assert_eq!(captured["first"], false);
    let document = statements(&db, &["--since", "1h"]);
    assert_eq!((calls(&db, &document, "in_the_window"), calls(&db, &document, "long_ago")), (3.0, 0.0));
    assert_eq!(document["window"]["source"], "store");
    assert_eq!(document["window"]["captures"], 1);
    assert_eq!(document["rows"][0]["hourly_ms"].as_array().unwrap().len(), 24);
    // All hours, the one that runs among them.
    let id = document["rows"][0]["id"].as_str().unwrap();
    let hours = db.pgtend(["report", "query", id]).run().success().stdout;
    assert_eq!(hours.lines().filter(|line| line.starts_with(" 20")).count(), 24, "{hours}");
    // The default takes the store where there is one.
    assert_eq!(statements(&db, &[])["window"]["source"], "store");
    let status = db.pgtend(["stats", "status", "--json", "--max-age", "1h"]).run().success().json();
    assert_eq!((&status["store"], &status["snapshots"]), (&"schema pgtend".into(), &1.into()));
    db.pgtend(["stats", "status", "--max-age", "0s"]).run().code(3);
    let slow = format!(
        "select count(*) from pgtend.v_slow_queries where query like '%in_the_window_{} %'",
        db.name()
    );
    assert_eq!(db.value(&slow).await, "0");
}

#[tokio::test]
async fn a_file_does_what_the_schema_does() {
    let db = database().await;
    let role = db.role("reader").await;
    db.batch(&format!("grant pg_monitor to {role}")).await;
    let file = format!("file:{}", db.home().join("kept/x.stats").display());
    let capture = || db.pgtend_as(&role, ["stats", "capture", "--store", &file]).run();
    capture().success();
    db.batch(&said(&db, "in_the_window", "1").repeat(2)).await;
    capture().success();
    let document = statements(&db, &["--store", &file, "--since", "1h"]);
    assert_eq!(calls(&db, &document, "in_the_window"), 2.0);
    assert_eq!(db.value("select count(*) from pg_namespace where nspname = 'pgtend'").await, "0");
    let absent = db.pgtend(["report", "table-access", "--store", "file:/nowhere/x"]).run().code(2);
    contains(&absent.stderr, "there is no store");
}

#[tokio::test]
async fn who_may_not_write_is_told_what_to_do() {
    let db = database().await;
    let role = db.role("plain").await;
    let denied = db.pgtend_as(&role, ["stats", "capture"]).run().code(4);
    contains(&denied.stderr, "grant create on database");
    contains(&denied.stderr, "--store file:");
    db.pgtend(["stats", "init"]).run().success();
    let hidden = db.pgtend_as(&role, ["report", "table-access"]).run().success();
    contains(&hidden.stderr, "grant usage on schema");
}

#[tokio::test]
async fn a_store_that_somebody_else_could_change_is_not_read() {
    let db = database().await;
    let role = db.role("stranger").await;
    db.pgtend(["stats", "init"]).run().success();
    db.batch(&format!("alter table pgtend.snapshot owner to {role}")).await;
    let run = db.pgtend(["report", "table-access", "--json"]).run().success();
    contains(&run.stderr, "somebody else could change them");
    assert_eq!(run.json()["window"]["source"], "counters");
    let denied = db.pgtend(["stats", "capture"]).run().code(4);
    contains(&denied.stderr, "something hangs on its tables");
}

#[tokio::test]
async fn old_captures_are_summed_up_and_no_sum_changes() {
    let db = database().await;
    db.pgtend(["stats", "init"]).run().success();
    for day in 0..4 {
        db.batch(&said(&db, "summed_up", "1")).await;
        db.batch("insert into t select coalesce(max(n), 0) + 1 from t").await;
        db.pgtend(["stats", "capture", "--no-prune"]).run().success();
        // As if it were days ago.
        db.batch(&format!(
            "update pgtend.snapshot set began = began - interval '{0} days 40 min', at = at - interval '{0} days 40 min'
             where id = (select max(id) from pgtend.snapshot)",
            3 - day
        ))
        .await;
    }
    let before = statements(&db, &["--since", "30d"]);
    assert_eq!(calls(&db, &before, "summed_up"), 4.0);
    let windows = ["30d", "36h", "2d", "1d"];
    let told = || windows.map(|since| calls(&db, &statements(&db, &["--since", since]), "summed_up"));
    let truth = told();
    let pruned = db.pgtend(["stats", "prune", "--json"]).run().success().json();
    assert!(pruned["rolled_up"].as_i64().unwrap() >= 1, "{pruned}");
    assert_eq!(told(), truth);
    let again = db.pgtend(["stats", "prune", "--json"]).run().success().json();
    assert_eq!(again["rolled_up"], 0, "{again}");
    assert_eq!(
        db.value("select string_agg(distinct level, ',' order by level) from pgtend.snapshot").await,
        "capture,day,hour"
    );
    let parts = "select count(*) from pgtend.snapshot where part_of is null and level <> 'day' and at < now() - interval '1 day'";
    assert_eq!(db.value(parts).await, "0", "what is over is summed up");
    let after = statements(&db, &["--since", "30d"]);
    assert_eq!(calls(&db, &after, "summed_up"), 4.0);
    assert_eq!(after["window"]["captures"], before["window"]["captures"]);
    for deltas in ["statement_delta", "relation_delta", "index_delta"] {
        let left = format!(
            "select count(*) from pgtend.{deltas} where snapshot_id not in (select id from pgtend.snapshot)"
        );
        assert_eq!(db.value(&left).await, "0", "{deltas} goes with its snapshot");
    }
}
