//! No setting of a client, a role, a database or a server ever moves a bound.
use std::fmt::Write as _;

use super::support::{at, contains, fingerprint, names, partitions, tend};
use crate::common::database::Database;

const ZONES: [&str; 4] = ["UTC", "America/New_York", "Asia/Kolkata", "Asia/Amman"];
const FIRST: &str = "2021-06-15T12:00:00Z";

/// Three tables that differ in the type of their key, with 37 months each, made for a zone by a session in another one.
async fn made(zone: &str, database_zone: &str, date_style: &str, client_zone: &str) -> Database {
    let db = Database::create().await;
    let name = db.name().to_owned();
    db.batch(&format!(
        "alter database {name} set timezone = '{database_zone}'; alter database {name} set datestyle = '{date_style}';
         alter database {name} set intervalstyle = 'sql_standard'"
    ))
    .await;
    for kind in ["date", "timestamp", "timestamptz"] {
        db.batch(&format!("create table t_{kind} (k {kind}) partition by range (k)")).await;
    }
    at(
        &db,
        FIRST,
        [
            "partition",
            "create",
            "t_date",
            "t_timestamp",
            "t_timestamptz",
            "--every",
            "month",
            "--ahead",
            "36",
        ],
    )
    .args(["--timezone", zone])
    .env("PGTZ", client_zone)
    .env("TZ", client_zone)
    .env("PGDATESTYLE", date_style)
    .env("PGOPTIONS", format!("-c timezone={client_zone} -c datestyle={date_style}"))
    .run()
    .success();
    db
}

#[tokio::test]
async fn thirty_six_months_in_four_zones_and_three_types() {
    for zone in ZONES {
        let db = made(zone, "Pacific/Apia", "SQL,DMY", "America/St_Johns").await;
        // What the server's own arithmetic makes of the same months.
        let mut expected = db
            .value(&format!(
                r"set timezone = 'UTC'; set datestyle = 'ISO, YMD';
                  select string_agg(format('%s %s', m at time zone '{zone}', (m + interval '1 month') at time zone '{zone}'), E'\n' order by m)
                  from generate_series(timestamp '2021-06-01', '2024-06-01', '1 month') as g(m)"
            ))
            .await;
        assert_eq!(bounds(&db, "t_timestamptz").await, expected, "{zone}");
        expected = db
            .value(
                r"set datestyle = 'ISO, YMD';
                  select string_agg(format('%s %s', m, m + interval '1 month'), E'\n' order by m)
                  from generate_series(timestamp '2021-06-01', '2024-06-01', '1 month') as g(m)",
            )
            .await;
        assert_eq!(bounds(&db, "t_timestamp").await, expected, "{zone}");
        assert_eq!(bounds(&db, "t_date").await, expected.replace(" 00:00:00", ""), "{zone}");
        for kind in ["date", "timestamp", "timestamptz"] {
            let table = format!("t_{kind}");
            assert_eq!(names(&db, &table).await[8], format!("t_{kind}_p2022_02"));
            // Read back from yet another session, they are all there.
            let said = at(&db, FIRST, ["partition", "create", &table, "--ahead", "36", "--timezone", zone])
                .env("PGOPTIONS", "-c timezone=Asia/Tokyo -c datestyle=German")
                .run()
                .success();
            assert_eq!(said.stderr, "", "{zone} {kind}");
        }
    }
}

/// `from to` of each partition, a line each.
async fn bounds(db: &Database, table: &str) -> String {
    let mut text = String::new();
    for line in partitions(db, table).await {
        let separator = if text.is_empty() { "" } else { "\n" };
        write!(text, "{separator}{}", line.split_once(' ').unwrap().1).unwrap();
    }
    text
}

#[tokio::test]
async fn days_and_weeks_around_the_change_of_the_clock() {
    // Amman skipped midnight on 2022-02-25; New York repeats an hour on 2026-11-01.
    for (zone, now, every, expected) in [
        (
            "Asia/Amman",
            "2022-02-24T12:00:00Z",
            "day",
            "2022-02-23 22:00:00+00 2022-02-24 22:00:00+00\n2022-02-24 22:00:00+00 2022-02-25 21:00:00+00",
        ),
        (
            "America/New_York",
            "2026-11-01T12:00:00Z",
            "day",
            "2026-11-01 04:00:00+00 2026-11-02 05:00:00+00\n2026-11-02 05:00:00+00 2026-11-03 05:00:00+00",
        ),
        (
            "America/New_York",
            "2026-11-01T05:30:00Z",
            "hour",
            "2026-11-01 05:00:00+00 2026-11-01 06:00:00+00\n2026-11-01 06:00:00+00 2026-11-01 07:00:00+00",
        ),
        (
            "Asia/Kolkata",
            "2026-11-15T12:00:00Z",
            "week",
            "2026-11-08 18:30:00+00 2026-11-15 18:30:00+00\n2026-11-15 18:30:00+00 2026-11-22 18:30:00+00",
        ),
        (
            "Asia/Kolkata",
            "2026-11-15T12:00:00Z",
            "hour",
            "2026-11-15 11:30:00+00 2026-11-15 12:30:00+00\n2026-11-15 12:30:00+00 2026-11-15 13:30:00+00",
        ),
    ] {
        let db = Database::create().await;
        db.batch("create table t (k timestamptz) partition by range (k)").await;
        at(&db, now, ["partition", "create", "t", "--every", every, "--ahead", "1", "--timezone", zone])
            .run()
            .success();
        assert_eq!(bounds(&db, "t").await, expected, "{zone} {every}");
        let said =
            at(&db, now, ["partition", "create", "t", "--every", every, "--ahead", "1", "--timezone", zone])
                .run()
                .success();
        assert_eq!(said.stderr, "");
    }
}

#[tokio::test]
async fn the_current_period_is_the_zones() {
    // On 2026-11-30 at 20:00 UTC it is December in Kolkata, for every type of key.
    for kind in ["date", "timestamp", "timestamptz"] {
        let db = Database::create().await;
        db.batch(&format!("create table t (k {kind}) partition by range (k)")).await;
        at(
            &db,
            "2026-11-30T20:00:00Z",
            ["partition", "create", "t", "--every", "month", "--ahead", "0", "--timezone", "Asia/Kolkata"],
        )
        .run()
        .success();
        assert_eq!(names(&db, "t").await, ["t_p2026_12"], "{kind}");
    }
}

#[tokio::test]
async fn bounds_of_another_zone_are_not_misread() {
    let db = Database::create().await;
    db.batch(
        "create table t (k timestamptz) partition by range (k);
         create table t_p2026_11 partition of t for values from ('2026-11-01 00:00 America/New_York') to ('2026-12-01 00:00 America/New_York')",
    )
    .await;
    let said = tend(&db, ["partition", "create", "t"]).run().code(1);
    contains(&said.stderr, "do not tell the length of a period");
    // Which of the zones with the same clocks is named is not the point.
    contains(&said.stderr, "each is a month where the clocks show the same as in America/");
    contains(&said.stderr, "pass --timezone");
    // Told the period without the zone, it does not squeeze a second November in.
    let before = fingerprint(&db).await;
    let said = tend(&db, ["partition", "create", "t", "--every", "month", "--ahead", "1"]).run().code(1);
    contains(&said.stderr, "the name t_p2026_11 is taken, it is a partition with other bounds");
    assert_eq!(fingerprint(&db).await, before);
    tend(&db, ["partition", "create", "t", "--timezone", "America/New_York", "--ahead", "1"]).run().success();
    assert_eq!(
        bounds(&db, "t").await,
        "2026-11-01 04:00:00+00 2026-12-01 05:00:00+00\n2026-12-01 05:00:00+00 2027-01-01 05:00:00+00"
    );
}
