//! `matview list`: order, freshness, and what would be done next.
use super::support::{contains, counted, refresh, refresh_all, sales};

#[tokio::test]
async fn the_order_and_what_comes_next() {
    let db = sales().await;
    db.batch(
        "create view days as select * from daily;
         create materialized view a as select * from days;
         create materialized view b as select * from sales with no data;
         create unique index on b (id) where id > 5",
    )
    .await;
    let list = db.pgtend(["matview", "list", "--json"]).run().success().json();
    assert_eq!(list["schema"], "pgtend.matview.list/1");
    let views = list["views"].as_array().unwrap();
    let words: Vec<String> = views
        .iter()
        .map(|v| format!("{} {} {}", v["view"].as_str().unwrap(), v["level"], v["next"]))
        .collect();
    assert_eq!(words, ["public.b 0 \"plain\"", "public.daily 0 \"concurrent\"", "public.a 1 \"swap\""]);
    assert_eq!(views[0]["not_concurrent"], "it is not populated");
    assert_eq!(views[1]["not_swap"], "others depend on it: view public.days");
    assert_eq!(views[2]["reads"][0], "public.daily");
    assert_eq!(views[1]["refreshed"], serde_json::Value::Null);
}

#[tokio::test]
async fn freshness_is_told_as_age_and_as_rows() {
    let db = sales().await;
    refresh_all(&db);
    db.batch("insert into sales select n, '2027-01-01', 1 from generate_series(2001, 2100) as n").await;
    counted(&db, "sales", 1100).await;
    let list =
        || db.pgtend(["matview", "list", "daily", "--json"]).run().success().json()["views"][0].clone();
    let row = list();
    assert_eq!((&row["changed_rows"], &row["change"]), (&100.into(), &"changed".into()));
    assert_eq!((&row["refreshed_by"], &row["next"]), (&"pgtend".into(), &"concurrent".into()));
    assert_eq!(row["durations_ms"].as_array().unwrap().len(), 1);
    assert!(row["age_s"].as_i64().unwrap() < 60, "{row}");
    let table = db.pgtend(["matview", "list"]).run().success().stdout;
    contains(&table, "Changed rows");
    let csv = db.pgtend(["matview", "list", "--format", "csv"]).run().success().stdout;
    let fields: Vec<&str> = csv.lines().nth(1).unwrap().split(',').collect();
    assert!(
        fields[5].parse::<f64>().is_ok() && fields[8].parse::<f64>().is_ok(),
        "age and duration in {csv}"
    );
    refresh(&db, &["daily"]).success();
    contains(&db.pgtend(["matview", "list"]).run().success().stdout, "█");
    contains(&refresh(&db, &["daily"]).success().stderr, "public.daily: skipped: nothing below has changed");
    assert_eq!(list()["next"], "skip");
}

#[tokio::test]
async fn a_view_that_is_being_refreshed_holds_up_no_list() {
    let db = sales().await;
    let holder = db.client().await;
    holder.batch_execute("begin; refresh materialized view daily").await.unwrap();
    let list = db.pgtend(["matview", "list", "--json"]).run().success().json();
    assert_eq!(list["views"][0]["size_bytes"], serde_json::Value::Null);
    holder.batch_execute("rollback").await.unwrap();
}

#[tokio::test]
async fn functions_that_may_hide_something_are_told() {
    let db = sales().await;
    db.batch(
        "create function total() returns bigint language sql as 'select sum(sales)::bigint from public.daily';
         create materialized view totals as select total() as total",
    )
    .await;
    let said = db.pgtend(["matview", "list", "-v"]).run().success();
    contains(&said.stderr, "public.totals calls functions, which may read other views");
    let list = db.pgtend(["matview", "list", "totals", "--json"]).run().success().json();
    assert_eq!(list["views"][0]["calls_functions"], true);
}
