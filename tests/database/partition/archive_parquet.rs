//! Archives in Parquet: every value comes back, a type that cannot hold a column's values gives way to text, files lie in
//! folders of their period, and what is damaged is told.
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::support::{contains, events, names, tend};
use crate::common::database::Database;

pub const DROP: [&str; 10] = [
    "partition",
    "drop",
    "events",
    "--keep",
    "2 months",
    "--archive",
    "archive",
    "--archive-format",
    "parquet",
    "--yes",
];

/// `events` with a column of each type that Parquet knows and of some that it does not, `before` with the rows of August.
pub async fn with_values() -> Database {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch(
        r#"create type mood as enum ('fine', 'so, so', 'a "quoted" one');
           create domain price as numeric(12, 4);
           create domain prices as price[];
           alter table events add b boolean, add i2 smallint, add i4 integer, add f4 real, add f8 double precision, add n numeric,
               add n9 numeric(9, 2), add n18 numeric(18, 0), add n38 numeric(38, 10), add p price, add ps prices, add v varchar(9), add c char(5),
               add by bytea, add u uuid, add d date, add ts timestamp, add ts0 timestamptz(0), add j json, add jb jsonb, add m mood,
               add a4 integer[], add at_ text[], add an numeric(6, 3)[], add am mood[], add az timestamptz[], add r tstzrange, add iv interval,
               add ip inet, add t time, add iva interval[], add "Odd ""Name, " text, add double_id bigint generated always as (id * 2) stored;
           insert into events (id, at, note) values (1, '2026-08-01 00:00+00', null), (2, '2026-08-02 00:00+00', '');
           insert into events values
               (3, '2026-08-31 23:59:59.999999+00', E'two\nlines, \\N "quoted" \\. é', true, -32768, 2147483647, 0.1, 1e-310, 12345678901234567890.50,
                -1234567.89, 999999999999999999, -1234567890123456789012345678.0123456789, 0.1000, array[1.5, null, -2]::prices, 'a"b', 'xy', '\x00ff0a22',
                '0190f3b0-7e8a-7c3d-9f00-0123456789ab', '0044-03-15 BC', '2026-08-31 23:59:59.5', '2026-08-31 23:59:59+05:30', '{"b": 1,  "a":2}',
                '{"a": [1, "x\ny", null], "e": "é"}', 'a "quoted" one', array[1, null, -3], array['a,b', null, '"', E'\n', '', 'NULL', '{}', E'\\'],
                array[0.001, null], array['fine', 'so, so']::mood[], array['2026-08-31 00:00+00', null]::timestamptz[], '["2026-01-01 00:00+00",)',
                '1 month -2 days 03:04:05.678', '10.0.0.1/8', '24:00:00', array['1 day']::interval[], E'\\.'),
               (4, '2026-08-15 12:00+00', E'\\.', false, 0, -1, 'Infinity', 'NaN', 'NaN', 0, 0, 0, -1, '{}', '', '', '', '00000000-0000-0000-0000-000000000000',
                '2026-02-28', '0001-01-01 00:00', '1969-12-31 23:59:59+00', 'null', 'null', 'fine', '{}', '{}', '{}', '{}', '{}', 'empty', '0', '::1', '00:00',
                '{}', E'\r\n');
           create table before as select * from events where at < '2026-09-01'"#,
    )
    .await;
    db
}

/// How many rows differ from those that there were.
async fn differing(db: &Database, table: &str) -> String {
    db.value(&format!(
        "select count(*) from (
             (select row(t.*)::text from {table} as t except all select row(b.*)::text from before as b)
             union all
             (select row(b.*)::text from before as b except all select row(t.*)::text from {table} as t)) as d"
    ))
    .await
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

/// The one file of this ending, and its path below the archive's folder.
pub fn only(db: &Database, ending: &str) -> (PathBuf, String) {
    let folder = db.home().join("archive");
    let mut found = below(&folder);
    found.retain(|path| path.to_str().unwrap().ends_with(ending));
    assert_eq!(found.len(), 1, "{found:?}");
    let path = found.remove(0);
    let below = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
    (path, below)
}

fn manifest(db: &Database) -> (PathBuf, Value) {
    let (path, _) = only(db, ".json");
    let text = fs::read_to_string(&path).unwrap();
    (path, serde_json::from_str(&text).unwrap())
}

/// What a column is in the file.
fn stored(manifest: &Value, column: &str) -> String {
    let columns = manifest["columns"].as_array().unwrap();
    let column = columns.iter().find(|known| known["name"] == column).unwrap();
    column["stored"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_dropped_can_be_had_back_to_the_last_bit() {
    let db = with_values().await;
    let said = tend(&db, DROP).run().success();
    contains(&said.stderr, "archived 4 rows");
    assert!(!said.stderr.contains("archived as text"), "{}", said.stderr);
    assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
    let said = tend(&db, ["partition", "archive", "verify", "archive", "--json"]).run().success();
    let row = &said.json()["archives"][0];
    assert_eq!(
        (&row["rows"], &row["verified"], &row["format"]),
        (&4.into(), &true.into(), &"parquet".into())
    );

    let (path, _) = only(&db, ".json");
    let restore = ["partition", "restore", path.to_str().unwrap()];
    tend(&db, restore).args(["--as", "august"]).run().success();
    assert_eq!(differing(&db, "august").await, "0");
    tend(&db, restore).args(["--attach"]).run().success();
    assert_eq!(names(&db, "events").await, ["events_p2026_08", "events_p2026_10", "events_p2026_11"]);
    assert_eq!(differing(&db, "events_p2026_08").await, "0");
}

#[tokio::test]
async fn the_manifest_says_what_lies_where() {
    let db = with_values().await;
    tend(&db, DROP).run().success();
    let (path, manifest) = manifest(&db);
    let (_, file) = only(&db, ".parquet");
    let oid = &manifest["oid"];
    assert_eq!(file, format!("public.events/year=2026/month=8/events_p2026_08.{oid}.parquet"));
    assert!(path.ends_with(format!("year=2026/month=8/_events_p2026_08.{oid}.json")), "{path:?}");
    assert_eq!((&manifest["format"], &manifest["timezone"]), (&"parquet".into(), &"UTC".into()));
    for (column, expected) in [
        ("id", "INT64"),
        ("at", "TIMESTAMP(true, MICROS)"),
        ("b", "BOOLEAN"),
        ("i2", "INT(16, true)"),
        ("f4", "FLOAT"),
        ("n", "STRING"),
        ("n38", "DECIMAL(38, 10)"),
        ("p", "DECIMAL(12, 4)"),
        ("ps", "LIST<DECIMAL(12, 4)>"),
        ("by", "BYTE_ARRAY"),
        ("u", "STRING"),
        ("d", "DATE"),
        ("ts", "TIMESTAMP(false, MICROS)"),
        ("jb", "JSON"),
        ("am", "LIST<STRING>"),
        ("r", "STRING"),
        ("iva", "STRING"),
    ] {
        assert_eq!(stored(&manifest, column), expected, "{column}");
    }
    // The statement makes a table that takes the rows.
    let ddl = manifest["ddl"].as_str().unwrap();
    db.batch(&format!("{ddl}; insert into events_p2026_08 select {} from before", columns(&manifest))).await;
}

fn columns(manifest: &Value) -> String {
    let columns = manifest["columns"].as_array().unwrap().iter();
    let quoted =
        columns.map(|column| format!("\"{}\"", column["name"].as_str().unwrap().replace('"', "\"\"")));
    quoted.collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn a_type_that_cannot_hold_every_value_gives_way() {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch(
        "alter table events add d date, add far date, add ts timestamptz, add late timestamp, add n numeric(5, 2), add grid integer[],
             add from_zero integer[], add kept date, add kept_list integer[];
         insert into events select g, timestamptz '2026-08-02Z' + g * interval '1 minute', 'x', '2026-01-01', '2026-01-01', '2026-01-01', '2026-01-01',
                                   1.25, '{1}', '{1}', '2026-01-01', '{1}' from generate_series(1, 2000) as g;
         update events set d = 'infinity' where id = 1000; update events set far = '5874897-12-31' where id = 1001;
         update events set ts = '-infinity' where id = 1002; update events set late = '294276-12-31 23:59:59.999999' where id = 1003;
         update events set n = 'NaN' where id = 1004; update events set grid = '{{1,2},{3,4}}' where id = 1005;
         update events set from_zero = '[0:1]={1,2}' where id = 1006;
         create table before as select * from events",
    )
    .await;
    let said = tend(&db, DROP).run().success();
    let of_text = ["d", "far", "ts", "late", "n", "grid", "from_zero"];
    for (column, told) in of_text.iter().zip([
        "no DATE holds 'infinity'",
        "no DATE holds '5874897-12-31'",
        "no TIMESTAMP(true, MICROS) holds '-infinity'",
        "no TIMESTAMP(false, MICROS) holds '294276-12-31 23:59:59.999999'",
        "no DECIMAL(5, 2) holds 'NaN'",
        "no LIST<INT32> holds '{{1,2},{3,4}}'",
        "no LIST<INT32> holds '[0:1]={1,2}'",
    ]) {
        contains(&said.stderr, &format!("column {column} is archived as text: {told}"));
    }
    let (path, manifest) = manifest(&db);
    for column in of_text {
        assert_eq!(stored(&manifest, column), "STRING", "{column}");
    }
    assert_eq!(
        (stored(&manifest, "kept"), stored(&manifest, "kept_list")),
        ("DATE".into(), "LIST<INT32>".into())
    );
    tend(&db, ["partition", "restore", path.to_str().unwrap(), "--as", "august"]).run().success();
    assert_eq!(differing(&db, "august").await, "0");
}

#[tokio::test]
async fn numbers_are_written_as_the_server_writes_them() {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    // Any bits at all, and large whole numbers, whose shortest form is a matter of taste.
    db.batch(
        "alter table events add f4 real, add f8 double precision, add w4 real, add w8 double precision;
         create function single(bits bigint) returns real immutable language sql as
             $$ select case when (bits >> 23) & 255 = 255 then 'NaN'
                       else (1 + (bits & 8388607)::float8 / 8388608) * 2::float8 ^ (((bits >> 23) & 255) - 127) end::real $$;
         select setseed(0.5);
         insert into events (id, at, f4, f8, w4, w8)
             select g, timestamptz '2026-08-02Z' + g * interval '1 second', single((random() * 2130706432)::bigint),
                    (random() - 0.5) * 2::float8 ^ (random() * 1900 - 900)::int, (random() * 2::float8 ^ (24 + g % 80))::real,
                    trunc(random() * 2::float8 ^ (50 + g % 70))
             from generate_series(1, 20000) as g;
         insert into events (id, at, f8, w4, w8) select 30000 + g, '2026-08-02Z', 2::float8 ^ (g * 5 - 1000), (2::float8 ^ (g / 4))::real, 1e23
             from generate_series(1, 400) as g;
         create table before as select * from events",
    )
    .await;
    let said = tend(&db, DROP).run().success();
    assert!(!said.stderr.contains("archived as text"), "{}", said.stderr);
    let (path, manifest) = manifest(&db);
    assert_eq!([stored(&manifest, "w4"), stored(&manifest, "w8")], ["FLOAT", "DOUBLE"]);
    tend(&db, ["partition", "restore", path.to_str().unwrap(), "--as", "august"]).run().success();
    assert_eq!(differing(&db, "august").await, "0");
}

#[tokio::test]
async fn a_damaged_archive_is_told_and_not_restored() {
    let db = with_values().await;
    tend(&db, DROP).run().success();
    let ((manifest, _), (file, _)) = (manifest(&db), only(&db, ".parquet"));
    let whole = fs::read(&file).unwrap();
    let mut flipped = whole.clone();
    flipped[whole.len() / 3] ^= 1;
    for damaged in [&whole[..whole.len() - 1], &flipped, &[]] {
        fs::write(&file, damaged).unwrap();
        let said = tend(&db, ["partition", "archive", "verify", "archive", "--json"]).run().code(3);
        contains(said.json()["archives"][0]["error"].as_str().unwrap(), "read the archive");
        tend(&db, ["partition", "restore", manifest.to_str().unwrap()]).run().code(1);
    }
    assert_eq!(db.value("select to_regclass('events_p2026_08')").await, "");
    // A file and a manifest that agree, and are of other rows.
    fs::write(&file, &whole).unwrap();
    let text = fs::read_to_string(&manifest).unwrap();
    let at = text.find("\"csv_sha256\": \"").unwrap() + 15;
    fs::write(&manifest, format!("{}{}{}", &text[..at], "0".repeat(64), &text[at + 64..])).unwrap();
    let said = tend(&db, ["partition", "archive", "verify", "archive", "--json"]).run().code(3);
    contains(said.json()["archives"][0]["error"].as_str().unwrap(), "another SHA-256 of the CSV");
}

#[tokio::test]
async fn folders_say_what_is_true_of_every_row_in_them() {
    let db = Database::create().await;
    db.batch(
        "create table readings (at date not null, \"Month\" int) partition by range (at);
         create table r0 partition of readings for values from (minvalue) to ('2026-05-01');
         create table r1 partition of readings for values from ('2026-05-01') to ('2026-07-01');
         create table r2 partition of readings for values from ('2026-07-01') to ('2026-08-01');
         create table r3 partition of readings for values from ('2026-11-01') to ('2026-12-01');
         insert into readings select '2026-04-20'::date + g, g from generate_series(0, 100) as g",
    )
    .await;
    let drop = ["partition", "drop", "readings", "--keep", "1 month", "--every", "month", "--yes"];
    let said = tend(&db, drop).args(["--archive", "archive", "--archive-format", "parquet"]).run().success();
    contains(&said.stderr, "r2");
    let mut folders: Vec<String> = below(&db.home().join("archive"))
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "parquet"))
        .map(|path| {
            path.parent().unwrap().strip_prefix(db.home().join("archive")).unwrap().display().to_string()
        })
        .collect();
    folders.sort();
    // A column has the name of a folder's key already; and a period that is longer than a month is of no month.
    let none = "__HIVE_DEFAULT_PARTITION__";
    assert_eq!(
        folders,
        [
            "public.readings/partition_year=2026/partition_month=7".to_owned(),
            format!("public.readings/partition_year=2026/partition_month={none}"),
            format!("public.readings/partition_year={none}/partition_month={none}"),
        ]
    );
}

#[tokio::test]
async fn every_period_has_its_folders() {
    for (every, from, to, now, expected) in [
        (
            "hour",
            "2026-08-05 07:00Z",
            "2026-08-05 08:00Z",
            "2026-08-05T12:00:00Z",
            "year=2026/month=8/day=5/hour=7",
        ),
        ("day", "2026-08-05 00:00Z", "2026-08-06 00:00Z", "2026-08-09T12:00:00Z", "year=2026/month=8/day=5"),
        ("week", "2024-12-30 00:00Z", "2025-01-06 00:00Z", "2025-03-09T12:00:00Z", "iso_year=2025/week=1"),
        ("quarter", "2026-04-01 00:00Z", "2026-07-01 00:00Z", "2027-03-09T12:00:00Z", "year=2026/quarter=2"),
        ("year", "2024-01-01 00:00Z", "2025-01-01 00:00Z", "2026-03-09T12:00:00Z", "year=2024"),
    ] {
        let db = Database::create().await;
        db.batch(&format!(
            "create table events (at timestamptz not null) partition by range (at);
             create table one partition of events for values from ('{from}') to ('{to}');
             create table rest partition of events for values from ('2030-01-01Z') to ('2031-01-01Z');
             insert into events values ('{from}')"
        ))
        .await;
        let drop =
            ["partition", "drop", "events", "--keep", "1 hour", "--every", every, "--yes", "--now", now];
        db.pgtend(drop).args(["--archive", "archive", "--archive-format", "parquet"]).run().success();
        contains(&only(&db, ".parquet").1, &format!("public.events/{expected}/one."));
    }
}

#[tokio::test]
async fn the_configuration_names_the_format_and_a_program_keeps_the_file() {
    let db = with_values().await;
    super::archive_command::store(&db, super::archive_command::KEEPS);
    let config = "[[partition]]\ntable = \"events\"\nkeep = \"2 months\"\nahead = 0\narchive = { command = \"./keep\" }\n\
                  archive_format = \"parquet\"\n";
    fs::write(db.home().join("pgtend.toml"), config).unwrap();
    let said = tend(&db, ["partition", "maintain", "--yes"]).run().success();
    contains(&said.stderr, "archived 4 rows");
    let store = db.home().join("store");
    let manifest =
        below(&store).into_iter().find(|path| path.extension().is_some_and(|e| e == "json")).unwrap();
    let name = manifest.strip_prefix(&store).unwrap().to_str().unwrap();
    let verify = ["partition", "archive", "verify", name, "--archive-command", "./keep"];
    tend(&db, verify).run().success();
    tend(&db, ["partition", "restore", name, "--attach", "--archive-command", "./keep"]).run().success();
    assert_eq!(differing(&db, "events_p2026_08").await, "0");
    fs::write(db.home().join("pgtend.toml"), config.replace("parquet", "orc")).unwrap();
    contains(
        &tend(&db, ["partition", "maintain", "--yes"]).run().code(2).stderr,
        "it should be `csv` or `parquet`",
    );
}

#[tokio::test]
async fn what_other_tables_refer_to_is_set_aside_and_archived() {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch(
        "alter table events add primary key (id, at);
         create table orders (id bigint, at timestamptz, foreign key (id, at) references events on delete cascade);
         insert into events select g, timestamptz '2026-08-02Z' + g * interval '1 minute', 'note' from generate_series(1, 300) as g;
         insert into orders select id, at from events where id < 10;
         create table before as select * from events",
    )
    .await;
    tend(&db, DROP).run().success();
    let (path, file) = only(&db, ".json");
    contains(&file, "public.events/year=2026/month=8/_events_p2026_08.");
    tend(&db, ["partition", "restore", path.to_str().unwrap(), "--as", "august"]).run().success();
    assert_eq!(differing(&db, "august").await, "0");
}

#[tokio::test]
async fn an_empty_partition_has_a_file_too() {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    tend(&db, DROP).run().success();
    let (path, _) = only(&db, ".json");
    tend(&db, ["partition", "restore", path.to_str().unwrap(), "--attach"]).run().success();
    assert_eq!(db.value("select count(*) from events_p2026_08").await, "0");
}
