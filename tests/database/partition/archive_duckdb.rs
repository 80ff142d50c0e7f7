//! Archives in Parquet, read by a program that knows nothing of pgtend: DuckDB sees the types that were meant, and every
//! value as the server has it.
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::archive_parquet::{DROP, with_values};
use super::support::tend;
use crate::common::database::Database;

/// Where `./x test` puts it.
const FETCHED: &str = "target/duckdb/duckdb_cli/duckdb";

fn program() -> PathBuf {
    let on_path =
        env::var_os("PATH").into_iter().flat_map(|path| env::split_paths(&path).collect::<Vec<_>>());
    let fetched = Path::new(env!("CARGO_MANIFEST_DIR")).join(FETCHED);
    let mut known = on_path.map(|folder| folder.join("duckdb")).chain([fetched]);
    known.find(|program| program.is_file()).expect(
        "no DuckDB to read Parquet with: ./x test fetches it, or \
         `python3 -m pip install --no-deps --target target/duckdb duckdb-cli`",
    )
}

/// The rows of a query, as JSON.
fn ask(db: &Database, query: &str) -> Value {
    let asked = Command::new(program()).args(["-json", "-c", query]).current_dir(db.home()).output().unwrap();
    assert!(asked.status.success(), "{}\n{query}", String::from_utf8_lossy(&asked.stderr));
    serde_json::from_slice(&asked.stdout).unwrap_or_else(|error| panic!("{error}\n{query}"))
}

const ARCHIVE: &str = "read_parquet('archive/public.events/**/*.parquet', hive_partitioning = true)";

#[tokio::test]
async fn another_reader_sees_the_types_that_were_meant() {
    let db = with_values().await;
    tend(&db, DROP).run().success();
    let types = ask(&db, &format!("select column_name, column_type from (describe select * from {ARCHIVE})"));
    let seen = |column: &str| {
        let row = types.as_array().unwrap().iter().find(|row| row["column_name"] == column).unwrap();
        row["column_type"].as_str().unwrap().to_owned()
    };
    for (column, expected) in [
        ("id", "BIGINT"),
        ("at", "TIMESTAMP WITH TIME ZONE"),
        ("note", "VARCHAR"),
        ("b", "BOOLEAN"),
        ("i2", "SMALLINT"),
        ("i4", "INTEGER"),
        ("f4", "FLOAT"),
        ("f8", "DOUBLE"),
        ("n", "VARCHAR"),
        ("n9", "DECIMAL(9,2)"),
        ("n18", "DECIMAL(18,0)"),
        ("n38", "DECIMAL(38,10)"),
        ("ps", "DECIMAL(12,4)[]"),
        ("by", "BLOB"),
        ("u", "VARCHAR"),
        ("d", "DATE"),
        ("ts", "TIMESTAMP"),
        ("jb", "JSON"),
        ("a4", "INTEGER[]"),
        ("at_", "VARCHAR[]"),
        ("az", "TIMESTAMP WITH TIME ZONE[]"),
        ("iv", "VARCHAR"),
        ("year", "BIGINT"),
        ("month", "BIGINT"),
    ] {
        assert_eq!(seen(column), expected, "{column}");
    }
}

/// Times as numbers and lists as JSON, so that neither program's taste for text comes in between.
const READ: &str = r#"
select id, epoch_us("at") as "at", note, b, i2, i4, f4::varchar as f4, f8::varchar as f8, n, n9::varchar as n9, n18::varchar as n18,
       n38::varchar as n38, p::varchar as p, to_json(ps)::varchar as ps, v, c, hex("by") as "by", u, d - date '1970-01-01' as d,
       epoch_us(ts) as ts, epoch_us(ts0) as ts0, j::varchar as j, jb::varchar as jb, m, to_json(a4)::varchar as a4, to_json(at_)::varchar as at_,
       to_json("an")::varchar as "an", to_json(am)::varchar as am, to_json(list_transform(az, lambda x: epoch_us(x)))::varchar as az,
       r, iv, ip, t, iva, "Odd ""Name, " as "odd", year, month
from "#;

const DIFFERING: &str = r#"
select count(*), string_agg(b.id::text, ' ') filter (where row(
    d.at, d.note, d.b, d.i2, d.i4, d.f4::float4, d.f8::float8, d.n, d.n9, d.n18, d.n38, d.p, d.ps::jsonb, d.v, d.c, d.by, d.u, d.d, d.ts, d.ts0,
    d.j, d.jb::jsonb, d.m, d.a4::jsonb, d.at_::jsonb, d.an::jsonb, d.am::jsonb, d.az::jsonb, d.r, d.iv, d.ip, d.t, d.iva, d.odd, d.year, d.month)
is distinct from row(
    us(b.at), b.note, b.b, b.i2, b.i4, b.f4, b.f8, b.n::text, b.n9::text, b.n18::text, b.n38::text, b.p::text, to_jsonb(b.ps), b.v::text, bpcharout(b.c)::text,
    upper(encode(b.by, 'hex')), b.u, b.d - date '1970-01-01', us(b.ts at time zone 'UTC'), us(b.ts0),
    b.j::text, b.jb, b.m::text, to_jsonb(b.a4), to_jsonb(b.at_), to_jsonb(b.an), to_jsonb(b.am),
    case when b.az is not null then coalesce((select jsonb_agg(us(z) order by place) from unnest(b.az) with ordinality as e (z, place)), '[]') end,
    b.r::text, b.iv::text, inet_out(b.ip)::text, b.t::text, b.iva::text, b."Odd ""Name, ", 2026, 8))
from before as b
join jsonb_to_recordset($1::jsonb) as d (id bigint, at bigint, note text, b boolean, i2 smallint, i4 integer, f4 text, f8 text, n text, n9 text,
    n18 text, n38 text, p text, ps text, v text, c text, by text, u uuid, d integer, ts bigint, ts0 bigint, j text, jb text, m text, a4 text, at_ text,
    an text, am text, az text, r text, iv text, ip text, t text, iva text, odd text, year integer, month integer) using (id)"#;

#[tokio::test]
async fn another_reader_sees_every_value_as_the_server_has_it() {
    let db = with_values().await;
    db.batch(
        "create function us(at timestamptz) returns bigint immutable language sql as $$ select (extract(epoch from at) * 1000000)::bigint $$",
    )
    .await;
    // And rows enough for several pages of each column.
    db.batch(
        r#"insert into events (id, at, note, n38, jb, at_, by, ts)
               select g, timestamptz '2026-08-02Z' + g * interval '1 minute', case g % 7 when 0 then null else repeat(E'"x"\n', g % 5) || g end,
                      g * 0.0000000001, jsonb_build_object('g', g), case g % 3 when 0 then null else array[g::text, null, E'\\'] end,
                      decode(md5(g::text), 'hex'), timestamp '1901-01-01' + g * interval '1 hour 1 microsecond'
               from generate_series(10, 25000) as g;
           drop table before; create table before as select * from events where at < '2026-09-01'"#,
    )
    .await;
    tend(&db, DROP).run().success();
    let rows = ask(&db, &format!("{READ}{ARCHIVE}"));
    let client = db.client().await;
    client
        .batch_execute("set timezone = 'UTC'; set datestyle = 'ISO'; set intervalstyle = 'postgres'")
        .await
        .unwrap();
    let told = client.query_one(DIFFERING, &[&rows]).await.unwrap();
    let before: i64 = db.value("select count(*) from before").await.parse().unwrap();
    assert_eq!((told.get::<_, i64>(0), told.get::<_, Option<&str>>(1)), (before, None));
    // A month that is asked for by its folder is found by it.
    let count =
        ask(&db, &format!("select count(*)::integer as n from {ARCHIVE} where year = 2026 and month = 8"));
    assert_eq!(count[0]["n"], before);
}
