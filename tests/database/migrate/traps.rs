//! What refinery lets happen, each with its test.
use super::support::*;
use crate::common::database::Database;

#[tokio::test]
async fn two_files_of_one_version_are_refused() {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "create table a (b int)"), ("V01__b.sql", "create table c (b int)")]);
    contains(&up(&db).code(2).stderr, "version 1 is that of");
    assert_eq!(db.value("select to_regclass('a')").await, "");
}

#[tokio::test]
async fn a_name_that_refinery_skips_is_refused() {
    let db = Database::create().await;
    write(
        &db,
        [
            ("V1__a.sql", "select 1"),
            ("V2__foo-bar.sql", "select 1"),
            ("v3__x.sql", "select 1"),
            ("|4__x.sql", ""),
        ],
    );
    let output = up(&db).code(2);
    for part in ["V2__foo-bar.sql: its name holds `-`", "v3__x.sql: ", "|4__x.sql: "] {
        contains(&output.stderr, part);
    }
    assert_eq!(db.value("select to_regclass('refinery_schema_history')").await, "");
}

#[tokio::test]
async fn line_ends_and_byte_order_marks_are_no_change() {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "select 1;\nselect 2;\n")]);
    up(&db).success();
    write(&db, [("V1__a.sql", "\u{feff}select 1;\r\nselect 2;\r\n")]);
    contains(&up(&db).success().stderr, "nothing to do");
}

#[tokio::test]
async fn versions_are_as_wide_as_a_timestamp() {
    let db = Database::create().await;
    write(&db, [("V20261121031500__x.sql", "select 1"), ("V99999999999999999999__y.sql", "select 1")]);
    contains(&up(&db).code(2).stderr, "too large");
    std::fs::remove_file(db.home().join("db/V99999999999999999999__y.sql")).unwrap();
    up(&db).success();
    assert_eq!(history(&db).await, "20261121031500 x");
}

#[tokio::test]
async fn a_missing_history_reads_as_an_empty_one() {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "select 1")]);
    let before = fingerprint(&db).await;
    let status = migrate(&db, ["status", "--json"]).run().success().json();
    assert_eq!(status["migrations"][0]["state"], "pending");
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn a_file_cannot_lead_the_history_astray() {
    let db = Database::create().await;
    let role = db.role("app").await;
    db.batch(&format!(
        "create schema elsewhere; grant {role} to current_user; grant usage on schema elsewhere to {role}"
    ))
    .await;
    let text = format!(
        "set search_path = elsewhere; set role {role}; select set_config('search_path', '', false); set statement_timeout = 0"
    );
    write(&db, [("V1__a.sql", &text), ("V2__b.sql", "create table b (c int)")]);
    migrate(&db, ["up", "--no-lint"]).run().success();
    assert_eq!(history(&db).await, "1 a, 2 b");
    assert_eq!(
        db.value("select to_regclass('public.b')::text || tableowner from pg_tables where tablename = 'b'")
            .await,
        format!("b{}", db.value("select current_user").await)
    );
}

#[tokio::test]
async fn transaction_control_in_a_file_is_refused() {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "create table leak ();\ncommit;\nselect 1/0")]);
    contains(&up(&db).code(2).stderr, "V1__a.sql:2: a file begins and ends no transaction");
    assert_eq!(db.value("select to_regclass('leak')").await, "");
}

#[tokio::test]
async fn a_mixed_file_is_refused_before_the_first_is_touched() {
    let db = Database::create().await;
    write(
        &db,
        [
            ("V1__a.sql", "create table a (b int)"),
            ("V2__b.sql", "select 1;\ncreate index concurrently i on a (b)"),
        ],
    );
    contains(&up(&db).code(2).stderr, "V2__b.sql:2: this statement cannot run in a transaction");
    assert_eq!(db.value("select to_regclass('a')").await, "");
}
