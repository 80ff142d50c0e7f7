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
    db.batch(
        "create function slow() returns int volatile language plpgsql as 'begin perform pg_sleep(60); return 1; end';
         create materialized view late as select slow() as x with no data",
    )
    .await;
    let said = refresh(&db, &["late", "--timeout", "50ms"]).code(1);
    contains(&said.stderr, "hint: give it more time with --timeout");
    let log = db.pgtend(["matview", "log", "late", "--json"]).run().success().json();
    assert_eq!(log["refreshes"][0]["outcome"], "failed");
    contains(log["refreshes"][0]["error"].as_str().unwrap(), "statement timeout");
    let table = db.pgtend(["matview", "log", "late"]).run().success().stdout;
    assert_eq!(table.lines().count(), 2, "the first line of the error is enough for people\n{table}");
    let list = db.pgtend(["matview", "list", "late", "--json"]).run().success().json();
    assert_eq!(list["views"][0]["refreshed"], serde_json::Value::Null);
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_a_mistake_and_a_view_without_a_line_is_none() {
    let db = sales().await;
    contains(&db.pgtend(["matview", "log", "dialy"]).run().code(2).stderr, "did you mean `public.daily`?");
    let said = db.pgtend(["matview", "log", "daily"]).run().success();
    contains(&said.stderr, "no refresh of daily is logged in the last 30days");
    refresh(&db, &["daily"]).success();
    db.batch("drop materialized view daily").await;
    contains(&db.pgtend(["matview", "log", "daily"]).run().success().stdout, "public.daily");
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
