//! What speaks against indexes, and whether the statements to mend it can be run.
use serde_json::Value;

use super::support::{contains, report, row, shop};
use crate::common::database::Database;

#[tokio::test]
async fn a_name_with_a_line_break_stays_in_its_comment() {
    let db = Database::create().await;
    db.batch(
        "create table precious (n int); create table t (a int);
         create index \"i1\ndrop table precious; --\" on t (a);
         create index \"i2\ndrop table precious; --\" on t (a)",
    )
    .await;
    let said = db.pgtend(["report", "index-usage", "--json", "--since-reset"]).run().success().json();
    let next: Vec<&str> = said["next"].as_array().unwrap().iter().map(|sql| sql.as_str().unwrap()).collect();
    for line in next.iter().flat_map(|sql| sql.lines()) {
        assert!(!line.starts_with("drop table"), "{line}");
    }
    for sql in &next {
        for statement in sql.lines().filter(|line| !line.starts_with("--")) {
            db.batch(statement).await;
        }
    }
    let left = "select count(*) from pg_class where relname in ('precious') or relname like 'i_%drop%'";
    assert_eq!(db.value(left).await, "2", "one index of the two has gone, and nothing else: {next:?}");
}

#[tokio::test]
async fn duplicates_are_found_once_and_at_the_root() {
    let db = shop().await;
    let document = report(&db, "index-usage").success().json();
    let again = row(&document, "index", "public.orders_customer_again");
    assert_eq!((&again["finding"], &again["other"]), (&"duplicate".into(), &"public.orders_customer".into()));
    let again = row(&document, "index", "public.events_id_again");
    assert_eq!((&again["finding"], &again["partitions"]), (&"duplicate".into(), &2.into()));
    assert_eq!(row(&document, "index", "public.orders_pkey")["finding"], Value::Null);
    contains(document["verdict"].as_str().unwrap(), "2 duplicate, 1 covered");
    // Advice that the server refuses would be none.
    let client = db.client().await;
    for statement in document["next"].as_array().unwrap() {
        for part in statement.as_str().unwrap().lines().last().unwrap().split_inclusive(';') {
            client.batch_execute(part).await.unwrap_or_else(|error| panic!("{error:?}\n{part}"));
        }
    }
    let document = report(&db, "index-usage").success().json();
    assert_eq!(document["next"], serde_json::json!([]));
}

#[tokio::test]
async fn an_index_and_the_one_that_makes_it_needless_are_never_dropped_both() {
    let db = Database::create().await;
    db.batch(
        "create table visits (a int, b int, c int);
         insert into visits select n, n, n from generate_series(1, 60000) as n;
         create index visits_a on visits (a);
         create index visits_a_again on visits (a);
         create index visits_ab on visits (a, b);
         create index visits_abc on visits (a, b, c);
         create index visits_abc_again on visits (a, b, c);
         create index visits_c on visits (c);
         create table days (day date, a int, b int) partition by range (day);
         create table days_p1 partition of days for values from ('2026-01-01') to ('2027-01-01');
         insert into days select '2026-01-01', n, n from generate_series(1, 60000) as n;
         create index days_a on days (a);
         create index days_ab on days (a, b)",
    )
    .await;
    let document = report(&db, "index-usage").success().json();
    let told = |name: &str| {
        let row = row(&document, "index", &format!("public.{name}"));
        (
            row["finding"].as_str().unwrap_or("none").to_owned(),
            row["other"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let needless = |finding: &str, other: &str| (finding.to_owned(), format!("public.{other}"));
    assert_eq!(told("visits_a"), needless("covered", "visits_ab"));
    assert_eq!(told("visits_a_again"), needless("duplicate", "visits_a"));
    assert_eq!(told("visits_ab"), needless("covered", "visits_abc"));
    assert_eq!(told("visits_abc_again"), needless("duplicate", "visits_abc"));
    assert_eq!(told("days_a"), needless("covered", "days_ab"));
    // Nobody has read them, and yet they stay.
    for name in ["visits_abc", "days_ab"] {
        assert_eq!(told(name).0, "none");
        let next = document["next"].to_string();
        let dropped = ["index", "concurrently"].map(|word| format!("{word} public.{name};"));
        assert!(!dropped.iter().any(|drop| next.contains(drop)), "{next}");
    }
    assert_eq!(told("visits_c").0, "unused");
    let only = db.pgtend(["report", "index-usage", "--only", "unused", "--json"]).run().success().json();
    assert_eq!((only["rows"].as_array().unwrap().len(), only["next"].as_array().unwrap().len()), (1, 1));
    let partitions = db.pgtend(["report", "index-usage", "--partitions", "--json"]).run().success().json();
    assert_eq!(row(&partitions, "index", "public.days_p1_a_idx")["other"], "public.days_p1_a_b_idx");
    assert_eq!(row(&partitions, "index", "public.days_p1_a_b_idx")["finding"], Value::Null);
}

#[tokio::test]
async fn a_build_that_failed_is_invalid_and_one_that_runs_is_not() {
    let db = shop().await;
    db.batch("create table twice as select 1 as n union all select 1").await;
    let client = db.client().await;
    client.batch_execute("create unique index concurrently twice_n on twice (n)").await.unwrap_err();
    let document = report(&db, "index-usage").success().json();
    assert_eq!(row(&document, "index", "public.twice_n")["finding"], "invalid");
    let only = db.pgtend(["report", "index-usage", "--only", "invalid", "--json"]).run().success().json();
    assert_eq!(only["rows"].as_array().unwrap().len(), 1);
}
