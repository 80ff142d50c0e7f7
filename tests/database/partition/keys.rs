//! What the first key column may hold, and which tables are refused.
use super::support::{at, contains, fingerprint, names, partitions, tend};
use crate::common::database::Database;

async fn table(definition: &str) -> Database {
    let db = Database::create().await;
    db.batch(&format!("create table t {definition}")).await;
    db
}

/// The bounds of the one partition that is made for November.
async fn november(db: &Database, more: &[&str]) -> String {
    let arguments = ["partition", "create", "t", "--every", "month", "--ahead", "0"];
    tend(db, arguments).args(more).run().success();
    let partitions = partitions(db, "t").await;
    partitions.last().unwrap().split_once(' ').unwrap().1.to_owned()
}

#[tokio::test]
async fn dates_and_timestamps() {
    for (kind, bounds) in [
        ("date", "2026-11-01 2026-12-01"),
        ("timestamp", "2026-11-01 00:00:00 2026-12-01 00:00:00"),
        ("timestamp(0)", "2026-11-01 00:00:00 2026-12-01 00:00:00"),
        ("timestamptz", "2026-11-01 00:00:00+00 2026-12-01 00:00:00+00"),
        ("timestamptz(3)", "2026-11-01 00:00:00+00 2026-12-01 00:00:00+00"),
    ] {
        let db = table(&format!("(k {kind}) partition by range (k)")).await;
        assert_eq!(november(&db, &[]).await, bounds, "{kind}");
    }
}

#[tokio::test]
async fn seconds_and_milliseconds_as_told() {
    for (kind, encoding, bounds) in [
        ("bigint", "epoch-ms", "1793491200000 1796083200000"),
        ("bigint", "epoch-s", "1793491200 1796083200"),
        ("integer", "epoch-s", "1793491200 1796083200"),
    ] {
        let db = table(&format!("(k {kind}) partition by range (k)")).await;
        assert_eq!(november(&db, &["--encoding", encoding]).await, bounds);
        // The server agrees on what the numbers mean.
        let first = bounds.split(' ').next().unwrap();
        let divisor = if encoding == "epoch-ms" { 1000 } else { 1 };
        assert_eq!(
            db.value(&format!("select to_timestamp({first}::bigint / {divisor}) at time zone 'UTC'")).await,
            "2026-11-01 00:00:00"
        );
    }
}

#[tokio::test]
async fn seconds_and_milliseconds_read_off_the_bounds() {
    for (october, bounds) in [
        ("(1790812800000) to (1793491200000)", "1793491200000 1796083200000"),
        ("(1790812800) to (1793491200)", "1793491200 1796083200"),
    ] {
        let db = table("(k bigint) partition by range (k)").await;
        db.batch(&format!("create table t_a partition of t for values from {october}")).await;
        tend(&db, ["partition", "create", "t", "--ahead", "0"]).run().success();
        assert_eq!(partitions(&db, "t").await[1], format!("t_p2026_11 {bounds}"));
    }
}

#[tokio::test]
async fn numbers_that_are_no_times_are_not_taken_for_times() {
    let db = table("(k bigint) partition by range (k)").await;
    db.batch("create table t_a partition of t for values from (0) to (1000000)").await;
    let before = fingerprint(&db).await;
    let said = tend(&db, ["partition", "create", "t", "--every", "month"]).run().code(1);
    contains(&said.stderr, "its partitions do not tell how times are kept in it");
    contains(&said.stderr, "hint: say it with --encoding, or `encoding` in pgtend.toml: epoch-s, epoch-ms");
    assert_eq!(fingerprint(&db).await, before);
    let said =
        tend(&db, ["partition", "create", "t", "--every", "month", "--encoding", "uuidv7"]).run().code(1);
    contains(&said.stderr, "a column of type bigint cannot hold `uuidv7`");
}

#[tokio::test]
async fn seconds_end_in_2038_where_the_integer_does() {
    let db = table("(k integer) partition by range (k)").await;
    let said = at(
        &db,
        "2037-12-15T00:00:00Z",
        ["partition", "create", "t", "--every", "month", "--encoding", "epoch-s", "--ahead", "2"],
    )
    .run();
    contains(&said.code(1).stderr, "out of range for type integer");
    assert_eq!(db.value("select count(*) from pg_class where relname like 't\\_p%'").await, "0");
}

#[tokio::test]
async fn uuids_of_version_7() {
    let db = table("(k uuid) partition by range (k)").await;
    assert_eq!(
        november(&db, &["--encoding", "uuidv7"]).await,
        format!(
            "{}-0000-0000-000000000000 {}-0000-0000-000000000000",
            uuid(1_793_491_200_000),
            uuid(1_796_083_200_000)
        )
    );
    // The first and the last of the month go into it.
    let (first, last) = (uuid(1_793_491_200_000), uuid(1_796_083_199_999));
    db.batch(&format!(
        "insert into t values ('{first}-7000-8000-000000000000'), ('{last}-7fff-bfff-ffffffffffff')"
    ))
    .await;
    tend(&db, ["partition", "create", "t", "--ahead", "1"]).run().success();
    assert_eq!(names(&db, "t").await, ["t_p2026_11", "t_p2026_12"]);
}

fn uuid(milliseconds: u64) -> String {
    let hex = format!("{milliseconds:012x}");
    format!("{}-{}", &hex[..8], &hex[8..])
}

#[tokio::test]
async fn ulids_and_ksuids_where_the_collation_keeps_their_order() {
    let db = table("(k text collate \"C\") partition by range (k)").await;
    let bounds = november(&db, &["--encoding", "ulid"]).await;
    let (from, to) = bounds.split_once(' ').unwrap();
    assert!(from.len() == 26 && to.len() == 26 && from < to, "{bounds}");
    tend(&db, ["partition", "create", "t", "--ahead", "1"]).run().success();
    assert_eq!(names(&db, "t").await, ["t_p2026_11", "t_p2026_12"]);

    let db = table("(k varchar(27) collate \"C\") partition by range (k)").await;
    let bounds = november(&db, &["--encoding", "ksuid"]).await;
    let (from, to) = bounds.split_once(' ').unwrap();
    assert!(from.len() == 27 && to.len() == 27 && from < to, "{bounds}");
    tend(&db, ["partition", "create", "t", "--ahead", "1"]).run().success();
    assert_eq!(names(&db, "t").await, ["t_p2026_11", "t_p2026_12"]);
}

#[tokio::test]
async fn a_collation_that_mixes_the_digits_is_refused() {
    let db = Database::create().await;
    let mixing = collation_that_mixes(&db).await.unwrap_or_else(|| "\"C\"".to_owned());
    db.batch(&format!("create table t (k text collate {mixing}) partition by range (k)")).await;
    let said = tend(&db, ["partition", "create", "t", "--every", "month", "--encoding", "ksuid"]).run();
    if mixing == "\"C\"" {
        // Nothing can mix in this build, and nothing may be refused.
        said.success();
        return;
    }
    contains(&said.code(1).stderr, "does not keep the order of the encoding; ranges would mix the months");
    assert_eq!(names(&db, "t").await, [""; 0]);
}

/// Which collations there are, and which of them work, is for the server's build and its machine to say.
async fn collation_that_mixes(db: &Database) -> Option<String> {
    let candidates = db
        .value(
            "select string_agg(quote_ident(collname), E'\\n' order by collname = 'en-x-icu' desc, collname)
             from pg_collation where collprovider in ('i', 'c') and collencoding in (-1, 6)
                 and collname in ('en-x-icu', 'de-x-icu', 'en_US.utf8', 'en_US', 'de_DE.utf8')",
        )
        .await;
    let client = db.client().await;
    for collation in candidates.lines() {
        let mixes = client.query_one(&format!("select 'a' < 'B' collate {collation}"), &[]).await;
        if mixes.is_ok_and(|row| row.get(0)) {
            return Some(collation.to_owned());
        }
    }
    None
}

#[tokio::test]
async fn two_and_three_columns_of_which_the_first_is_the_time() {
    let db = table("(k timestamptz, tenant int, region text) partition by range (k, tenant)").await;
    assert_eq!(november(&db, &[]).await, "2026-11-01 00:00:00+00, MINVALUE 2026-12-01 00:00:00+00, MINVALUE");
    db.batch("insert into t values ('2026-11-01', -2147483648), ('2026-11-30 23:59:59.999999', 2147483647)")
        .await;
    tend(&db, ["partition", "create", "t", "--ahead", "1"]).run().success();
    assert_eq!(names(&db, "t").await, ["t_p2026_11", "t_p2026_12"]);

    let db = table("(k date, tenant int, region text) partition by range (k, tenant, region)").await;
    assert_eq!(november(&db, &[]).await, "2026-11-01, MINVALUE, MINVALUE 2026-12-01, MINVALUE, MINVALUE");
    db.batch("insert into t values ('2026-11-01', 1, 'a')").await;
    tend(&db, ["partition", "drop", "t", "--keep", "1 month", "--no-archive", "--yes"]).run().success();
    tend(&db, ["partition", "check", "t", "--ahead", "0"]).run().success();
}

#[tokio::test]
async fn bounds_that_say_more_than_a_time_are_left_alone() {
    let db = table("(k date, tenant int) partition by range (k, tenant)").await;
    db.batch("create table t_a partition of t for values from ('2026-11-01', 5) to ('2026-12-01', 5)").await;
    let said = tend(&db, ["partition", "create", "t", "--every", "month"]).run().code(1);
    contains(&said.stderr, "a bound says more than a time");
}

#[tokio::test]
async fn a_domain_is_what_it_is_made_of() {
    let db = Database::create().await;
    db.batch(
        "create domain moment as timestamptz not null; create domain instant as moment;
         create table t (k moment) partition by range (k); create table u (k instant) partition by range (k)",
    )
    .await;
    assert_eq!(november(&db, &[]).await, "2026-11-01 00:00:00+00 2026-12-01 00:00:00+00");
    tend(&db, ["partition", "create", "u", "--every", "month"]).run().success();
    assert_eq!(names(&db, "u").await.len(), 4);
}

#[tokio::test]
async fn a_column_named_as_it_likes() {
    let db = table(r#"("createdAt" timestamptz, "group" int) partition by range ("createdAt")"#).await;
    db.batch(r#"create table t_default partition of t default; insert into t values ('2020-01-01', 1)"#)
        .await;
    november(&db, &["--by", "createdAt"]).await;
    let said = tend(&db, ["partition", "create", "t", "--by", "created_at"]).run().code(1);
    contains(&said.stderr, r#"it is partitioned by "createdAt", not by "created_at" as configured"#);
}

#[tokio::test]
async fn what_pgtend_cannot_tend_is_refused_with_the_reason_and_listed() {
    let cases = [
        (
            "(k timestamptz) partition by range (date_trunc('day', k at time zone 'UTC'))",
            "its key begins with an expression",
        ),
        ("(k int) partition by list (k)", "it is partitioned by list"),
        ("(k timestamptz) partition by hash (k)", "it is partitioned by hash"),
        (
            "(k numeric) partition by range (k)",
            "its key is of type numeric, which holds no time that pgtend can read",
        ),
        ("(k date, a int, b int, c int) partition by range (k, a, b, c)", "its key has 4 columns"),
    ];
    for (definition, reason) in cases {
        let db = table(definition).await;
        let before = fingerprint(&db).await;
        for command in ["create", "maintain"] {
            let said = tend(&db, ["partition", command, "t", "--every", "month"]).run().code(1);
            contains(&said.stderr, reason);
        }
        let said =
            tend(&db, ["partition", "drop", "t", "--every", "month", "--keep", "1 month"]).run().code(1);
        contains(&said.stderr, reason);
        let said = tend(&db, ["partition", "list", "--json"]).run().success();
        contains(said.json()["tables"][0]["not_tended"].as_str().unwrap(), reason);
        assert_eq!(fingerprint(&db).await, before);
    }
}

#[tokio::test]
async fn months_that_are_partitioned_themselves_are_listed_and_not_made() {
    let db = table("(k timestamptz, tenant int) partition by range (k)").await;
    db.batch(
        "create table t_p2026_11 partition of t for values from ('2026-11-01') to ('2026-12-01') partition by list (tenant);
         create table t_p2026_11_1 partition of t_p2026_11 for values in (1)",
    )
    .await;
    let before = fingerprint(&db).await;
    let said = tend(&db, ["partition", "create", "t"]).run().code(1);
    contains(&said.stderr, "its newest partition public.t_p2026_11 is partitioned itself");
    assert_eq!(fingerprint(&db).await, before);
    let said = tend(&db, ["partition", "list", "--json"]).run().success();
    assert_eq!(said.json()["tables"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_temporary_table_is_another_sessions_own() {
    let db = Database::create().await;
    let other = db.client().await;
    other.batch_execute("create temporary table t (k date) partition by range (k)").await.unwrap();
    let schema = db.value("select relnamespace::regnamespace from pg_class where relname = 't'").await;
    let said = tend(&db, ["partition", "create", &format!("{schema}.t"), "--every", "month"]).run().code(1);
    contains(&said.stderr, "it is a temporary table");
    tend(&db, ["partition", "list"]).run().success();
    drop(other);
}

#[tokio::test]
async fn what_is_no_partitioned_table_is_told_for_what_it_is() {
    let db = Database::create().await;
    db.batch("create table plain (id int); create view seen as select 1; create materialized view kept as select 1").await;
    for (name, what) in [("plain", "an ordinary table"), ("seen", "a view"), ("kept", "a materialized view")]
    {
        let said = tend(&db, ["partition", "create", name]).run().code(1);
        contains(&said.stderr, &format!("public.{name} is {what}, not a partitioned table"));
    }
}
