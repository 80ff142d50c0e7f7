//! What the tests of the lint share.
use serde_json::Value;

use crate::common::database::Database;
use crate::common::program::Output;

/// The lint of one file, with the database.
pub fn lint(db: &Database, sql: &str) -> Output {
    db.pgtend(["migrate", "lint", "-", "--json"]).input(sql).run()
}

/// The findings of one file: `rule level`.
pub fn found(db: &Database, sql: &str) -> Vec<String> {
    let word = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let document = lint(db, sql).json();
    assert_eq!(
        (&document["schema"], &document["with_database"]),
        (&"pgtend.migrate.lint/1".into(), &true.into())
    );
    let findings = document["findings"].as_array().unwrap().iter();
    findings.map(|finding| format!("{} {}", word(finding, "rule"), word(finding, "level"))).collect()
}

/// `orders` with 150,000 rows, and `vacant` with none.
pub async fn orders() -> Database {
    let db = Database::create().await;
    db.batch(
        "create table customers (id bigint primary key);
         insert into customers values (1);
         create table orders (id bigint primary key, customer_id bigint, status varchar(20), note text, net numeric(10, 2));
         insert into orders select n, 1, 'open', '', n from generate_series(1, 150000) as n;
         create table vacant (like orders including all);
         analyze",
    )
    .await;
    db
}
