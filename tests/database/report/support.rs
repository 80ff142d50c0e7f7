//! What the tests of the reports share: a database with something to report, and every report's name.
use serde_json::Value;

use crate::common::database::Database;
use crate::common::program::Output;
pub use crate::support::contains;

/// Every report that takes no argument.
pub const REPORTS: [&str; 12] = [
    "slow-queries",
    "table-access",
    "index-usage",
    "locks",
    "activity",
    "vacuum",
    "sequences",
    "sizes",
    "bloat",
    "cache",
    "progress",
    "settings",
];

/// A table with a sequence almost at its end, a duplicate index and waste; a partitioned table; a materialized view.
pub async fn shop() -> Database {
    let db = Database::create().await;
    db.batch(
        "create extension pg_stat_statements;
         create table orders (id serial primary key, customer int, note text) with (autovacuum_enabled = off);
         insert into orders (customer, note) select i % 100, repeat('x', 500) from generate_series(1, 20000) as i;
         create index orders_customer on orders (customer);
         create index orders_customer_again on orders (customer);
         create index orders_both on orders (customer, id);
         create table events (id bigint, at timestamptz not null) partition by range (at);
         create table events_p1 partition of events for values from ('2026-01-01') to ('2026-02-01');
         create table events_p2 partition of events for values from ('2026-02-01') to ('2026-03-01');
         create index events_id on events (id);
         create index events_id_again on events (id);
         insert into events select i, '2026-01-15' from generate_series(1, 1000) as i;
         create materialized view totals as select customer, count(*) from orders group by customer;
         select setval('orders_id_seq', 2000000000);",
    )
    .await;
    db.batch("delete from orders where id > 2000; analyze orders; analyze events_p1;").await;
    db
}

/// The rows of a report's document, by their first column.
#[track_caller]
pub fn row<'a>(document: &'a Value, column: &str, value: &str) -> &'a Value {
    let rows = document["rows"].as_array().unwrap();
    rows.iter()
        .find(|row| row[column] == value)
        .unwrap_or_else(|| panic!("no {column} {value} in\n{document:#}"))
}

pub fn report(db: &Database, name: &str) -> Output {
    db.pgtend(["report", name, "--json"]).run()
}

pub fn report_as(db: &Database, role: &str, name: &str) -> Output {
    db.pgtend_as(role, ["report", name, "--json"]).run()
}

/// Until a lock of this database is waited for.
pub async fn somebody_waits(db: &Database) {
    let waiting = "select count(*) from pg_locks where not granted
                   and database = (select oid from pg_database where datname = current_database())";
    while db.value(waiting).await == "0" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

/// The rows about sessions of this database; of other tests there may be more.
pub fn of_database<'a>(db: &Database, document: &'a Value) -> Vec<&'a Value> {
    let rows = document["rows"].as_array().unwrap().iter();
    rows.filter(|row| row["database"] == db.name()).collect()
}
