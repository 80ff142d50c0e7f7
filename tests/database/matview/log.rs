//! `matview log`: what was done, what it cost, and what failed.
use super::support::{contains, refresh, sales};

#[tokio::test]
async fn every_refresh_has_its_line() {
    let db = sales().await;
    for mode in ["concurrent", "plain", "swap"] {
        refresh(&db, &["daily", "--mode", mode, "--force"]).success();
    }
    let log = db.pgtend(["matview", "log", "--json"]).run().success().json();
    assert_eq!(log["schema"], "pgtend.matview.log/1");
    let rows = log["refreshes"].as_array().unwrap();
    let modes: Vec<&str> = rows.iter().map(|row| row["mode"].as_str().unwrap()).collect();
    assert_eq!(modes, ["swap", "plain", "concurrent"]);
    for row in rows {
        assert_eq!((&row["view"], &row["outcome"]), (&"public.daily".into(), &"done".into()));
        assert_eq!(row["rows"], 100, "{row}");
        for number in ["duration_ms", "bytes_before", "bytes_after", "wal_bytes"] {
            assert!(row[number].as_f64().unwrap() > 0.0, "{number} of {row}");
        }
    }
    assert!(rows[0]["readers_held_ms"].as_f64().unwrap() > 0.0);
    assert_eq!(rows[2]["readers_held_ms"], serde_json::Value::Null);
    let table = db.pgtend(["matview", "log", "daily"]).run().success().stdout;
    contains(&table, "Trend");
    assert_eq!(table.lines().count(), 4, "{table}");
    let csv = db.pgtend(["matview", "log", "--format", "csv", "--limit", "1"]).run().success().stdout;
    assert_eq!(csv.lines().count(), 2, "{csv}");
    contains(&csv, "view,started,mode,outcome,duration_ms");
}

#[tokio::test]
async fn failures_are_logged_and_are_no_last_refresh() {
    let db = sales().await;
    db.batch("alter table sales add check (amount < 2000000)").await;
    refresh(&db, &["daily"]).success();
    db.batch(
        "create materialized view bad as select 1 / (amount - 1) as x from sales where amount > 1;
         insert into sales values (9000, '2026-01-01', 1), (9001, '2026-01-01', 2);
         create or replace function one() returns int language sql as 'select 1'",
    )
    .await;
    let said = refresh(&db, &["bad", "--mode", "plain", "--timeout", "1ms", "--json"]);
    if said.code != Some(0) {
        let said = said.code(1);
        contains(&said.stderr, "hint: give it more time with --timeout");
        let log = db.pgtend(["matview", "log", "bad", "--json"]).run().success().json();
        assert_eq!(log["refreshes"][0]["outcome"], "failed");
        contains(log["refreshes"][0]["error"].as_str().unwrap(), "statement timeout");
    }
}

#[tokio::test]
async fn what_is_older_than_a_year_and_a_month_goes() {
    let db = sales().await;
    for age in ["14 months", "12 months"] {
        refresh(&db, &["daily", "--force"]).success();
        db.batch(&format!("update pgtend.matview_refresh set started = now() - interval '{age}' where started > now() - interval '1 day'"))
            .await;
    }
    refresh(&db, &["daily", "--force"]).success();
    let left =
        "select string_agg((started > now() - interval '1 day')::text || (evidence is null), ' ' order by id)
                from pgtend.matview_refresh";
    assert_eq!(db.value(left).await, "falsetrue truefalse");
}

#[tokio::test]
async fn without_a_log_there_is_nothing_to_show() {
    let db = sales().await;
    let said = db.pgtend(["matview", "log"]).run().success();
    assert_eq!(said.stdout, "");
    contains(&said.stderr, "no refresh is logged here");
    let said = db.pgtend(["matview", "log", "--json"]).run().success().json();
    assert_eq!(said["refreshes"].as_array().unwrap().len(), 0);
}
