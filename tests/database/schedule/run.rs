//! `pgtend schedule run`: a function of the application's, called within the lock budget and with its settings.
use std::fs;

use tempfile::TempDir;

use crate::common::database::Database;
use crate::common::program::{Output, pgtend};
use crate::support::contains;

const CACHE: &str = "
    create schema app; set search_path = app;
    create table app.cache (key int primary key, expired boolean not null);
    insert into app.cache select n, n <= 25000 from generate_series(1, 25010) as n;
    create table app.calls (asked int, at_zone text);
    create function app.clean(batch int default 10000) returns bigint language plpgsql as $$
    declare gone bigint;
    begin
        insert into calls values (batch, current_setting('timezone'));
        with old as (select key from cache where expired limit batch),
             deleted as (delete from cache using old where cache.key = old.key returning 1)
        select count(*) into gone from deleted;
        return gone;
    end $$;
    create function app.once() returns text language sql as $$ insert into calls values (0, 'once') returning 'x' $$;
    create procedure app.steps() language plpgsql as $$
    begin
        insert into calls values (1, 'step'); commit;
        insert into calls values (2, 'step'); commit;
    end $$;
    create function app.needs(what text) returns void language sql as 'select';
    create function app.two() returns void language sql as 'select';
    create function app.two(batch int) returns int language sql as 'select 0'";

fn run(db: &Database, function: &str, arguments: &[&str]) -> Output {
    run_at(&db.url(), function, arguments)
}

fn run_at(url: &str, function: &str, arguments: &[&str]) -> Output {
    let home = TempDir::with_prefix("pgtend-test-").unwrap();
    let job = format!("[[schedule.job]]\nname = \"job\"\nfunction = '{function}'\nevery = \"15m\"\n");
    fs::write(home.path().join("pgtend.toml"), job).unwrap();
    let program = pgtend(["schedule", "run", "job", "-d", url]);
    program.args(arguments).directory(home.path()).run()
}

async fn database() -> Database {
    let db = Database::create().await;
    db.batch(CACHE).await;
    db.batch(&format!(
        "alter database {0} set search_path = app; alter database {0} set timezone = 'Asia/Tokyo'",
        db.name()
    ))
    .await;
    db
}

#[tokio::test]
async fn a_function_that_counts_is_called_until_it_gives_none() {
    let db = database().await;
    let dry = run(&db, "clean", &["--dry-run"]);
    contains(&dry.success().stdout, "(select \"app\".\"clean\"(10000) as rows)");
    assert_eq!(db.value("select count(*) from app.calls").await, "0");
    let program = run(&db, "clean", &[]);
    contains(&program.success().stderr, "call app.clean");
    assert_eq!(db.value("select count(*) from app.cache").await, "10");
    assert_eq!(db.value("select count(*) filter (where expired) from app.cache").await, "0");
    assert_eq!(db.value("select string_agg(distinct at_zone, ' ') from app.calls").await, "Asia/Tokyo");
    assert_eq!(db.value("select string_agg(asked::text, ' ') from app.calls").await, "10000 10000 10000");
}

#[tokio::test]
async fn another_is_called_once() {
    let db = database().await;
    let program = run(&db, "app.once", &[]);
    program.success();
    let program = run(&db, "steps", &[]);
    program.success();
    let calls = "select string_agg(asked || at_zone, ' ' order by asked) from app.calls";
    assert_eq!(db.value(calls).await, "0once 1step 2step");
}

#[tokio::test]
async fn a_busy_row_ends_it_with_exit_5() {
    let db = database().await;
    let other = db.client().await;
    other.batch_execute("begin; select from app.cache where key = 1 for update").await.unwrap();
    let program = run(&db, "clean", &["--lock-timeout", "200ms", "--lock-budget", "500ms"]);
    program.code(5);
    other.batch_execute("rollback").await.unwrap();
    let program = run(&db, "clean", &[]);
    program.success();
    assert_eq!(db.value("select count(*) from app.cache").await, "10");
}

#[tokio::test]
async fn what_cannot_be_called_is_refused() {
    let db = database().await;
    let cases = [
        ("none", 1, "no function `none` in database"),
        ("needs", 2, "needs(what text) cannot be called without arguments"),
        ("two", 2, "app has several functions `two` that could be meant"),
    ];
    for (function, code, why) in cases {
        let program = run(&db, function, &[]);
        contains(&program.code(code).stderr, why);
    }
    let home = TempDir::with_prefix("pgtend-test-").unwrap();
    fs::write(
        home.path().join("pgtend.toml"),
        "[[schedule.job]]\nname = \"a\"\ncommand = \"x\"\nevery = \"1h\"\n",
    )
    .unwrap();
    let said = |name: &str| db.pgtend(["schedule", "run", name]).directory(home.path()).run().code(2).stderr;
    contains(&said("a"), "the job `a` is a command");
    contains(&said("b"), "the configuration has: a");
}

#[tokio::test]
async fn the_missing_right_is_named() {
    let db = database().await;
    let role = db.role("cleaner").await;
    db.batch("revoke execute on function app.once() from public").await;
    let program = run_at(&db.url_as(&role), "app.once", &[]);
    contains(&program.code(4).stderr, "grant usage on schema");
    db.batch(&format!("grant usage on schema app to {role}")).await;
    let program = run_at(&db.url_as(&role), "app.once", &[]);
    contains(&program.code(4).stderr, "grant execute on routine app.once()");
}
