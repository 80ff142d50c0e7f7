//! What is refused, with all reasons at once; nothing changes then.
use crate::common::database::Database;
use crate::partition::replace::steps::UNDO;
use crate::partition::replace::table::{events, left};
use crate::partition::support::{NOW, contains, empty_events, fingerprint, leave_pending, tend};

#[tokio::test]
async fn what_cannot_be_undone_is_told() {
    let db = Database::create().await;
    db.batch(
        "create table logs (at timestamptz, what text) partition by range (at);
         create table logs_old partition of logs for values from (minvalue) to ('2026-12-01Z') partition by hash (what);
         create table logs_new partition of logs for values from ('2026-12-01Z') to ('2027-01-01Z');
         alter table logs add constraint something check (what <> '') not valid;
         create function nothing() returns trigger language plpgsql as 'begin return null; end';
         create trigger alone after insert on logs_new for each row execute function nothing();
         create view seen as select * from logs_new;
         create materialized view counted as select count(*) from logs;
         create table kept (log logs);
         create function last(logs) returns text language sql as 'select null::text';
         create publication everything for all tables;",
    )
    .await;
    let before = fingerprint(&db).await;
    let undo = ["partition", "undo", "logs", "--yes"];
    let stderr = tend(&db, undo).run().code(1).stderr;
    for told in [
        "undo the partitioning of public.logs: 9 things are in the way; nothing was changed",
        "public.logs_old is a partitioned table, whose rows pgtend does not copy",
        "trigger alone is on it alone",
        "public.logs_old, public.logs_new: publication everything is for all tables",
        "view public.seen depends on public.logs_new",
        "has no primary key",
        "something is not valid",
        "materialized view public.counted would stay with the partitioned table",
        "table public.kept would stay",
        "function public.last(public.logs) would stay",
    ] {
        contains(&stderr, told);
    }
    assert_eq!(before, fingerprint(&db).await);
    let plan = tend(&db, undo).args(["--dry-run", "--json"]).run().code(1).json();
    contains(&plan["failed"][0]["error"].to_string(), "in the way");
}

#[tokio::test]
async fn a_table_without_partitions_and_what_is_no_partitioned_table() {
    let db = empty_events().await;
    db.batch(
        "create view seen as select * from events; create table plain (x int);
         create table letters (id int, kind text, primary key (id, kind)) partition by list (kind);
         create table letters_a partition of letters for values in ('a');",
    )
    .await;
    let before = fingerprint(&db).await;
    let undo = |table: &'static str| tend(&db, ["partition", "undo", table, "--yes"]).run();
    let stderr = undo("events").code(1).stderr;
    contains(&stderr, "public.events has no partitions, and so no rows");
    contains(&undo("seen").code(1).stderr, "is a view, not a partitioned table");
    contains(&undo("letters_a").code(1).stderr, "is a partition of another table");
    contains(&undo("letters").code(1).stderr, "partitioned by list");
    contains(&undo("nobody").code(1).stderr, "nobody");
    assert_eq!(undo("plain").success().stderr, "");
    tend(&db, ["partition", "undo", "--yes"]).run().code(2);
    tend(&db, ["partition", "undo", "plain", "--encoding", "morse"]).run().code(2);
    assert_eq!(before, fingerprint(&db).await);
}

#[tokio::test]
async fn a_detach_that_is_pending_comes_first() {
    let db = events().await;
    db.batch("drop table reads").await;
    leave_pending(&db, "events_p2026_12").await;
    let stderr = tend(&db, UNDO).args(["--yes"]).run().code(1).stderr;
    contains(&stderr, "alter table public.events detach partition public.events_p2026_12 finalize");
    assert_eq!(left(&db).await, "");
}

#[tokio::test]
async fn a_subscription_would_pass_the_new_table_over() {
    let db = events().await;
    db.batch(&format!(
        "create subscription fed connection 'dbname=none' publication nothing with (connect = false, slot_name = none);
         set allow_system_table_mods = on;
         insert into pg_subscription_rel select oid, 'events'::regclass, 'r', null from pg_subscription
         where subdbid = (select oid from pg_database where datname = '{}');",
        db.name()
    ))
    .await;
    let stderr = tend(&db, UNDO).args(["--yes"]).run().code(1).stderr;
    contains(&stderr, "subscription fed writes into it, and would pass the new table over");
    db.batch("drop subscription fed").await;
    assert_eq!(left(&db).await, "");
}

#[tokio::test]
async fn rows_that_the_role_cannot_see_are_not_left_behind() {
    let db = events().await;
    let owner = db.role("owner").await;
    db.batch(&format!(
        "grant create, usage on schema public to {owner}; grant references, select, update on users to {owner};
         alter table reads owner to {owner};
         alter table events owner to {owner}; alter table events_legacy owner to {owner};
         alter table events_p2026_12 owner to {owner};
         alter table events_legacy enable row level security; alter table events_legacy force row level security;
         create policy few on events_legacy using (id < 10);"
    ))
    .await;
    let refused = db.pgtend_as(&owner, ["--now", NOW]).args(UNDO).args(["--yes"]).run().code(1);
    contains(&refused.stderr, "row security hides rows from this role");
    assert_eq!(left(&db).await, "");
}
