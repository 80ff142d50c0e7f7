//! Whom a statement would hold up, and that nothing is said of tables where it holds up nobody.
use super::support::{found, lint, orders};
use crate::common::database::Database;
use crate::support::{contains, fingerprint};

#[tokio::test]
async fn a_large_table_says_for_how_long_whom() {
    let db = orders().await;
    let said = lint(&db, "create index orders_status_idx on orders (status);").code(3);
    let impact = &said.json()["findings"][0]["impact"];
    assert_eq!((&impact["table"], &impact["waits"]), (&"public.orders".into(), &"writers".into()));
    assert!(impact["rows_estimate"].as_f64().unwrap() > 140_000.0, "{impact}");
    assert!(impact["size_bytes"].as_i64().unwrap() > 5_000_000, "{impact}");
    assert!(impact["estimate_ms"].as_f64().unwrap() > 100.0, "{impact}");

    let said = db.pgtend(["migrate", "lint", "-"]).input("alter table orders set logged;").run().code(3);
    contains(&said.stdout, "= here: readers and writers of public.orders wait for about ");
    contains(&said.stdout, "150,000 rows");
}

#[tokio::test]
async fn an_empty_table_or_one_that_is_not_there_holds_up_nobody() {
    let db = orders().await;
    for table in ["vacant", "public.vacant", "nowhere"] {
        for sql in [
            "create index i on {} (status);",
            "alter table {} alter column status type bigint using 1;",
            "alter table {} add constraint c check (net > 0);",
            "alter table {} alter column status set not null;",
            "alter table {} add constraint f foreign key (customer_id) references customers (id);",
            "update {} set status = 'x';",
            "truncate {};",
            "drop table if exists {};",
            "reindex table {};",
            "insert into orders select * from {};",
        ] {
            assert_eq!(found(&db, &sql.replace("{}", table)), [""; 0], "{sql} {table}");
        }
    }
}

#[tokio::test]
async fn a_small_table_is_worth_a_remark() {
    let db = orders().await;
    assert_eq!(
        found(&db, "create index i on customers (id);"),
        ["index-not-concurrent info", "duplicate-index warning"]
    );
    assert_eq!(found(&db, "alter table customers alter column id type text;"), ["type-change info"]);
    // No size makes this one harmless.
    assert_eq!(found(&db, "drop table customers;"), ["drop-table warning"]);
}

#[tokio::test]
async fn the_table_of_the_file_hides_no_table_of_the_database() {
    let db = orders().await;
    let sql = "create table if not exists orders (id bigint primary key); create index i on orders (status);";
    assert_eq!(found(&db, sql), ["index-not-concurrent error"]);
    let sql =
        "create table if not exists fresh (id bigint primary key, at date); create index i on fresh (at);";
    assert_eq!(found(&db, sql), [""; 0]);
}

#[tokio::test]
async fn conditions_are_weighed_by_the_rows_and_the_keys() {
    let db = orders().await;
    assert_eq!(found(&db, "update orders set note = '' where status = 'open';"), ["bulk-rows warning"]);
    assert_eq!(found(&db, "delete from orders;"), ["bulk-rows error"]);
    for harmless in [
        "update orders set note = '' where id = 17;",
        "delete from orders where id in (1, 2) returning id;",
        "update customers set id = 2;",
        "insert into vacant select * from customers;",
    ] {
        assert_eq!(found(&db, harmless), [""; 0], "{harmless}");
    }
    assert_eq!(found(&db, "delete from orders where id = 1 or note = '';"), ["bulk-rows warning"]);
}

#[tokio::test]
async fn the_lint_changes_nothing_and_cannot() {
    let db = orders().await;
    let before = fingerprint(&db).await;
    lint(&db, "drop table orders; drop schema public cascade; vacuum full;").code(3);
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_exit_4() {
    let db = Database::create().await;
    let said = db
        .pgtend_at("postgresql:///x?host=/nonexistent", ["migrate", "lint", "-"])
        .input("select 1;")
        .run()
        .code(4);
    contains(&said.stderr, "/nonexistent");
}
