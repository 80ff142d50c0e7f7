//! What the tests of materialized views share: a table with sales, and the views over it.
use std::time::Duration;

use serde_json::Value;

use crate::common::database::Database;
use crate::common::program::Output;
pub use crate::support::{contains, fingerprint};

/// `sales` with 1000 rows, and over it the view `daily` with a unique index.
pub async fn sales() -> Database {
    let db = Database::create().await;
    db.batch(
        "create table sales (id int primary key, day date not null, amount int not null);
         insert into sales select n, date '2026-01-01' + n % 100, n from generate_series(1, 1000) as n;
         create materialized view daily as select day, count(*) as sales, sum(amount) as amount from sales group by day;
         create unique index daily_day on daily (day);
         analyze",
    )
    .await;
    counted(&db, "sales", 1000).await;
    db
}

/// Waits until the server has counted so many written rows of a table: it does so a moment after the commit.
pub async fn counted(db: &Database, table: &str, rows: i64) {
    let query = format!(
        "select pg_stat_get_tuples_inserted(c.oid) + pg_stat_get_tuples_updated(c.oid)
              + pg_stat_get_tuples_deleted(c.oid) >= {rows}
         from pg_class as c where c.oid = '{table}'::regclass"
    );
    for _ in 0..2000 {
        if db.value(&query).await == "t" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the server has not counted {rows} rows of {table}");
}

/// Lets the connections of [`Database::batch`] end: while a session is there that was active since the last refresh,
/// nothing is skipped.
pub async fn left() {
    tokio::time::sleep(Duration::from_millis(300)).await;
}

pub fn refresh(db: &Database, arguments: &[&str]) -> Output {
    db.pgtend(["matview", "refresh"]).args(arguments).run()
}

/// What became of each view, as `daily concurrent` or `daily skipped`.
pub fn outcomes(output: &Output) -> Vec<String> {
    let last = output.stdout.lines().last().unwrap_or_default();
    let document: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}\n{output:?}"));
    assert_eq!(document["schema"], "pgtend.matview.refresh/1");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let word = |view: &Value| match view["outcome"].as_str() {
        Some("refreshed") => text(&view["mode"]),
        other => other.unwrap_or_default().to_owned(),
    };
    let views = document["views"].as_array().unwrap();
    views
        .iter()
        .map(|view| format!("{} {}", text(&view["view"]).replace("public.", ""), word(view)))
        .collect()
}

/// Refreshes all; what became of each view.
#[track_caller]
pub fn refresh_all(db: &Database) -> Vec<String> {
    outcomes(&refresh(db, &["--all", "--json"]).success())
}

/// The reason given for one view.
pub fn reason(output: &Output, view: &str) -> String {
    let last = output.stdout.lines().last().unwrap_or_default();
    let document: Value = serde_json::from_str(last).unwrap();
    let found = document["views"].as_array().unwrap().iter().find(|row| row["view"] == view);
    found.unwrap()["reason"].as_str().unwrap_or_default().to_owned()
}
