//! A standby that streams: what is asked of it is answered, what only the primary knows is not made up, and a replay
//! that stands still is seen from both sides.
use std::time::Duration;

use pgtend::sandbox::Sandbox;
use serde_json::Value;
use tempfile::TempDir;

use super::support::verdict;
use crate::common::program::{Output, pgtend};
use crate::common::standby::Pair;
use crate::metrics::well_formed;
use crate::report::REPORTS;
use crate::support::contains;

const SHOP: &str = "create extension pg_stat_statements;
    create table orders (id serial primary key, note text);
    insert into orders (note) select repeat('x', 100) from generate_series(1, 2000);
    create unlogged table scratch (id serial primary key); insert into scratch default values;
    create materialized view totals as select count(*) from orders;
    create table events (id int, at timestamptz) partition by range (at);
    create table events_p1 partition of events for values from ('2026-01-01') to ('2027-01-01');
    create role plain login; analyze";

fn run<const N: usize>(server: &Sandbox, role: &str, arguments: [&str; N]) -> Output {
    pgtend(arguments).args(["-d", &server.url_as(role, "postgres")]).run()
}

fn states(said: &Output) -> Vec<(String, String)> {
    let text = |verdict: &Value, field: &str| verdict[field].as_str().unwrap().to_owned();
    let checks = said.json()["checks"].as_array().unwrap().clone();
    checks.iter().map(|verdict| (text(verdict, "check"), text(verdict, "state"))).collect()
}

async fn pair() -> Pair {
    let pair = Pair::start(&[("archive_mode", "on"), ("archive_command", "true")]);
    let primary = pair.on_primary().await;
    primary.batch_execute(SHOP).await.unwrap();
    pair.caught_up().await;
    pair
}

#[tokio::test]
async fn a_standby_answers_everything() {
    let pair = pair().await;
    let standby = &pair.standby;
    let said = run(standby, "postgres", ["health", "--json"]);
    assert_eq!(said.json()["server"]["standby"], true);
    let states = states(&said);
    let unknown: Vec<&str> =
        states.iter().filter(|(_, state)| state == "unknown").map(|(check, _)| check.as_str()).collect();
    assert!(unknown.is_empty(), "{unknown:?} in {}", said.stdout);
    for (check, state) in [("replication_lag", "ok"), ("sequences", "ok"), ("archiver", "skipped")] {
        assert_eq!(verdict(&said, check)["state"], state, "{}", said.stdout);
    }
    // Whose vacuum is done is seen on the primary.
    assert_eq!(verdict(&said, "dead_rows")["state"], "skipped");

    // A lock of the primary that is replayed holds up no report and no check.
    let holder = pair.on_primary().await;
    holder
        .batch_execute("begin; lock table orders, events; alter sequence orders_id_seq cache 2")
        .await
        .unwrap();
    pair.caught_up().await;
    for report in REPORTS {
        for role in ["postgres", "plain"] {
            let said = run(standby, role, ["report", report, "--json"]).success();
            assert_eq!(said.json()["server"]["standby"], true);
        }
    }
    let vacuum = run(standby, "postgres", ["report", "vacuum", "--json"]).json();
    contains(vacuum["verdict"].as_str().unwrap(), "counted on the primary alone");
    run(standby, "postgres", ["health", "--json", "--only", "statistics,invalid_indexes,partition_horizon"]);
    let metrics = run(standby, "postgres", ["metrics"]).success();
    well_formed(&metrics.stdout);
    contains(&metrics.stdout, "pg_replication_is_replica 1\n");
    contains(&metrics.stdout, "pgtend_scrape_errors 0\n");
    holder.batch_execute("rollback").await.unwrap();
    let doctor = run(standby, "postgres", ["doctor", "--json"]);
    assert!(matches!(doctor.code, Some(0 | 3)), "{}{}", doctor.stdout, doctor.stderr);
}

#[tokio::test]
async fn a_standby_keeps_its_own_history_in_a_file() {
    let pair = pair().await;
    let home = TempDir::with_prefix("pgtend-test-").unwrap();
    let url = pair.standby.url("postgres");
    let at_home = |arguments: &[&str]| {
        pgtend([]).args(arguments).args(["-d", &url]).env("HOME", home.path()).directory(home.path()).run()
    };
    contains(&at_home(&["stats", "init"]).success().stderr, "snapshots are kept in file ");
    at_home(&["stats", "capture"]).success();
    let client = pair.on_standby().await;
    for _ in 0..3 {
        client.simple_query("select count(*) from orders where note = 'on_the_standby'").await.unwrap();
    }
    at_home(&["stats", "capture"]).success();
    let said =
        at_home(&["report", "slow-queries", "--since", "1h", "--min-mean", "0s", "--json", "--limit", "0"]);
    let document = said.success().json();
    assert_eq!(document["window"]["source"], "store");
    let row = document["rows"].as_array().unwrap().iter().find(|row| {
        row["query"].as_str().is_some_and(|query| query.contains("count(*) from orders where note"))
    });
    assert_eq!(row.unwrap_or_else(|| panic!("{document:#}"))["calls"], 3.0);
    let status = at_home(&["stats", "status", "--json"]).success().json();
    contains(&status.to_string(), "-standby.stats");
}

#[tokio::test]
async fn a_replay_that_stands_still_is_no_green() {
    let pair = pair().await;
    let lag = |server: &Sandbox| {
        run(
            server,
            "postgres",
            ["health", "--json", "--only", "replication_lag", "--warn", "replication_lag=0.2"],
        )
    };
    assert_eq!(verdict(&lag(&pair.primary), "replication_lag")["state"], "ok");
    assert_eq!(verdict(&lag(&pair.standby), "replication_lag")["state"], "ok");
    pair.on_standby().await.batch_execute("select pg_wal_replay_pause()").await.unwrap();
    pair.on_primary().await.batch_execute("insert into orders (note) values ('late')").await.unwrap();
    // The standby tells of its replay when it writes, and every ten seconds.
    for server in [&pair.standby, &pair.primary] {
        let mut tries = 0;
        while verdict(&lag(server), "replication_lag")["state"] == "ok" {
            pair.on_primary().await.batch_execute("insert into orders (note) values ('late')").await.unwrap();
            tokio::time::sleep(Duration::from_millis(200)).await;
            tries += 1;
            assert!(tries < 100, "{}", lag(server).stdout);
        }
    }
    let hidden = run(&pair.primary, "plain", ["health", "--json", "--only", "replication_lag"]).code(3);
    contains(
        verdict(&hidden, "replication_lag")["remedy"].as_str().unwrap(),
        "grant pg_read_all_stats to \"plain\"",
    );
    pair.on_standby().await.batch_execute("select pg_wal_replay_resume()").await.unwrap();
    pair.caught_up().await;
    let after = lag(&pair.standby).success();
    assert_eq!(verdict(&after, "replication_lag")["value"], 0.0);
}
