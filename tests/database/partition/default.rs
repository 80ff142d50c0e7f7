//! A default partition: empty, with rows elsewhere, with rows in the way; what an interrupted run leaves on it.
use std::fs;

use super::support::{at, contains, events, fingerprint, journal, names, partitions, tend};
use crate::common::database::Database;
use crate::common::server::server;

const CHECKS: &str = "select count(*) from pg_constraint where conname = 'pgtend_default_window'";

async fn with_default(rows: &str) -> Database {
    let db = events(["2026-11"]).await;
    db.batch(&format!(
        "create table events_default partition of events default; {rows};
         create index on events (at)"
    ))
    .await;
    db
}

#[tokio::test]
async fn an_empty_one_is_no_obstacle() {
    let db = with_default("").await;
    let said = tend(&db, ["partition", "create", "events", "--ahead", "2"]).run().success();
    assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
    assert_eq!(names(&db, "events").await.len(), 4);
}

#[tokio::test]
async fn rows_outside_the_new_ranges_stay_and_no_check_is_left() {
    let db = with_default("insert into events values (1, '2020-01-01'), (2, '2030-01-01')").await;
    let said = tend(&db, ["partition", "create", "events", "--ahead", "2"]).run().success();
    contains(&said.stderr, "public.events_default has rows: it is read once without stopping anybody");
    assert_eq!(
        journal(&db).await,
        "keep new rows of the coming partitions out of public.events_default: done\n\
         prove that public.events_default holds none of them: done\n\
         create 2 partitions, public.events_p2026_12 to public.events_p2027_01: done\n\
         take the check off public.events_default: done"
    );
    assert_eq!(db.value(CHECKS).await, "0");
    assert_eq!(db.value("select count(*) from events_default").await, "2");
    assert_eq!(
        names(&db, "events").await,
        ["events_default", "events_p2026_11", "events_p2026_12", "events_p2027_01"]
    );
}

#[tokio::test]
async fn the_attach_does_not_scan_it_whatever_the_key() {
    let db = Database::create().await;
    // Only the server's own word for it, in its log, tells whether it read the table.
    let name = db.name().to_owned();
    db.batch(&format!("alter database {name} set log_min_messages = 'debug1'")).await;
    let keys = [
        ("k timestamptz not null", "k", "epoch-ms", "('2020-01-01'), ('infinity')"),
        ("k timestamptz", "k", "epoch-ms", "('2020-01-01'), (null)"),
        ("k date, tenant int", "k, tenant", "epoch-ms", "('2020-01-01', 1), (null, 1), ('2030-01-01', null)"),
        ("k timestamp, a int, b text", "k, a, b", "epoch-ms", "('2020-01-01', 1, 'x')"),
        ("k bigint", "k", "epoch-ms", "(1), (null)"),
        ("k uuid", "k", "uuidv7", "('00000000-0000-0000-0000-000000000000')"),
        ("k text collate \"C\"", "k", "ulid", "('0'), (null), ('zzz')"),
    ];
    for (index, (columns, key, encoding, rows)) in keys.into_iter().enumerate() {
        db.batch(&format!(
            "create table t{index} ({columns}) partition by range ({key}); create table d{index}_of_the_scan partition of t{index} default;
             insert into t{index} values {rows}"
        ))
        .await;
        let table = format!("t{index}");
        let create = |now, ahead| {
            let run = at(&db, now, ["partition", "create", &table, "--every", "month", "--ahead", ahead]);
            if columns.contains("time") || columns.contains("date") {
                run
            } else {
                run.args(["--encoding", encoding])
            }
        };
        // Twice, with a hole between the ranges of the second time.
        create("2027-03-15T00:00:00Z", "1").run().success();
        create("2027-02-15T00:00:00Z", "4").run().success();
        let log = fs::read_to_string(server().log()).unwrap();
        let scans = log.matches(&format!("verifying table \"d{index}_of_the_scan\"")).count();
        assert_eq!(scans, 2, "{columns}: one scan for each check, none for an attach");
        let implied = format!(
            "updated partition constraint for default partition \"d{index}_of_the_scan\" is implied by existing constraints"
        );
        assert_eq!(log.matches(&implied).count(), 5, "{columns}");
    }
}

#[tokio::test]
async fn rows_in_the_way_are_counted_by_month_and_the_other_months_are_made() {
    let db = with_default(
        "insert into events select g, '2026-12-05' from generate_series(1, 7) as g;
         insert into events values (8, '2027-02-01'), (9, '2019-01-01')",
    )
    .await;
    let said = tend(&db, ["partition", "create", "events", "--ahead", "3"]).run().code(6);
    contains(
        &said.stderr,
        "the default partition public.events_default holds rows that belong into partitions to be made",
    );
    contains(&said.stderr, "detail: 7 rows for public.events_p2026_12");
    contains(&said.stderr, "detail: 1 rows for public.events_p2027_02");
    contains(&said.stderr, "hint: move these rows out of the default partition");
    assert_eq!(names(&db, "events").await, ["events_default", "events_p2026_11", "events_p2027_01"]);
    assert_eq!(db.value("select count(*) from events").await, "9");
    assert_eq!(db.value(CHECKS).await, "0");
}

#[tokio::test]
async fn with_rows_in_the_way_of_all_nothing_is_done() {
    let db = with_default("insert into events values (1, '2026-12-05'), (2, '2027-01-05')").await;
    let before = fingerprint(&db).await;
    let said = tend(&db, ["partition", "create", "events", "--ahead", "2"]).run().code(1);
    contains(&said.stderr, "detail: 1 rows for public.events_p2027_01");
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn the_check_of_a_killed_run_is_swept_by_the_next() {
    let leftover = "alter table events_default add constraint pgtend_default_window
                    check (at < '2026-12-01 00:00+00' or at >= '2027-01-01 00:00+00') not valid";
    // With work to do, without, and where the default partition is empty.
    for (rows, ahead) in [
        ("insert into events values (1, '2020-01-01')", "1"),
        ("insert into events values (1, '2020-01-01')", "0"),
        ("", "1"),
    ] {
        let db = with_default(rows).await;
        db.batch(leftover).await;
        tend(&db, ["partition", "create", "events", "--ahead", ahead]).run().success();
        assert_eq!(db.value(CHECKS).await, "0", "{rows} {ahead}");
        assert_eq!(names(&db, "events").await.len(), if ahead == "1" { 3 } else { 2 });
        db.batch("insert into events values (5, '2026-12-31 12:00+00')").await;
    }
}

#[tokio::test]
async fn a_leftover_check_waits_for_its_lock_within_the_budget() {
    let db = with_default("insert into events values (1, '2020-01-01')").await;
    db.batch(
        "alter table events_default add constraint pgtend_default_window
         check (at < '2026-12-01 00:00+00' or at >= '2027-01-01 00:00+00') not valid",
    )
    .await;
    let reader = db.client().await;
    reader.batch_execute("begin; select count(*) from events_default").await.unwrap();
    let create =
        ["partition", "create", "events", "--ahead", "0", "--lock-budget", "300ms", "--lock-timeout", "50ms"];
    let said = tend(&db, create).run().code(5);
    contains(&said.stderr, "idle in transaction");
    assert_eq!(db.value(CHECKS).await, "1");
    reader.batch_execute("rollback").await.unwrap();
    tend(&db, create).run().success();
    assert_eq!(db.value(CHECKS).await, "0");
}

#[tokio::test]
async fn the_check_goes_when_a_later_step_fails() {
    let db = with_default("insert into events values (1, '2020-01-01')").await;
    // An event trigger lets ATTACH fail after the check was added.
    db.batch(
        "create function refuse() returns event_trigger language plpgsql as $$ begin
             if current_query() like '%attach partition%' then raise exception 'no attach today'; end if;
         end $$;
         create event trigger refuse on ddl_command_end when tag in ('ALTER TABLE') execute function refuse()",
    )
    .await;
    let said = tend(&db, ["partition", "create", "events", "--ahead", "1"]).run().code(1);
    contains(&said.stderr, "no attach today");
    assert_eq!(db.value(CHECKS).await, "0");
    assert_eq!(names(&db, "events").await, ["events_default", "events_p2026_11"]);
    assert_eq!(db.value("select count(*) from pg_class where relname = 'events_p2026_12'").await, "0");
}

#[tokio::test]
async fn rows_of_far_years_of_infinity_and_without_a_key_stay_where_they_are() {
    let db = Database::create().await;
    db.batch(
        "create table t (at timestamptz) partition by range (at);
         create table t_p2026_11 partition of t for values from ('2026-11-01') to ('2026-12-01');
         create table t_default partition of t default;
         insert into t values ('52217-01-01'), ('infinity'), ('-infinity'), (null), ('4000-01-01 BC')",
    )
    .await;
    tend(&db, ["partition", "create", "t", "--ahead", "1"]).run().success();
    assert_eq!(names(&db, "t").await, ["t_default", "t_p2026_11", "t_p2026_12"]);
    assert_eq!(db.value("select count(*) from t_default").await, "5");
    assert_eq!(db.value(CHECKS).await, "0");
    let said = tend(&db, ["partition", "check", "t", "--ahead", "1"]).run().code(3);
    contains(&said.stdout, "5 rows in the default partition public.t_default");
}

#[tokio::test]
async fn a_default_partition_that_is_partitioned_itself() {
    let db = events(["2026-11"]).await;
    db.batch(
        "create table events_default partition of events default partition by list (note);
         create table events_default_a partition of events_default default;
         insert into events values (1, '2020-01-01', 'a'), (2, '2027-01-02', 'b')",
    )
    .await;
    let said = tend(&db, ["partition", "create", "events", "--ahead", "2"]).run().code(6);
    contains(&said.stderr, "1 rows for public.events_p2027_01");
    assert_eq!(partitions(&db, "events").await.len(), 3);
    assert_eq!(db.value(CHECKS).await, "0");
}
