//! What was done of late, by the snapshot store, goes before what was ever done; and limits that make no sense.
use std::fs;

use super::support::{check, verdict};
use crate::common::database::Database;
use crate::common::program::{Program, pgtend};
use crate::common::server::options;
use crate::common::standby::connect;
use crate::support::contains;
use pgtend::sandbox::Sandbox;
use tempfile::TempDir;

#[tokio::test]
async fn what_was_slow_once_is_not_slow_now() {
    let server = Sandbox::start(&options()).unwrap();
    let client = connect(&server).await;
    client.batch_execute("create extension pg_stat_statements").await.unwrap();
    let home = TempDir::with_prefix("pgtend-test-").unwrap();
    fs::write(home.path().join("pgtend.toml"), "[health.slow_queries]\nwarning = \"15ms\"\n").unwrap();
    let url = server.url("postgres");
    let run = |arguments: &[&str]| -> Program {
        let program = pgtend([]).args(arguments).args(["-d", &url]);
        program.env("HOME", home.path()).directory(home.path())
    };
    run(&["stats", "capture"]).run().success();
    for _ in 0..12 {
        client.simple_query("select pg_sleep(0.02)").await.unwrap();
    }
    let slow = || run(&["health", "--json", "--only", "slow_queries"]).run();
    // Two captures a moment apart tell of no hour: then all that was counted is judged.
    run(&["stats", "capture"]).run().success();
    contains(verdict(&slow().code(1), "slow_queries")["message"].as_str().unwrap(), "select pg_sleep($1)");
    let past = "update pgtend.snapshot set began = began - interval '3 hours', at = at - interval '3 hours'";
    client.batch_execute(past).await.unwrap();
    run(&["stats", "capture"]).run().success();
    client
        .batch_execute(
            "update pgtend.snapshot set began = at - interval '50 min' where at > now() - interval '1 hour'",
        )
        .await
        .unwrap();
    let said = slow().success();
    contains(
        verdict(&said, "slow_queries")["message"].as_str().unwrap(),
        "no statement takes 15 ms in the mean in 50 min",
    );
    // What is slow again is slow, though it never was in the mean of all.
    for _ in 0..12 {
        client.simple_query("select pg_sleep(0.02)").await.unwrap();
    }
    run(&["stats", "capture"]).run().success();
    contains(verdict(&slow().code(1), "slow_queries")["message"].as_str().unwrap(), "mean of 12 calls");
}

#[tokio::test]
async fn limits_that_cannot_be_meant_are_refused() {
    let db = Database::create().await;
    for (wrong, why) in [
        ("connections=97", "would alarm at 95 % and warn only at 97 %"),
        ("connections=120", "never reaches 120 %"),
        ("cache_hit=50", "would alarm at 60 % and warn only at 50 %"),
        ("partition_horizon=0", "would alarm at 1 and warn only at 0"),
        ("slow_queries=NaN", "is no limit"),
        ("slow_queries=1 fortnight", "is no time"),
    ] {
        let said = check(&db, "connections", &["--warn", wrong]);
        assert_eq!(said.code, Some(3), "{wrong}: {}", said.stderr);
        contains(&said.stderr, why);
    }
    fs::write(db.home().join("pgtend.toml"), "[health]\nsequences = { warning = 95 }\n").unwrap();
    contains(
        &db.pgtend(["health"]).run().code(3).stderr,
        "`sequences` would alarm at 90 % and warn only at 95 %",
    );
    fs::write(db.home().join("pgtend.toml"), "[health]\nsequences = { warning = 95, critical = 99 }\n")
        .unwrap();
    check(&db, "sequences", &[]).success();
}
