//! `index create` on a table that is not partitioned: every kind of index, names, and what is there already.
use super::support::{contains, fingerprint, indexes, invalid, tables};
use crate::common::database::Database;

/// What stands after the table's name.
pub const KINDS: [&str; 14] = [
    "(id)",
    "(at desc, id)",
    "(id nulls first, at desc nulls last)",
    "(name varchar_pattern_ops)",
    "(\"Mixed Case\" collate \"C\" desc)",
    "(lower(name))",
    "((id + 1), (name || 'it''s; -- '))",
    "(id) include (at, \"Mixed Case\")",
    "(id) where at > '2026-01-15Z' and name is not null",
    "(id) with (fillfactor = 70)",
    "using hash (name)",
    "using brin (at timestamptz_minmax_multi_ops (values_per_range = 16))",
    "using gin (doc jsonb_path_ops, tags)",
    "using gist (area)",
];

#[tokio::test]
async fn every_kind_comes_out_as_postgresql_makes_it() {
    let (ours, theirs) = (tables().await, tables().await);
    for kind in KINDS {
        let statement = format!("create index on plain {kind}");
        ours.pgtend(["index", "create", "--sql", &statement]).run().success();
        theirs.batch(&statement).await;
        let again = ours.pgtend(["index", "create", "--sql", &statement]).run().success();
        contains(&again.stderr, "is there already");
    }
    ours.pgtend(["index", "create", "plain", "--unique", "--columns", "id, at"]).run().success();
    theirs.batch("create unique index on plain (id, at)").await;
    assert_eq!(indexes(&ours).await, indexes(&theirs).await);
}

#[tokio::test]
async fn flags_say_the_same_as_a_statement() {
    let db = tables().await;
    let create = ["index", "create", "Plain", "--columns", "name, lower(\"Mixed Case\") desc"];
    let flags = ["--include", "id", "--where", "id > 3", "--with", "fillfactor = 80", "--name", "My Index"];
    db.pgtend(create).args(flags).run().success();
    let expected = "My Index | t | CREATE INDEX \"My Index\" ON public.plain USING btree (name, \
                    lower(\"Mixed Case\") DESC) INCLUDE (id) WITH (fillfactor='80') WHERE (id > 3)";
    assert_eq!(indexes(&db).await, expected);
    let pasted = "  -- from a ticket\n CREATE INDEX CONCURRENTLY \"My Index\" ON public.plain\n (name, lower(\"Mixed Case\") \
                  DESC) INCLUDE (id) WITH (fillfactor='80') WHERE (id > 3);\n";
    let said = db.pgtend(["index", "create", "--sql", "-"]).input(pasted).run().success();
    contains(&said.stderr, "public.\"My Index\" is there already");
}

#[tokio::test]
async fn another_definition_under_the_name_is_an_error_that_shows_both() {
    let db = tables().await;
    db.batch("create index i on plain (id)").await;
    let before = fingerprint(&db).await;
    for other in ["id desc", "id, at", "(id + 1)", "id int4_minmax_ops"] {
        let said = db.pgtend(["index", "create", "plain", "--name", "i", "--columns", other]).run().code(1);
        contains(&said.stderr, "public.i is there, with another definition; nothing was changed");
        contains(&said.stderr, "it is btree (id)");
        contains(&said.stderr, "wanted btree (");
    }
    let said = db.pgtend(["index", "create", "plain", "--name", "events", "--columns", "id"]).run().code(1);
    contains(&said.stderr, "the name public.events is taken by another relation");
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn an_expression_is_known_again_however_it_is_written() {
    let db = tables().await;
    let create = |columns: &'static str| {
        db.pgtend(["index", "create", "plain", "--name", "i", "--columns", columns]).run().success()
    };
    create("lower(name), (id+1)");
    let said = create("LOWER( name ), ((id + 1))");
    contains(&said.stderr, "is there already");
}

#[tokio::test]
async fn names_of_the_users_own_schemas_are_found() {
    let db = tables().await;
    db.batch(
        "create function shout(text) returns text language sql immutable as 'select upper($1)';
         create collation quiet (provider = libc, locale = 'C')",
    )
    .await;
    db.pgtend([
        "index",
        "create",
        "plain",
        "--columns",
        "shout(name) collate quiet",
        "--where",
        "shout(name) <> ''",
    ])
    .run()
    .success();
    db.pgtend(["index", "create", "events", "--columns", "shout(name) collate quiet"]).run().success();
    assert_eq!(invalid(&db).await, "0");
}

#[tokio::test]
async fn hostile_and_long_names_stay_one_name() {
    let db = Database::create().await;
    let hostile = "a\"; drop table x; --\n'$$";
    let quoted = format!("\"{}\"", hostile.replace('"', "\"\""));
    let long = "é".repeat(31);
    db.batch(&format!(
        "create table x (id int);
         create table {quoted} ({quoted} int, {long} int) partition by list ({quoted});
         create table {long} partition of {quoted} for values in (1);
         insert into {quoted} values (1, 1)"
    ))
    .await;
    let columns = format!("{quoted}, {long}");
    db.pgtend(["index", "create", hostile, "--columns", &columns]).run().success();
    db.pgtend(["index", "create", hostile, "--columns", &columns, "--name", hostile]).run().code(1);
    db.pgtend(["index", "create", hostile, "--columns", &long, "--name", &format!("{long}i")])
        .run()
        .success();
    let said = db.pgtend(["index", "create", "x", "--columns", "id", "--name", &"i".repeat(64)]).run();
    contains(&said.code(2).stderr, "has 64 bytes; PostgreSQL keeps 63");
    db.pgtend(["index", "list", hostile]).run().success();
    assert_eq!(invalid(&db).await, "0");
    assert_eq!(db.value("select count(*) from pg_class where relname = 'x'").await, "1");
    assert_eq!(db.value("select count(*) from pg_index where indrelid in (select relid from pg_partition_tree((select oid from pg_class where relname like 'a\"%' and relkind = 'p')))").await, "4");
}

#[tokio::test]
async fn a_leftover_is_built_again() {
    let db = tables().await;
    leave_invalid(&db, "create unique index concurrently i on plain ((id % 10))").await;
    db.batch("delete from plain where id >= 10").await;
    let create = ["index", "create", "plain", "--unique", "--columns", "(id % 10)"];
    let said = db.pgtend(create).args(["--name", "i"]).run().success();
    contains(&said.stderr, "build i on public.plain");
    assert_eq!(invalid(&db).await, "0");
    // Without a name, too.
    db.batch("drop index i; insert into plain select * from plain").await;
    leave_invalid(&db, "create unique index concurrently j on plain ((id % 10))").await;
    db.batch("delete from plain as p where p.ctid > (select min(ctid) from plain as o where o.id = p.id)")
        .await;
    db.pgtend(create).run().success();
    assert_eq!(
        db.value(
            "select string_agg(relname, ' ') from pg_class where relkind = 'i' and relname in ('i', 'j')"
        )
        .await,
        "j"
    );
    assert_eq!(invalid(&db).await, "0");
}

/// A build that fails and leaves what a failed build leaves.
pub async fn leave_invalid(db: &Database, statement: &str) {
    let error = db.client().await.batch_execute(statement).await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "23505");
    assert_eq!(invalid(db).await, "1");
}

#[tokio::test]
async fn a_double_key_is_shown_and_nothing_is_left() {
    let db = tables().await;
    let before = indexes(&db).await;
    let said = db.pgtend(["index", "create", "plain", "--unique", "--columns", "(id % 1000)"]).run().code(1);
    contains(&said.stderr, "SQLSTATE 23505");
    contains(&said.stderr, "detail: Key ((id % 1000))=(");
    contains(&said.stderr, "is duplicated");
    assert_eq!(indexes(&db).await, before);
}

#[tokio::test]
async fn a_dry_run_prints_what_psql_runs_and_changes_nothing() {
    let db = tables().await;
    let before = fingerprint(&db).await;
    for table in ["plain", "events"] {
        let said = db.pgtend(["index", "create", table, "--columns", "id", "--dry-run"]).run().success();
        contains(&said.stdout, "create index concurrently \"");
        let json =
            db.pgtend(["index", "create", table, "--columns", "id", "-n", "--json"]).run().success().json();
        assert_eq!(json["schema"], "pgtend.index.create/1");
        assert_eq!(json["plans"][0]["target"], format!("public.{table}"));
    }
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn a_materialized_view_has_indexes_as_well() {
    let db = tables().await;
    db.batch("create materialized view daily as select at::date as day, count(*) from plain group by 1")
        .await;
    db.pgtend(["index", "create", "daily", "--unique", "--columns", "day"]).run().success();
    db.batch("refresh materialized view concurrently daily").await;
}

#[tokio::test]
async fn two_runs_at_once_make_one_index() {
    let db = tables().await;
    for table in ["plain", "events"] {
        let start = || {
            let program = db.pgtend(["index", "create", table, "--columns", "name"]);
            std::thread::spawn(move || program.run())
        };
        let runs: Vec<_> = (0..3).map(|_| start()).collect();
        for run in runs {
            run.join().unwrap().success();
        }
    }
    let query = "select count(*) from pg_index where indrelid in ('plain'::regclass, 'events'::regclass)";
    assert_eq!((db.value(query).await, invalid(&db).await), ("2".to_owned(), "0".to_owned()));
}

#[tokio::test]
async fn json_tells_events_and_the_outcome() {
    let db = tables().await;
    let said = db.pgtend(["index", "create", "events", "--columns", "id", "--json"]).run().success();
    let lines: Vec<serde_json::Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = lines.last().unwrap();
    assert_eq!(
        (&last["schema"], &last["tables"][0]["outcome"]),
        (&"pgtend.index.create/1".into(), &"done".into())
    );
    assert!(lines.iter().any(|line| line["event"] == "step_finished"));
}
