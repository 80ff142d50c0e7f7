//! Archives: what is dropped can be had back, equal to the last bit; what is damaged is told; nothing is dropped before
//! its archive was read back.
use std::fs;
use std::path::PathBuf;

use super::support::{contains, events, fingerprint, mark, names, tend};
use crate::common::database::Database;

const DROP: [&str; 8] =
    ["partition", "drop", "events", "--keep", "2 months", "--archive", "archive", "--yes"];

/// A partition that is due, with values that are easily lost on the way through a text file.
async fn with_values() -> Database {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch(
        r#"create type mood as enum ('fine', 'so, so', 'a "quoted" one');
           alter table events add n numeric, add price numeric(12, 4), add j jsonb, add a text[], add b bytea, add f float8,
               add r tstzrange, add i interval, add m mood, add "Odd ""Name, " text,
               add double_n numeric generated always as (n * 2) stored;
           insert into events (id, at, note) values (1, '2026-08-01 00:00+00', null), (2, '2026-08-02 00:00+00', '');
           insert into events (id, at, note, n, price, j, a, b, f, r, i, m, "Odd ""Name, ") values
               (3, '2026-08-31 23:59:59.999999+00', E'two\nlines, \\N "quoted" \\. é', 'NaN', 0.1000,
                '{"a": [1, "x\ny", null]}', array['a,b', null, '"', E'\n'], '\x00ff0a22', '1e-310',
                '["2026-01-01 00:00+00","2026-02-01 00:00+00")', '1 month -2 days 03:04:05.678', 'a "quoted" one', E'\\.'),
               (4, '2026-08-15 12:00+00', E'\\.', 123456789012345678901234567890.12345, -1, 'null', '{}', '', 'Infinity',
                'empty', '0', 'so, so', E'\r\n');
           create table before as select * from events where at < '2026-09-01'"#,
    )
    .await;
    db
}

const SAME: &str = "select count(*) from (
    (select row(t.*)::text from %I as t except all select row(b.*)::text from before as b)
    union all
    (select row(b.*)::text from before as b except all select row(t.*)::text from %I as t)) as d";

/// How many rows differ from those that there were.
async fn differing(db: &Database, table: &str) -> String {
    db.value(&SAME.replace("%I", table)).await
}

pub fn manifest(db: &Database) -> PathBuf {
    let folder = db.home().join("archive/public.events");
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

#[tokio::test]
async fn what_is_dropped_can_be_had_back_to_the_last_bit() {
    let db = with_values().await;
    let said = tend(&db, DROP).run().success();
    contains(&said.stderr, "archived 4 rows");
    assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
    assert_eq!(db.value("select to_regclass('events_p2026_08')").await, "");
    let said = tend(&db, ["partition", "archive", "verify", "archive", "--json"]).run().success();
    let row = &said.json()["archives"][0];
    assert_eq!(row["partition"], "public.events_p2026_08");
    assert_eq!((&row["rows"], &row["verified"]), (&4.into(), &true.into()));
    assert_eq!(
        (&row["from"], &row["to"]),
        (&"2026-08-01 00:00:00+00".into(), &"2026-09-01 00:00:00+00".into())
    );

    let manifest = manifest(&db);
    let manifest = manifest.to_str().unwrap();
    let restore = ["partition", "restore", manifest, "--as", "august"];
    tend(&db, restore).run().success();
    assert_eq!(differing(&db, "august").await, "0");
    assert_eq!(names(&db, "events").await.len(), 2);
    assert_eq!(db.value("select obj_description('august'::regclass)").await, "");
    contains(&tend(&db, restore).run().code(1).stderr, "public.august is there already; nothing was changed");

    tend(&db, ["partition", "restore", manifest, "--attach"]).run().success();
    assert_eq!(names(&db, "events").await, ["events_p2026_08", "events_p2026_10", "events_p2026_11"]);
    assert_eq!(differing(&db, "events_p2026_08").await, "0");
    assert_eq!(db.value("select count(*) from pg_constraint where conname = 'pgtend_restore'").await, "0");
    let said = tend(&db, ["partition", "restore", manifest, "--as", "x", "--attach"]).run().code(1);
    contains(&said.stderr, "public.events_p2026_08 covers the archive's range already");
}

#[tokio::test]
async fn the_configuration_names_a_folder_beside_itself() {
    let db = with_values().await;
    fs::create_dir(db.home().join("elsewhere")).unwrap();
    let config = "[[partition]]\ntable = \"events\"\nkeep = \"2 months\"\nahead = 0\narchive = \"archive\"\n";
    fs::write(db.home().join("pgtend.toml"), config).unwrap();
    let maintain = || tend(&db, ["partition", "maintain", "--yes"]).directory(&db.home().join("elsewhere"));
    maintain().run().success();
    assert!(manifest(&db).exists());
    let said = maintain().run().success();
    assert_eq!(said.stderr, "");
    let said = tend(&db, ["partition", "archive", "list"]).run().success();
    contains(&said.stdout, "public.events_p2026_08");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_changes_nothing() {
    let db = with_values().await;
    fs::write(db.home().join("archive"), "a file").unwrap();
    let before = fingerprint(&db).await;
    let said = tend(&db, DROP).run().code(1);
    contains(&said.stderr, "the folder archive");
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn a_damaged_archive_is_told_and_not_restored() {
    let db = with_values().await;
    tend(&db, DROP).run().success();
    let manifest = manifest(&db);
    let file = manifest.with_extension("csv.zst");
    let whole = fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    for damaged in [&whole[..whole.len() - 1], &flipped, &[]] {
        fs::write(&file, damaged).unwrap();
        tend(&db, ["partition", "archive", "verify", "archive"]).run().code(3);
        tend(&db, ["partition", "restore", manifest.to_str().unwrap()]).run().code(1);
    }
    assert_eq!(db.value("select to_regclass('events_p2026_08')").await, "");
    fs::write(&file, &whole).unwrap();
    // The rows are there, and are not those that the manifest promises.
    let text = fs::read_to_string(&manifest).unwrap();
    let at = text.find("\"hash\": \"").unwrap() + 9;
    fs::write(&manifest, format!("{}1{}", &text[..at], &text[at..])).unwrap();
    let said = tend(&db, ["partition", "restore", manifest.to_str().unwrap()]).run().code(1);
    contains(&said.stderr, "the rows that came back are not those of the archive");
    // What is there is empty and known for what it is: with the right manifest the same command makes it anew.
    fs::write(&manifest, text).unwrap();
    db.batch("alter table events add column since text default 'then', add check (since <> '')").await;
    tend(&db, ["partition", "restore", manifest.to_str().unwrap(), "--attach"]).run().success();
    db.batch("alter table events drop column since").await;
    assert_eq!(differing(&db, "events_p2026_08").await, "0");
}

#[tokio::test]
async fn a_table_that_was_detached_and_not_archived_is_archived_by_the_next_run() {
    let db = with_values().await;
    mark(&db, "events_p2026_08", "").await;
    db.batch("alter table events detach partition events_p2026_08").await;
    tend(&db, DROP).run().success();
    assert_eq!(db.value("select to_regclass('events_p2026_08')").await, "");
    tend(&db, ["partition", "restore", manifest(&db).to_str().unwrap()]).run().success();
    assert_eq!(differing(&db, "events_p2026_08").await, "0");
}

#[tokio::test]
async fn an_archive_of_other_rows_is_written_again() {
    let db = with_values().await;
    tend(&db, DROP).run().success();
    // The same table as an earlier run has archived, with one more row: as after a restored base backup.
    let manifest = manifest(&db);
    tend(&db, ["partition", "restore", manifest.to_str().unwrap(), "--attach"]).run().success();
    db.batch("insert into events (id, at) values (5, '2026-08-20')").await;
    let oid = db.value("select 'events_p2026_08'::regclass::oid").await;
    for extension in ["json", "csv.zst"] {
        let moved = manifest.with_file_name(format!("events_p2026_08.{oid}.{extension}"));
        fs::rename(manifest.with_extension(extension), moved).unwrap();
    }
    tend(&db, DROP).run().success();
    let said = tend(&db, ["partition", "archive", "verify", "archive", "--json"]).run().success();
    assert_eq!(said.json()["archives"][0]["rows"], 5);
}

#[tokio::test]
async fn empty_partitions_and_odd_names() {
    let db = Database::create().await;
    db.batch(
        r#"create schema "a/b"; create table "a/b"."../T" (at timestamptz not null) partition by range (at);
           create table "a/b"."p../x" partition of "a/b"."../T" for values from (minvalue) to ('2026-09-01 00:00+00');
           create table "a/b".q partition of "a/b"."../T" for values from ('2026-11-01 00:00+00') to ('2026-12-01 00:00+00')"#,
    )
    .await;
    let drop = ["partition", "drop", r#""a/b"."../T""#, "--keep", "1 month", "--archive", "archive", "--yes"];
    tend(&db, drop).args(["--every", "month"]).run().success();
    let folder = db.home().join("archive/a%2Fb.%2E%2E%2FT");
    let entry =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).find(|p| p.extension().unwrap() == "json");
    let restore =
        ["partition", "restore", entry.as_ref().unwrap().to_str().unwrap(), "--attach", "--every", "month"];
    tend(&db, restore).run().success();
    assert_eq!(names(&db, r#""a/b"."../T""#).await, ["p../x", "q"]);
}

#[tokio::test]
async fn a_dry_run_shows_the_step_and_makes_no_folder() {
    let db = with_values().await;
    let said = tend(&db, DROP).args(["--dry-run"]).run().success();
    contains(&said.stdout, "archive public.events_p2026_08");
    contains(&said.stdout, "to stdout (format csv, header true, encoding 'UTF8');");
    contains(&said.stdout, "once it is archived in archive");
    assert!(!db.home().join("archive").exists());
}
