//! Slow statements: named by their shape, told from pgtend's own, compared, and failing a build.
use serde_json::Value;

use super::support::{contains, shop};
use crate::common::database::Database;
use crate::support::said;

fn slow(db: &Database, more: &[&str]) -> Value {
    let program = db.pgtend(["report", "slow-queries", "--json", "--limit", "100000"]).args(more);
    program.run().success().json()
}

fn about<'a>(db: &Database, document: &'a Value, name: &str) -> Vec<&'a Value> {
    let part = format!("{name}_{} ", db.name());
    let rows = document["rows"].as_array().unwrap().iter();
    rows.filter(|row| row["query"].as_str().is_some_and(|query| query.contains(&part))).collect()
}

#[tokio::test]
async fn what_is_slow_is_told_and_what_pgtend_asks_is_not() {
    let db = shop().await;
    db.batch(&said(&db, "a_slow_one", "pg_sleep(0.12)")).await;
    db.batch(&said(&db, "a_fast_one", "1")).await;
    let document = slow(&db, &["--since-reset"]);
    assert_eq!(about(&db, &document, "a_slow_one").len(), 1);
    assert!(about(&db, &document, "a_fast_one").is_empty());
    let all = slow(&db, &["--since-reset", "--min-mean", "0s"]);
    assert_eq!(about(&db, &all, "a_fast_one").len(), 1);
    let own = |row: &&Value| row["query"].as_str().is_some_and(|query| query.contains("pgtend */"));
    let own: Vec<&Value> = all["rows"].as_array().unwrap().iter().filter(own).collect();
    assert!(own.is_empty(), "{own:#?}");
    assert!(
        !all.to_string().contains("set idle_in_transaction_session_timeout"),
        "settings of pgtend's own sessions"
    );
    let id = about(&db, &document, "a_slow_one")[0]["id"].as_str().unwrap().to_owned();
    let one = db.pgtend(["report", "query", &id, "--since-reset", "--json"]).run().success().json();
    contains(one["next"].to_string().as_str(), "a_slow_one");
    let none = db.pgtend(["report", "query", "zzzz", "--since-reset"]).run().code(2);
    contains(&none.stderr, "no statement `zzzz`");
}

#[tokio::test]
async fn what_a_role_cannot_see_passes_no_condition() {
    let db = shop().await;
    let role = db.role("plain").await;
    let run = |condition: &str| {
        let arguments = ["report", "slow-queries", "--since-reset", "--fail-if", condition];
        db.pgtend_as(&role, arguments).run()
    };
    let said = run("mean > 100000s").code(4);
    contains(&said.stderr, "cannot be judged: statements of other roles are hidden");
    contains(&said.stderr, &format!("grant pg_read_all_stats to {role}"));
}

#[tokio::test]
async fn a_window_ends_where_it_was_told_to() {
    let db = shop().await;
    for _ in 0..2 {
        db.batch(&said(&db, "lately", "1")).await;
        db.pgtend(["stats", "capture"]).run().success();
    }
    let now = slow(&db, &["--since", "1h", "--min-mean", "0s"]);
    assert_eq!(about(&db, &now, "lately").len(), 1);
    let before = ["--since", "1h", "--to", "2026-01-02 03:00", "--min-mean", "0s"];
    let said = db.pgtend(["report", "slow-queries"]).args(before).run().code(1);
    contains(&said.stderr, "no capture in this window");
    let endless = db.pgtend(["report", "slow-queries", "--since", "99999999d"]).run().code(2);
    contains(&endless.stderr, "the window begins before 1970");
}

#[tokio::test]
async fn no_password_is_shown_or_kept() {
    let db = shop().await;
    db.pgtend(["stats", "capture"]).run().success();
    let role = db.role("secretive").await;
    db.batch(&format!("alter role \"{role}\" password 'open_sesame'")).await;
    let busy = db.client().await;
    let text =
        format!("do $$ begin perform pg_sleep(60); alter role \"{role}\" password 'open_sesame'; end $$");
    let running = tokio::spawn(async move { busy.batch_execute(&text).await });
    let runs = "select exists (select from pg_stat_activity where query like 'do $$%open_sesame%')::text";
    while db.value(runs).await != "true" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    db.pgtend(["stats", "capture"]).run().success();
    for report in [
        &["slow-queries", "--since-reset", "--min-mean", "0s", "--limit", "0"][..],
        &["slow-queries", "--since", "1h", "--min-mean", "0s", "--limit", "0"],
        &["activity", "--json"],
    ] {
        let said = db.pgtend(["report"]).args(report).run().success();
        assert!(!said.stdout.contains("open_sesame"), "{report:?}");
        contains(&said.stdout, "password '***'");
    }
    let kept = "select count(*) from pgtend.statement where text like '%open_sesame%'";
    assert_eq!(db.value(kept).await, "0");
    running.abort();
}

#[tokio::test]
async fn one_shape_is_one_row() {
    let db = shop().await;
    for table in ["a", "b"] {
        db.batch(&format!("create schema {table}; create table {table}.one_shape (n int)")).await;
        // Up to PostgreSQL 17 these are two identifiers.
        db.batch(&format!("set search_path = {table}; select n from one_shape where n in (1, 2)")).await;
        db.batch(&format!("set search_path = {table}; select n from one_shape where n in (1, 2, 3, 4)"))
            .await;
    }
    let document = slow(&db, &["--since-reset", "--min-mean", "0s"]);
    let all = document["rows"].as_array().unwrap().iter();
    let rows: Vec<&Value> =
        all.filter(|row| row["query"].as_str().is_some_and(|q| q.contains("from one_shape"))).collect();
    assert_eq!(rows.len(), 1, "{document:#}");
    assert_eq!(rows[0]["calls"], 4.0);
}

#[tokio::test]
async fn without_the_extension_it_says_how_to_get_it() {
    let db = Database::create().await;
    let run = db.pgtend(["report", "slow-queries"]).run().code(1);
    contains(&run.stderr, "create extension pg_stat_statements");
    let run = db.pgtend(["report", "slow-queries", "--since", "1h"]).run().code(2);
    contains(&run.stderr, "pgtend stats init");
    let window = ["--from", "2026-11-02T00:00:00Z", "--to", "2026-11-01T00:00:00Z"];
    let run = db.pgtend(["report", "slow-queries"]).args(window).run().code(2);
    contains(&run.stderr, "ends before it begins");
}

#[tokio::test]
async fn a_live_window_sees_what_happens_in_it() {
    let db = shop().await;
    db.batch(&said(&db, "before_the_window", "1")).await;
    let program = db.pgtend([
        "report",
        "slow-queries",
        "--json",
        "--limit",
        "100000",
        "--min-mean",
        "0s",
        "--live",
        "2s",
    ]);
    let child = program.spawn();
    let counted = "select exists (select from pg_stat_activity where datname = current_database() and state = 'idle'
                                  and query like '%pg_stat_statements(true)%' and pid <> pg_backend_pid())::text";
    while db.value(counted).await != "true" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    db.batch(&said(&db, "in_the_window", "1")).await;
    let document: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(document["window"]["source"], "live");
    assert_eq!(about(&db, &document, "in_the_window")[0]["calls"], 1.0);
    assert!(about(&db, &document, "before_the_window").is_empty());
}

#[tokio::test]
async fn a_window_is_compared_with_the_one_before() {
    let db = shop().await;
    let capture = || db.pgtend(["stats", "capture"]).run().success();
    let run = async |seconds: &str| {
        for _ in 0..3 {
            db.batch(&said(&db, "compared", &format!("pg_sleep({seconds})"))).await;
        }
    };
    capture();
    run("0.01").await;
    capture();
    db.batch("update pgtend.snapshot set began = began - interval '90 min', at = at - interval '90 min'")
        .await;
    run("0.05").await;
    capture();
    let document = slow(&db, &["--since", "1h", "--min-mean", "0s", "--compare"]);
    let rows = about(&db, &document, "compared");
    assert_eq!((rows.len(), &rows[0]["calls"], &rows[0]["calls_change_pct"]), (1, &3.0.into(), &0.0.into()));
    let change = rows[0]["mean_change_pct"].as_f64().unwrap();
    assert!((100.0..500.0).contains(&change), "{change}");
    let alone = slow(&db, &["--since", "1h", "--min-mean", "0s"]);
    assert_eq!(about(&db, &alone, "compared")[0]["mean_change_pct"], Value::Null);
    let fails = |condition: &str| {
        db.pgtend(["report", "slow-queries", "--since", "1h", "--fail-if", condition]).run()
    };
    fails("mean>100% and calls<4").code(3);
    fails("mean>100% and calls>100000000").success();
    for wrong in
        ["mean>30% AND calls>100", "mean>=30%", "mean>30 %% ", "speed>3", "mean > NaN", "calls>1s", "and"]
    {
        assert_eq!(fails(wrong).code, Some(2), "{wrong}");
    }
}

#[tokio::test]
async fn a_build_fails_when_a_statement_got_worse() {
    let db = shop().await;
    let run = |condition: &str| {
        db.pgtend(["report", "slow-queries", "--since-reset", "--fail-if", condition]).run()
    };
    db.batch("select pg_sleep(0.05)").await;
    run("mean > 100000s").success();
    run("mean > 10ms and calls < 1000").code(3);
    contains(&run("mean > 30%").code(1).stderr, "there is no window before to compare with");
    contains(&run("mean").code(2).stderr, "compares nothing");
}
