//! Applying: in order, once, in one transaction each, and nothing in a dry run.
use super::support::*;
use crate::common::database::Database;

#[tokio::test]
async fn files_are_applied_in_order_and_once() {
    let db = Database::create().await;
    write(
        &db,
        [
            ("V10__last.sql", "alter table a add column c int;"),
            ("V1__first.sql", "create table a (b int);\ninsert into a values (1);\n"),
            ("V9__middle.sql", "update a set b = b + 1"),
            ("README.md", "no migration"),
        ],
    );
    let output = up(&db).success();
    contains(&output.stderr, "V1__first.sql, 2 statements");
    contains(&output.stderr, "3 files applied");
    assert_eq!(history(&db).await, "1 first, 9 middle, 10 last");
    assert_eq!(log(&db).await, "1 ok 2/2, 9 ok 1/1, 10 ok 1/1");
    let before = fingerprint(&db).await;
    contains(&up(&db).success().stderr, "nothing to do");
    assert_eq!((fingerprint(&db).await, db.value("select b from a").await), (before, "2".to_owned()));
}

#[tokio::test]
async fn to_and_steps_stop_early() {
    let db = Database::create().await;
    write(
        &db,
        [
            ("V1__a.sql", "select 1"),
            ("V2__b.sql", "select 1"),
            ("V3__c.sql", "select 1"),
            ("V4__d.sql", "select 1"),
        ],
    );
    migrate(&db, ["up", "--to", "2"]).run().success();
    assert_eq!(history(&db).await, "1 a, 2 b");
    migrate(&db, ["up", "--steps", "1"]).run().success();
    assert_eq!(history(&db).await, "1 a, 2 b, 3 c");
}

#[tokio::test]
async fn a_dry_run_prints_what_psql_runs_and_changes_nothing() {
    let db = Database::create().await;
    write(
        &db,
        [("V1__a.sql", "create table a (b int);\n"), ("V2__i.sql", "create index concurrently i on a (b);")],
    );
    let before = fingerprint(&db).await;
    let output = migrate(&db, ["up", "--dry-run"]).run().success();
    for part in
        ["create table a (b int);", "refinery_schema_history", "create index concurrently i on a (b);"]
    {
        contains(&output.stdout, part);
    }
    assert_eq!(fingerprint(&db).await, before);
    std::fs::remove_file(db.home().join("db/V2__i.sql")).unwrap();
    let script = migrate(&db, ["up", "--dry-run"]).run().success().stdout;
    db.batch(&script).await;
    assert_eq!(
        (history(&db).await, db.value("select to_regclass('a')").await),
        ("1 a".to_owned(), "a".to_owned())
    );
    contains(&up(&db).success().stderr, "nothing to do");
    write(&db, [("V2__i.sql", "create index concurrently i on a (b);")]);
    let plans = migrate(&db, ["up", "--dry-run", "--json"]).run().success().json();
    assert_eq!(plans["schema"], "pgtend.migrate.up/1");
}

#[tokio::test]
async fn json_lines_end_with_what_was_applied() {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "create table a (b int);")]);
    let output = migrate(&db, ["up", "--json"]).run().success();
    let last: serde_json::Value = serde_json::from_str(output.stdout.lines().last().unwrap()).unwrap();
    assert_eq!(last["schema"], "pgtend.migrate.up/1");
    assert_eq!(last["sets"][0]["applied"][0]["file"], "V1__a.sql");
}

#[tokio::test]
async fn variables_are_filled_where_they_are_declared() {
    let db = Database::create().await;
    write(
        &db,
        [(
            "V1__a.sql",
            "-- pgtend: vars=table,note\ncreate table ${table:ident} (a text default '${other}');\n\
         comment on table ${table:ident} is ${note:literal};",
        )],
    );
    contains(&up(&db).code(2).stderr, "the variable `table` has no value");
    migrate(&db, ["up", "--var", "table=my \"t\"", "--var", "note=it's"]).run().success();
    assert_eq!(db.value("select obj_description('\"my \"\"t\"\"\"'::regclass)").await, "it's");
    assert_eq!(db.value("insert into \"my \"\"t\"\"\" default values returning a").await, "${other}");
}

#[tokio::test]
async fn what_is_missing_is_told_at_once_and_before_anything() {
    let db = Database::create().await;
    db.batch("create table users (id int); create schema app; create table app.orders (\"createdAt\" int)")
        .await;
    write(
        &db,
        [
            (
                "V1__a.sql",
                "-- pgtend: requires=users(id,email),app.orders(\"createdAt\")\ncreate table made (a int);",
            ),
            ("V2__b.sql", "-- pgtend: requires=nowhere(a),made(a) extension=pg_nothing max-pg=13\nselect 1;"),
        ],
    );
    let before = fingerprint(&db).await;
    let output = up(&db).code(1);
    for part in [
        "column email of users, for V1__a.sql",
        "relation nowhere, for V2__b.sql",
        "extension pg_nothing",
        "PostgreSQL 13 or older",
    ] {
        contains(&output.stderr, part);
    }
    assert!(!output.stderr.contains("made") && !output.stderr.contains("createdAt"), "{}", output.stderr);
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn a_file_that_stops_the_application_needs_a_word() {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "-- pgtend: risk=offline\nselect 1;")]);
    contains(&up(&db).code(2).stderr, "--allow-offline");
    migrate(&db, ["up", "--allow-offline"]).run().success();
}

#[tokio::test]
async fn the_configuration_names_the_folder() {
    let db = Database::create().await;
    db.batch("create schema app").await;
    write(&db, [("V1__a.sql", "-- pgtend: vars=n\ncreate table a${n} (b int);")]);
    let toml = "[migrate]\ndir = \"db\"\nsearch_path = [\"app\"]\nhistory_table = \"public.applied\"\n[migrate.vars]\nn = \"7\"\n";
    std::fs::write(db.home().join("pgtend.toml"), toml).unwrap();
    db.pgtend(["migrate", "up"]).run().success();
    assert_eq!(db.value("select to_regclass('app.a7')::text || (select name from applied)").await, "app.a7a");
}

#[tokio::test]
async fn new_files_and_sets() {
    let db = Database::create().await;
    write(&db, [("V7__a.sql", "select 1")]);
    let made = migrate(&db, ["new", "Add", "users' e-mail"]).run().success();
    assert_eq!(made.stdout.trim(), "db/V0008__add_users_e_mail.sql");
    migrate(&db, ["new", "x", "--timestamp", "--template", "index", "--now", "2026-11-21T09:30:00Z"])
        .run()
        .success();
    assert!(db.home().join("db/V20261121093000__x.sql").exists());
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let mut sets: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "pgtend")
        .collect();
    sets.sort();
    let listed = db.pgtend(["migrate", "sets", "--json"]).run().success().json();
    let listed: Vec<&str> =
        listed["sets"].as_array().unwrap().iter().map(|set| set["set"].as_str().unwrap()).collect();
    assert_eq!(listed, sets);
    contains(&db.pgtend(["migrate", "up", "--set", "nowhere"]).run().code(2).stderr, "no set `nowhere`");
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let db = Database::create().await;
    write(&db, [("V1__a.sql", "select 1")]);
    let began = std::time::Instant::now();
    let url = "postgresql://nobody@127.0.0.1:1/nothing";
    let output = db.pgtend_at(url, ["migrate", "up", "--dir", "db", "--wait-for-db", "1s"]).run().code(4);
    contains(&output.stderr, "waiting for the server");
    assert!(began.elapsed().as_secs_f64() >= 1.0);
}

#[tokio::test]
async fn a_set_is_exported_to_be_changed() {
    let db = Database::create().await;
    let told = db.pgtend(["migrate", "export", "--set", "coffeebiz", "mine"]).run().success();
    let files: Vec<_> = told.stdout.lines().map(|line| db.home().join(line)).collect();
    assert!(files.len() >= 2 && files.iter().all(|file| file.exists()), "{}", told.stdout);
    let original = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/coffeebiz");
    for file in &files {
        let original = std::path::Path::new(original).join(file.file_name().unwrap());
        assert_eq!(std::fs::read(file).unwrap(), std::fs::read(original).unwrap());
    }
    let again = db.pgtend(["migrate", "export", "--set", "coffeebiz", "mine"]).run().code(2);
    contains(&again.stderr, "has files of these names already; nothing was written");
    // The folder stands for the set, with the set's history.
    let sql = files.iter().filter(|file| file.extension().is_some_and(|end| end == "sql")).count();
    let status = ["migrate", "status", "--set", "coffeebiz", "--dir", "mine", "--json"];
    let status = db.pgtend(status).run().success().json();
    assert_eq!(status["migrations"].as_array().unwrap().len(), sql);
}
