//! The mark of a partition that is to be dropped: it means one table, under one policy, and nothing else.
use super::support::{events, mark, names, tend};
use crate::common::database::Database;

const DROP: [&str; 7] = ["partition", "drop", "events", "--keep", "1 month", "--no-archive", "--yes"];

async fn detached_and_marked() -> Database {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch("insert into events values (1, '2026-08-05')").await;
    mark(&db, "events_p2026_08", "").await;
    db.batch("alter table events detach partition events_p2026_08").await;
    db
}

const COMMENT: &str = "select obj_description('events_p2026_08'::regclass)";

#[tokio::test]
async fn a_marked_table_that_the_policy_keeps_stays() {
    let db = detached_and_marked().await;
    tend(&db, ["partition", "drop", "events", "--keep", "50 years", "--no-archive", "--yes"]).run().success();
    assert_eq!(db.value("select count(*) from events_p2026_08").await, "1");
    tend(&db, DROP).run().success();
    assert_eq!(db.value("select to_regclass('events_p2026_08')").await, "");
}

#[tokio::test]
async fn its_rows_do_not_go_without_consent_although_tables_refer_to_the_parent() {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch("alter table events add primary key (id, at); insert into events values (1, '2026-08-05')")
        .await;
    db.batch("create table child (id bigint, at timestamptz, foreign key (id, at) references events on delete cascade)")
        .await;
    mark(&db, "events_p2026_08", "").await;
    db.batch("alter table events detach partition events_p2026_08").await;
    tend(&db, ["partition", "drop", "events", "--keep", "1 month", "--no-archive"]).run().code(2);
    assert_eq!(db.value("select count(*) from events_p2026_08").await, "1");
}

#[tokio::test]
async fn a_copy_of_the_mark_means_nothing() {
    let db = detached_and_marked().await;
    let line = db.value(COMMENT).await;
    db.batch(&format!(
        "create table copy (like events); insert into copy values (1, '2026-08-05');
         comment on table copy is '{line}';
         comment on table events_p2026_08 is '{line} -- no, this one stays'"
    ))
    .await;
    tend(&db, DROP).run().success();
    assert_eq!(db.value("select count(*) from copy").await, "1");
    assert_eq!(db.value("select count(*) from events_p2026_08").await, "1");
}

#[tokio::test]
async fn a_marked_table_of_another_owner_is_not_touched() {
    let db = detached_and_marked().await;
    let other = db.role("other").await;
    db.batch(&format!("alter table events_p2026_08 owner to {other}")).await;
    tend(&db, DROP).run().success();
    assert_eq!(db.value("select count(*) from events_p2026_08").await, "1");
}

#[tokio::test]
async fn a_run_that_gives_up_takes_its_mark_with_it() {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch("comment on table events_p2026_08 is 'a $do$ good summer'").await;
    let old = db.client().await;
    old.batch_execute("begin; select count(*) from events; select pg_sleep(1.1)").await.unwrap();
    tend(&db, DROP).args(["--lock-budget", "300ms"]).run().code(5);
    assert_eq!(db.value(COMMENT).await, "a $do$ good summer");
    assert_eq!(names(&db, "events").await.len(), 3);
}

#[tokio::test]
async fn a_malformed_mark_stops_nobody() {
    let db = events(["2026-11"]).await;
    db.batch(
        "create table junk (); comment on table junk is 'pgtend:drop parent=9999999999 oid=1 from=0 to=1'",
    )
    .await;
    tend(&db, ["partition", "create", "events", "--ahead", "0"]).run().success();
}

#[tokio::test]
async fn names_that_change_places_while_the_run_waits_lose_no_row() {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch("insert into events select g, '2026-11-02' from generate_series(1, 100) as g").await;
    let other = db.client().await;
    other.batch_execute("begin; lock table events_p2026_08 in share update exclusive mode").await.unwrap();
    let run = tend(&db, DROP).spawn();
    tokio::time::sleep(std::time::Duration::from_millis(400)).await;
    other
        .batch_execute(
            "alter table events_p2026_08 rename to swap; alter table events_p2026_11 rename to events_p2026_08;
             alter table swap rename to events_p2026_11; commit",
        )
        .await
        .unwrap();
    let output = run.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(db.value("select count(*) from events").await, "100");
    assert_eq!(names(&db, "events").await.len(), 3);
}

#[tokio::test]
async fn names_with_line_breaks_and_dollars_are_themselves() {
    let db = events(["2026-10", "2026-11"]).await;
    db.batch(
        "create table \"p\r\n$do$x\" partition of events for values from ('2026-08-01Z') to ('2026-09-01Z');
         create table \"p\n$do$x\" partition of events for values from ('2026-12-01Z') to ('2027-01-01Z');
         insert into events values (1, '2026-08-05'), (2, '2026-12-05')",
    )
    .await;
    tend(&db, DROP).run().success();
    assert_eq!(db.value("select string_agg(id::text, ',') from events").await, "2");
    assert_eq!(db.value("select count(*) from pg_inherits where inhparent = 'events'::regclass").await, "3");
}
