//! A migration that fails says what is wrong, where, and leaves nothing; one that is held up names who does it.
use super::support::*;
use crate::common::database::Database;

#[tokio::test]
async fn the_message_shows_what_is_wrong_without_a_log() {
    let db = Database::create().await;
    write(
        &db,
        [(
            "V1__a.sql",
            "create table a (b int);\n\ncreate table c (\n    d int references nowhere (e)\n);\n",
        )],
    );
    let output = up(&db).code(1);
    for part in [
        "V1__a.sql, 2 statements",
        "relation \"nowhere\" does not exist (SQLSTATE 42P01, V1__a.sql:3:1)",
        "create table c (",
    ] {
        contains(&output.stderr, part);
    }
    assert_eq!(db.value("select to_regclass('a')").await, "");
    assert_eq!(log(&db).await, "1 failed 0/2");
    write(&db, [("V1__a.sql", "select 1;\n  select ümlaut,\n    nothing;\n")]);
    let output = up(&db).code(1);
    contains(&output.stderr, "V1__a.sql:2:10");
    contains(&output.stderr, "detail:            ^");
    write(&db, [("V1__a.sql", "create table a (b int unique);\ninsert into a values (1), (1);")]);
    contains(&up(&db).code(1).stderr, "detail: Key (b)=(1) already exists.");
    write(&db, [("V1__a.sql", "do $$ begin\n perform 1/0;\nend $$;")]);
    contains(&up(&db).code(1).stderr, "PL/pgSQL function inline_code_block line 2");
}

#[tokio::test]
async fn busy_locks_are_tried_again_and_their_holder_is_named() {
    let db = Database::create().await;
    db.batch("create table a (b int)").await;
    write(&db, [("V1__a.sql", "alter table a add column c int")]);
    let reader = db.client().await;
    reader.batch_execute("begin; select * from a").await.unwrap();
    let pid = reader.query_one("select pg_backend_pid()", &[]).await.unwrap().get::<_, i32>(0);
    let output = migrate(&db, ["up", "--lock-budget", "2s"]).run().code(5);
    contains(&output.stderr, &format!("blocked by pid {pid}"));
    contains(&output.stderr, "SQLSTATE 55P03, V1__a.sql:1");
    reader.batch_execute("rollback").await.unwrap();
    up(&db).success();
}

#[tokio::test]
async fn a_role_that_may_nothing_is_told_so() {
    let db = Database::create().await;
    let role = db.role("poor").await;
    db.batch("revoke create on schema public from public").await;
    write(&db, [("V1__a.sql", "create table a (b int)")]);
    let output = db.pgtend_as(&role, ["migrate", "up", "--dir", "db"]).run().code(4);
    contains(&output.stderr, "SQLSTATE 42501");
}

#[tokio::test]
async fn statement_by_statement_wants_the_log_before_anything_is_applied() {
    let db = Database::create().await;
    let role = db.role("modest").await;
    db.batch(&format!("grant create on schema public to {role}")).await;
    let before = fingerprint(&db).await;
    write(
        &db,
        [("V1__a.sql", "create table a (b int)"), ("V2__b.sql", "create index concurrently on a (b)")],
    );
    let run = || db.pgtend_as(&role, ["migrate", "up", "--dir", "db"]).run();
    let said = run().code(4);
    contains(&said.stderr, "V2__b.sql is run statement by statement, and no log can be written");
    contains(&said.stderr, &format!("hint: grant create on database \"{}\" to \"{role}\"", db.name()));
    assert_eq!(fingerprint(&db).await, before);
    db.batch(&format!("grant create on database {} to {role}", db.name())).await;
    run().success();
    assert_eq!((history(&db).await, invalid(&db).await), ("1 a, 2 b".to_owned(), "0".to_owned()));
}

#[tokio::test]
async fn a_signal_rolls_back_and_is_remembered() {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "create table a (b int);\nselect pg_sleep(60);")]);
    let watch = db.client().await;
    let child = migrate(&db, ["up"]).spawn();
    let sleeping = "select count(*) from pg_stat_activity where query like 'select pg_sleep%' and wait_event = 'PgSleep' and datname = current_database()";
    while watch.query_one(sleeping, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM)
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&output.status), Some(15));
    assert_eq!(
        (db.value("select to_regclass('a')").await, log(&db).await),
        (String::new(), "1 interrupted 0/2".to_owned())
    );
}
