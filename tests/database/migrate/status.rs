//! Status tells everything at once, changes nothing, and repair makes it right.
use super::support::*;
use crate::common::database::Database;

async fn drifted() -> Database {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "select 1"), ("V2__b.sql", "select 1"), ("V4__d.sql", "select 1")]);
    up(&db).success();
    write(
        &db,
        [
            ("V1__a.sql", "select 'changed'"),
            ("V3__c.sql", "select 1"),
            ("V5__e.sql", "select 1"),
            ("U3__late.sql", ""),
        ],
    );
    std::fs::remove_file(db.home().join("db/U3__late.sql")).unwrap();
    std::fs::remove_file(db.home().join("db/V2__b.sql")).unwrap();
    db
}

#[tokio::test]
async fn all_that_does_not_fit_is_told_at_once() {
    let db = drifted().await;
    let status = migrate(&db, ["status", "--json"]).run().success().json();
    let states: Vec<&str> =
        status["migrations"].as_array().unwrap().iter().map(|row| row["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["divergent", "missing", "out_of_order", "applied", "pending"]);
    migrate(&db, ["status", "--check"]).run().code(3);
    let output = up(&db).code(1);
    for part in ["V1__a.sql was applied", "version 2 (b) was applied", "V3__c.sql is not applied, and older"]
    {
        contains(&output.stderr, part);
    }
    assert_eq!(history(&db).await, "1 a, 2 b, 4 d");
}

#[tokio::test]
async fn repair_shows_first_and_accepts_with_a_word() {
    let db = drifted().await;
    std::fs::remove_file(db.home().join("db/V3__c.sql")).unwrap();
    let before = fingerprint(&db).await;
    contains(&migrate(&db, ["repair"]).run().success().stdout, "take V1__a.sql as it is now");
    assert_eq!((fingerprint(&db).await, history(&db).await), (before, "1 a, 2 b, 4 d".to_owned()));
    migrate(&db, ["repair", "--yes"]).run().success();
    assert_eq!(history(&db).await, "1 a, 4 d");
    up(&db).success();
    assert_eq!(history(&db).await, "1 a, 4 d, 5 e");
    migrate(&db, ["status", "--check"]).run().success();
}

#[tokio::test]
async fn a_late_file_may_come_when_it_says_so() {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "select 1"), ("V3__c.sql", "select 1")]);
    up(&db).success();
    write(&db, [("U2__b.sql", "select 1")]);
    up(&db).success();
    assert_eq!(history(&db).await, "1 a, 2 b, 3 c");
}
