//! Files that run statement by statement: recorded one by one, resumed, and no index left that is not valid.
use super::support::*;
use crate::common::database::Database;

async fn table() -> Database {
    let db = Database::create().await;
    db.batch(
        "create table t (a int, b int); insert into t select g, g % 2 from generate_series(1, 1000) as g",
    )
    .await;
    db
}

#[tokio::test]
async fn several_concurrent_statements_in_one_file() {
    let db = table().await;
    write(
        &db,
        [(
            "V1__i.sql",
            "set maintenance_work_mem = '8MB';\ncreate index concurrently t_a on t (a);\n\
         /* two; */ create index concurrently t_b on t (b);\ndrop index concurrently t_a;\n\
         reindex index concurrently t_b;\nvacuum t;\n",
        )],
    );
    up(&db).success();
    assert_eq!(log(&db).await, "1 ok 6/6");
    assert_eq!(
        db.value("select string_agg(indexname, ',') from pg_indexes where tablename = 't'").await,
        "t_b"
    );
    contains(&up(&db).success().stderr, "nothing to do");
}

#[tokio::test]
async fn a_failed_run_goes_on_where_it_stopped() {
    let db = table().await;
    let head = "-- pgtend: no-transaction\ninsert into t values (0, 0);\n";
    let file =
        |index: &str| format!("{head}create unique index concurrently t_b on t ({index});\nselect 1;\n");
    write(&db, [("V1__i.sql", &file("b"))]);
    let output = up(&db).code(1);
    contains(&output.stderr, "V1__i.sql:3: create unique index");
    contains(&output.stderr, "SQLSTATE 23505");
    contains(&output.stderr, "Key (b)=");
    assert_eq!((log(&db).await, invalid(&db).await), ("1 failed 1/3".to_owned(), "0".to_owned()));
    let status = migrate(&db, ["status", "--json"]).run().success().json();
    assert_eq!(
        (&status["migrations"][0]["state"], &status["migrations"][0]["statements_done"]),
        (&"partial".into(), &1.into())
    );
    // What is not done yet may be put right; what is done must stay.
    write(&db, [("V1__i.sql", &file("a").replace("(0, 0)", "(0, 1)"))]);
    contains(&up(&db).code(1).stderr, "an earlier run has done this statement");
    write(&db, [("V1__i.sql", &file("a"))]);
    up(&db).success();
    assert_eq!(log(&db).await, "1 ok 3/3");
    assert_eq!(db.value("select count(*) from t").await, "1001");
}

#[tokio::test]
async fn what_was_done_and_not_recorded_is_recognised() {
    let db = table().await;
    write(
        &db,
        [(
            "V1__i.sql",
            "-- pgtend: no-transaction\ncreate index concurrently t_a on t (a);\ndrop index concurrently t_a;\nselect 1/0;",
        )],
    );
    up(&db).code(1);
    // As a kill between the build and its record leaves it.
    db.batch("update pgtend.migration_log set stmt_done = 0, stmt_sha256 = '{}', status = 'running'; create index t_a on t (a)").await;
    contains(&up(&db).code(1).stderr, "division by zero");
    assert_eq!(log(&db).await, "1 failed 2/3");
    db.batch(
        "update pgtend.migration_log set stmt_done = 1, stmt_sha256 = stmt_sha256[1:1], status = 'running'",
    )
    .await;
    contains(&up(&db).code(1).stderr, "division by zero");
    assert_eq!(log(&db).await, "1 failed 2/3");
}

#[tokio::test]
async fn a_leftover_is_built_again_and_a_valid_index_is_not_taken_for_ours() {
    let db = table().await;
    let client = db.client().await;
    client.batch_execute("create unique index concurrently t_b on t (b)").await.unwrap_err();
    assert_eq!(invalid(&db).await, "1");
    db.batch("update t set b = a").await;
    write(&db, [("V1__i.sql", "create unique index concurrently t_b on t (b);")]);
    up(&db).success();
    assert_eq!(invalid(&db).await, "0");
    write(&db, [("V2__i.sql", "create index concurrently t_b on t (a);")]);
    contains(&up(&db).code(1).stderr, "t_b");
    assert_eq!(history(&db).await, "1 i");
}

#[tokio::test]
async fn repair_forgets_what_was_begun() {
    let db = table().await;
    write(&db, [("V1__i.sql", "-- pgtend: no-transaction\nselect 1;\nselect 1/0;")]);
    up(&db).code(1);
    write(&db, [("V1__i.sql", "-- pgtend: no-transaction\nselect 2;")]);
    up(&db).code(1);
    migrate(&db, ["repair", "--yes"]).run().success();
    up(&db).success();
    assert_eq!(history(&db).await, "1 i");
}

const PROCEDURE: &str = "create procedure double_all() language plpgsql as $$
    begin
        update t set b = b * 2 where a <= 500;
        commit;
        update t set b = b * 2 where a > 500;
    end $$";

#[tokio::test]
async fn a_procedure_that_commits_runs_outside_of_a_transaction() {
    let db = table().await;
    db.batch(PROCEDURE).await;
    write(
        &db,
        [(
            "V1__p.sql",
            "-- pgtend: no-transaction\nset statement_timeout = '1min';\ncall double_all();\nselect 1;\n",
        )],
    );
    up(&db).success();
    assert_eq!(log(&db).await, "1 ok 3/3");
    assert_eq!(db.value("select sum(b) from t").await, "1000");
    write(&db, [("V2__p.sql", "call double_all();\n")]);
    let said = up(&db).code(1);
    contains(&said.stderr, "SQLSTATE 2D000");
    contains(&said.stderr, "hint: begin the file with `-- pgtend: no-transaction`");
    assert_eq!(db.value("select sum(b) from t").await, "1000");
    assert_eq!(db.value("select sqlstate from pgtend.migration_log where version = 2").await, "2D000");
}

#[tokio::test]
async fn a_concurrent_detach_is_brought_to_its_end() {
    let db = Database::create().await;
    db.batch(
        "create schema app; create table app.p (a int) partition by list (a);
         create table app.p1 partition of app.p for values in (1); create table app.p2 partition of app.p for values in (2)",
    )
    .await;
    write(&db, [("V1__d.sql", "alter table app.p detach partition app.p1 concurrently;\n")]);
    // As a kill in the midst of it leaves it.
    db.batch("update pg_inherits set inhdetachpending = true where inhrelid = 'app.p1'::regclass").await;
    contains(&up(&db).success().stderr, "half-done");
    assert_eq!(db.value("select string_agg(inhrelid::regclass::text, ',') from pg_inherits").await, "app.p2");
    // What was never a partition is for the server to refuse.
    write(&db, [("V2__d.sql", "alter table app.p detach partition app.p1 concurrently;\n")]);
    contains(&up(&db).code(1).stderr, "is not a partition of relation");
    assert_eq!((history(&db).await, log(&db).await), ("1 d".to_owned(), "1 ok 1/1, 2 failed 0/1".to_owned()));
}
