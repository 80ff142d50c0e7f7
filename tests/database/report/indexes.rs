//! What speaks against indexes, and whether the statements to mend it can be run.
use super::support::{contains, report, row, shop};

#[tokio::test]
async fn duplicates_are_found_once_and_at_the_root() {
    let db = shop().await;
    let document = report(&db, "index-usage").success().json();
    let again = row(&document, "index", "public.orders_customer_again");
    assert_eq!((&again["finding"], &again["other"]), (&"duplicate".into(), &"public.orders_customer".into()));
    let again = row(&document, "index", "public.events_id_again");
    assert_eq!((&again["finding"], &again["partitions"]), (&"duplicate".into(), &2.into()));
    assert_eq!(row(&document, "index", "public.orders_pkey")["finding"], serde_json::Value::Null);
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
