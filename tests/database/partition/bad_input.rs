//! Names that are odd or hostile, names that are taken or too long, configurations with errors: a clear error, the
//! right exit code, nothing changed.
use std::fs;

use super::support::{contains, events, fingerprint, names, tend};
use crate::common::database::Database;
use crate::common::program::pgtend;

/// Names that have to come through every command as what they are.
const ODD: [&str; 9] = [
    "a\"; drop table x; --",
    "MixedCase",
    "dotted.name",
    "with 'quotes' and \\backslash",
    "таблица 表 🐘",
    "line\nbreak; drop table x",
    "select",
    "%s %I {table} $1",
    " edges ",
];

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[tokio::test]
async fn odd_names_come_through_every_command() {
    let db = Database::create().await;
    db.batch("create table x (id int)").await;
    for (index, name) in ODD.iter().enumerate() {
        let (table, schema) = (quoted(name), quoted(&format!("{name}{index}")));
        let qualified = format!("{schema}.{table}");
        db.batch(&format!(
            "create schema {schema}; create table {qualified} (id int, {table} timestamptz not null) partition by range ({table});
             create table {schema}.d partition of {qualified} default;
             insert into {qualified} values (1, '2020-01-01')"
        ))
        .await;
        // Typed as SQL would have it.
        tend(&db, ["partition", "create", &qualified, "--every", "month", "--ahead", "1", "--behind", "1"])
            .run()
            .success();
        let said = tend(&db, ["partition", "list", &qualified, "--json"]).run().success();
        assert_eq!(said.json()["tables"][0]["partition_list"].as_array().unwrap().len(), 4, "{name}");
        assert_eq!(
            db.value(&format!("select count(*) from pg_class where relnamespace = '{}'::regnamespace and relname like '%\\_p2026\\_1_'", schema.replace('\'', "''"))).await,
            "3"
        );
        tend(&db, ["partition", "check", &qualified, "--ahead", "1"]).run().code(3);
        tend(&db, ["partition", "drop", &qualified, "--keep", "1 hour", "--no-archive", "--yes"])
            .run()
            .success();
        assert_eq!(
            db.value(&format!(
                "select count(*) from pg_inherits where inhparent = '{}'::regclass",
                qualified.replace('\'', "''")
            ))
            .await,
            "3"
        );
    }
    assert_eq!(db.value("select count(*) from x").await, "0");
}

#[tokio::test]
async fn a_name_in_a_comment_of_the_dry_run_stays_in_its_line() {
    let db = Database::create().await;
    for name in ODD {
        let table = quoted(name);
        db.batch(&format!("create table {table} (at timestamptz) partition by range (at)")).await;
        let said = tend(&db, ["partition", "create", &table, "--every", "month", "-n"]).run().success();
        // Without the comments, and outside of quotes, no word of a name is left.
        let sql: Vec<&str> = said.stdout.split('\n').filter(|line| !line.starts_with("--")).collect();
        let outside: String = sql.join("\n").split('"').step_by(2).collect();
        for word in ["drop table", "quotes", "break", "MixedCase", "таблица"] {
            assert!(!outside.contains(word), "{word} in {outside}");
        }
    }
}

#[tokio::test]
async fn names_that_are_typed_badly_find_nothing_and_break_nothing() {
    let db = events(["2026-11"]).await;
    let before = fingerprint(&db).await;
    for typed in [
        "a\"; drop table x; --",
        "\"open",
        "a.b.c",
        "",
        ".",
        "events; drop table events",
        "*",
        "%",
        "\u{1b}[31m",
        "public.\"events",
    ] {
        for command in ["create", "maintain", "drop"] {
            let said = tend(
                &db,
                [
                    "partition",
                    command,
                    typed,
                    "--every",
                    "month",
                    if command == "create" { "--ahead=1" } else { "--keep=1 month" },
                ],
            )
            .run()
            .code(1);
            contains(&said.stderr, "no table `");
        }
    }
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn unquoted_upper_case_means_what_sql_means() {
    let db = events(["2026-11"]).await;
    tend(&db, ["partition", "create", "EVENTS", "--ahead", "1"]).run().success();
    tend(&db, ["partition", "create", "Public.Events", "--ahead", "2"]).run().success();
    assert_eq!(names(&db, "events").await.len(), 3);
}

#[tokio::test]
async fn the_search_path_decides_between_tables_of_one_name() {
    let db = events(["2026-11"]).await;
    let name = db.name().to_owned();
    db.batch(&format!(
        "create schema app; create table app.events (at date) partition by range (at);
         alter database {name} set search_path = app, public"
    ))
    .await;
    tend(&db, ["partition", "create", "events", "--every", "month", "--ahead", "0"]).run().success();
    assert_eq!(
        db.value("select count(*) from pg_inherits where inhparent = 'app.events'::regclass").await,
        "1"
    );
    assert_eq!(names(&db, "public.events").await, ["events_p2026_11"]);
}

#[tokio::test]
async fn taken_names_are_told_with_what_has_them() {
    let cases = [
        ("create table events_p2026_12 (id int)", "is a relation that is no partition of this table"),
        ("create sequence events_p2026_12", "is a relation that is no partition of this table"),
        ("create view events_p2026_12 as select 1", "is a relation that is no partition of this table"),
        ("create type events_p2026_12 as enum ('a')", "is a type"),
        (
            "create table events_p2026_12 partition of events for values from ('2020-01-01') to ('2020-02-01')",
            "is a partition with other bounds",
        ),
    ];
    for (statement, what) in cases {
        let db = events(["2026-11"]).await;
        db.batch(statement).await;
        let before = fingerprint(&db).await;
        let said =
            tend(&db, ["partition", "create", "events", "--every", "month", "--ahead", "2"]).run().code(1);
        contains(&said.stderr, &format!("the name events_p2026_12 is taken, it {what}"));
        contains(&said.stderr, "hint: rename that one, or give new partitions another name with --name");
        assert_eq!(fingerprint(&db).await, before);
        tend(
            &db,
            [
                "partition",
                "create",
                "events",
                "--every",
                "month",
                "--ahead",
                "2",
                "--name",
                "{table}_{yyyy}{mm}",
            ],
        )
        .run()
        .success();
    }
}

#[tokio::test]
async fn the_mark_of_a_table_that_is_still_there_is_told() {
    let db = events(["2026-11", "2026-12"]).await;
    super::support::mark(&db, "events_p2026_12", "").await;
    db.batch("alter table events detach partition events_p2026_12").await;
    let said = tend(&db, ["partition", "create", "events", "--ahead", "1"]).run().code(1);
    contains(&said.stderr, "was detached to be dropped and is still there");
}

#[tokio::test]
async fn names_of_63_bytes_fit_and_one_more_does_not() {
    let db = Database::create().await;
    let fits = "x".repeat(63 - "_p2026_11".len());
    db.batch(&format!("create table {fits} (at date) partition by range (at)")).await;
    tend(&db, ["partition", "create", &fits, "--every", "month", "--ahead", "1"]).run().success();
    assert_eq!(names(&db, &fits).await.len(), 2);

    // Bytes, not characters.
    for name in ["y".repeat(63 - "_p2026_11".len() + 1), "é".repeat(28)] {
        db.batch(&format!("create table {name} (at date) partition by range (at)")).await;
        let before = fingerprint(&db).await;
        let said = tend(&db, ["partition", "create", &name, "--every", "month"]).run().code(1);
        contains(&said.stderr, "bytes; PostgreSQL keeps 63");
        assert_eq!(fingerprint(&db).await, before);
        tend(
            &db,
            ["partition", "create", &name, "--every", "month", "--name", "short_{yyyy}_{mm}", "--ahead", "0"],
        )
        .run();
    }
    // A name that nobody can have.
    let said = tend(&db, ["partition", "create", &"z".repeat(200)]).run().code(1);
    contains(&said.stderr, "no table `zzz");
}

#[tokio::test]
async fn errors_of_a_configuration_name_line_and_key() {
    let db = events(["2026-11"]).await;
    let before = fingerprint(&db).await;
    for (config, parts) in [
        (
            "[[partition]]\ntable = \"events\"\nahed = 3\n",
            &["line 3, column 1", "unknown field `ahed`", "did you mean `ahead`?"][..],
        ),
        (
            "[[partition]]\ntable = \"events\"\nkeep = \"0 months\"\n",
            &["read `keep` of table `events`", "keeps nothing"],
        ),
        ("[[partition]]\ntable = \"events\"\nkeep = \"-1 year 360 days\"\n", &["negative"]),
        ("[[partition]]\ntable = \"events\"\nevery = \"fortnight\"\n", &["line 3", "fortnight"]),
        (
            "[[partition]]\ntable = \"events\"\ntimezone = \"Europe/Berln\"\n",
            &["no time zone `Europe/Berln`", "did you mean `Europe/Berlin`?"],
        ),
        ("[[partition]]\ntable = \"events\"\nname = \"{tabel}\"\n", &["no `{tabel}`"]),
        ("[[partition]]\nevery = \"month\"\n", &["missing field `table`"]),
        (
            "[[partition]]\ntable = \"events\"\n[[partition]]\ntable = \"events\"\n",
            &["table `events` is configured twice"],
        ),
        ("[locks]\ntimeout = \"soon\"\n", &["line 2"]),
        ("[[partition]\n", &["line 1"]),
        ("ahead = -1\n", &["line 1"]),
        (
            "[[partition]]\ntable = \"events\"\nahead = -1\n",
            &["line 3", "it should be a whole number, not negative"],
        ),
        ("[[partition]]\ntable = \"events\"\narchive = 7\n", &["line 3", "a folder, or false"]),
        ("[[partition]]\ntable = \"events\"\nproperties = 7\n", &["line 3", "a section of keys"]),
        (
            "[[partition]]\ntable = \"events\"\nahead = 3000000000\n",
            &["read `ahead` of table `events`", "3000000000 is more than 10000"],
        ),
        ("[[partition]]\ntable = \"events\"\nahead = 1000000\n", &["ahead"]),
    ] {
        fs::write(db.home().join("pgtend.toml"), config).unwrap();
        let said = tend(&db, ["partition", "maintain"]).run().code(2);
        for part in parts {
            contains(&said.stderr, part);
        }
        contains(&said.stderr, "pgtend.toml");
    }
    assert_eq!(fingerprint(&db).await, before);
    let said = tend(&db, ["partition", "maintain", "--config", "/no/such/file.toml"]).run().code(2);
    contains(&said.stderr, "read the configuration /no/such/file.toml");
}

#[tokio::test]
async fn what_is_no_configuration_file_is_not_read() {
    let db = events(["2026-11"]).await;
    let (large, link) = (db.home().join("large.toml"), db.home().join("link.toml"));
    fs::File::create(&large).unwrap().set_len(1_000_001).unwrap();
    std::os::unix::fs::symlink("/dev/zero", &link).unwrap();
    for (file, why) in [
        ("/dev/zero", "not a regular file"),
        ("/", "not a regular file"),
        (link.to_str().unwrap(), "not a regular file"),
        (large.to_str().unwrap(), "larger than 1 MB"),
    ] {
        let said = tend(&db, ["partition", "maintain", "--config", file]).run().code(2);
        contains(&said.stderr, &format!("read the configuration {file}\n  caused by: {why}"));
    }
    fs::write(db.home().join("real.toml"), "[[partition]]\ntable = \"events\"\nevery = \"month\"\n").unwrap();
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(db.home().join("real.toml"), &link).unwrap();
    tend(&db, ["partition", "maintain", "--config", link.to_str().unwrap()]).run().success();
}

#[tokio::test]
async fn flags_that_mean_nothing_are_refused() {
    let db = events(["2026-11"]).await;
    for arguments in [
        &["--every", "fortnight"][..],
        &["--ahead", "-1"],
        &["--ahead", "many"],
        &["--timezone", "Mars/Olympus"],
        &["--name", "{table"],
        &["--encoding", "unixtime"],
        &["--now", "yesterday"],
        &["--lock-timeout", "soon"],
        &["--password", "x"],
        &["--format", "xml"],
    ] {
        let said = db.pgtend(["partition", "create", "events"]).args(arguments).run().code(2);
        contains(&said.stderr, "error: ");
    }
}

#[tokio::test]
async fn nobody_to_connect_to() {
    let said = pgtend(["partition", "list", "-d", "postgresql://postgres@/postgres?host=/nonexistent"])
        .run()
        .code(4);
    contains(&said.stderr, "error: connection to server on socket \"/nonexistent/.s.PGSQL.5432\" failed");
    let db = Database::create().await;
    let said = db.pgtend(["partition", "list", "-d", "no_such_database"]).run();
    assert_ne!(said.code, Some(0));
    let url = db.url_as("no_such_role");
    let said = pgtend(["partition", "list", "-d", &url]).run().code(4);
    contains(&said.stderr, "role \"no_such_role\" does not exist");
}

#[tokio::test]
async fn years_at_the_end_of_the_calendar() {
    let db = events([]).await;
    db.batch("create table events_p1 partition of events for values from ('52217-01-01') to ('52217-02-01')")
        .await;
    // A partition that far away is a neighbour like any other.
    tend(&db, ["partition", "create", "events", "--every", "month", "--ahead", "0"]).run().success();
    assert_eq!(names(&db, "events").await, ["events_p1", "events_p2026_11"]);
    let said = tend(&db, ["partition", "list", "events"]).run().success();
    contains(&said.stdout, "52217-01-01");
    let said = tend(&db, ["partition", "check", "events", "--every", "month", "--ahead", "0"]).run().code(3);
    contains(&said.stdout, "no partition from 2026-12-01 00:00:00+00 to 52217-01-01");
    for now in ["9999-12-31T00:00:00Z", "+262142-12-01T00:00:00Z"] {
        let said = db
            .pgtend(["partition", "create", "events", "--every", "year", "--ahead", "3", "--now", now])
            .run();
        assert!(matches!(said.code, Some(0..=2)), "{:?} {}", said.code, said.stderr);
        assert!(!said.stderr.contains("a fault in pgtend"), "{}", said.stderr);
    }
}

#[tokio::test]
async fn a_table_that_goes_while_the_run_waits() {
    let db = events(["2026-11"]).await;
    let other = db.client().await;
    other
        .batch_execute("select pg_advisory_lock(1885826148, 'events'::regclass::oid::integer)")
        .await
        .unwrap();
    let run = tend(&db, ["partition", "create", "events", "--ahead", "1"]).spawn();
    while db.value("select count(*) from pg_stat_activity where application_name = 'pgtend partition create' and query like '%pg_try_advisory_lock%'").await == "0" {}
    db.batch("drop table events").await;
    other.batch_execute("select pg_advisory_unlock_all()").await.unwrap();
    let said = run.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(1));
    contains(&String::from_utf8_lossy(&said.stderr), "public.events is gone");
}
