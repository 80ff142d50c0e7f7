//! What the plan says, and runs that go on with what was begun, or meet each other.
use crate::common::database::Database;
use crate::partition::replace::steps::{SPLIT, UNDO};
use crate::partition::replace::table::{left, rows, with_default};
use crate::partition::support::{contains, fingerprint, partitions, tend};

const KIND: &str = "select relkind from pg_class where oid = 'events'::regclass";

#[tokio::test]
async fn all_rows_are_in_one_table() {
    let db = with_default().await;
    let before = rows(&db).await;
    tend(&db, UNDO).args(["--yes"]).run().success();
    assert_eq!(rows(&db).await, before);
    assert_eq!(db.value(KIND).await, "r");
    assert_eq!(left(&db).await, "");
    assert_eq!(db.value("select count(*) from only events where at = 'infinity'").await, "1");
    contains(&tend(&db, UNDO).args(["--dry-run"]).run().success().stderr, "nothing to do");
    for flags in [["--yes"], ["--abort"]] {
        assert_eq!(tend(&db, UNDO).args(flags).run().success().stderr, "");
    }
    tend(&db, ["partition", "convert", "events", "--by", "at", "--every", "year", "--ahead", "99"])
        .run()
        .code(1);
    db.batch("delete from events where at > '2027-06-01Z'").await;
    let rows = rows(&db).await;
    tend(&db, ["partition", "convert", "events", "--by", "at", "--every", "year"]).run().success();
    tend(&db, UNDO).args(["--yes"]).run().success();
    assert_eq!(self::rows(&db).await, rows);
    assert_eq!(db.value(KIND).await, "r");
    assert_eq!(left(&db).await, "");
}

#[tokio::test]
async fn the_plan_tells_everything_and_changes_nothing() {
    let db = with_default().await;
    let before = fingerprint(&db).await;
    let plan = tend(&db, UNDO).args(["--dry-run"]).run().success().stdout;
    for told in [
        "it becomes an ordinary table with the rows of its 3 partitions, in use meanwhile; disk needed: about ",
        "make a table, empty, and note what changes in public.events_legacy, public.events_p2026_12, public.events_default",
        "lock: SHARE ROW EXCLUSIVE on public.events, for an instant",
        "exchange public.events for an ordinary table",
        "lock: ACCESS EXCLUSIVE on public.events_legacy, for an instant",
        "if interrupted: nothing has happened, the table is as it was",
        "destroys: the partitions of public.events, once their rows are proved to be in the ordinary table",
        "foreign key reads_id_at_fkey of public.reads is made again",
        "index public.by_tag: goes with the partition, which alone has it",
    ] {
        contains(&plan, told);
    }
    assert_eq!(before, fingerprint(&db).await);
    let json = tend(&db, UNDO).args(["--dry-run", "--json"]).run().success().json();
    assert_eq!(json["schema"], "pgtend.partition.undo/1");
    assert!(json["plans"][0]["steps"].as_array().unwrap().len() > 5);
    tend(&db, UNDO).args(["--no-input"]).run().code(2);
    assert_eq!(before, fingerprint(&db).await);
    let done = tend(&db, UNDO).args(["--yes", "--json"]).run().success().stdout;
    contains(&done, "\"schema\":\"pgtend.partition.undo/1\"");
}

/// A run that stopped before the exchange, because something held it up there.
async fn interrupted(db: &Database) {
    let reader = db.client().await;
    reader.batch_execute("begin; select count(*) from events").await.unwrap();
    let output = tend(db, UNDO).args(["--yes", "--lock-budget", "500ms"]).run().code(5);
    contains(&output.stderr, "exchange public.events for an ordinary table");
    reader.batch_execute("rollback").await.unwrap();
}

#[tokio::test]
async fn an_interrupted_run_is_gone_on_with_or_taken_back() {
    for abort in [false, true] {
        let db = with_default().await;
        interrupted(&db).await;
        db.batch(
            "insert into events (at, sender, body) values ('2026-09-09Z', 1, 'between');
             update events set body = 'changed', at = at + interval '40 days' where id = 3;
             update events set at = '2026-12-24Z' where id = 4;
             update events set at = 'infinity' where id = 6;
             delete from events where id = 5;
             delete from events where id = 10;",
        )
        .await;
        let changed = rows(&db).await;
        let stderr = tend(&db, SPLIT).run().code(2).stderr;
        contains(&stderr, "has begun to undo the partitioning of public.events");
        contains(&stderr, "pgtend partition undo public.events");
        if abort {
            tend(&db, UNDO).args(["--abort"]).run().success();
            assert_eq!(partitions(&db, "events").await.len(), 3);
        } else {
            tend(&db, UNDO).args(["--yes"]).run().success();
            assert_eq!(db.value(KIND).await, "r");
        }
        assert_eq!(rows(&db).await, changed);
        assert_eq!(left(&db).await, "");
    }
}

#[tokio::test]
async fn another_verb_that_has_begun_comes_first() {
    let db = with_default().await;
    let reader = db.client().await;
    reader.batch_execute("begin; select count(*) from events").await.unwrap();
    tend(&db, SPLIT).args(["--yes", "--lock-budget", "500ms"]).run().code(5);
    reader.batch_execute("rollback").await.unwrap();
    let before = fingerprint(&db).await;
    contains(
        &tend(&db, UNDO).args(["--yes"]).run().code(2).stderr,
        "has begun to split partitions of public.events",
    );
    assert_eq!(before, fingerprint(&db).await);
}

const LATER: &str =
    "create table events_p2098_01 partition of events for values from ('2098-01-01Z') to ('2098-02-01Z');
                     insert into events (at, sender, body) values ('2098-01-09Z', 1, 'later');";

#[tokio::test]
async fn a_partition_that_has_come_since_is_not_lost() {
    let db = with_default().await;
    interrupted(&db).await;
    db.batch(LATER).await;
    let expected = rows(&db).await;
    let stderr = tend(&db, UNDO).args(["--yes"]).run().code(1).stderr;
    contains(&stderr, "partition public.events_p2098_01 has come since an earlier run began");
    contains(&stderr, "--abort");
    tend(&db, UNDO).args(["--abort"]).run().success();
    assert_eq!(left(&db).await, "");
    tend(&db, UNDO).args(["--yes"]).run().success();
    assert_eq!(rows(&db).await, expected);
    assert_eq!(left(&db).await, "");
}

#[tokio::test]
async fn a_partition_that_comes_during_the_run_is_not_lost() {
    let db = with_default().await;
    let older = db.client().await;
    older.batch_execute("begin isolation level repeatable read; select count(*) from users").await.unwrap();
    let program = tend(&db, UNDO).args(["--yes"]);
    let run = tokio::task::spawn_blocking(|| program.run());
    let ready = "select count(*) = 1 from pg_description where description ~ '^pgtend:replace new .* ready$'";
    while db.value(ready).await != "t" {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    db.batch(LATER).await;
    let expected = rows(&db).await;
    older.batch_execute("commit").await.unwrap();
    let stderr = run.await.unwrap().code(1).stderr;
    contains(&stderr, "partition public.events_p2098_01 has come since the copying began");
    contains(&stderr, "--abort");
    assert_eq!(rows(&db).await, expected);
    assert_eq!(partitions(&db, "events").await.len(), 4);
}

#[tokio::test]
async fn what_truncate_has_emptied_stays_empty() {
    let db = with_default().await;
    interrupted(&db).await;
    db.batch("truncate events cascade; insert into events (at, sender) values ('2026-09-09Z', 1)").await;
    tend(&db, UNDO).args(["--yes"]).run().success();
    assert_eq!(db.value("select count(*) from events").await, "1");
    assert_eq!(left(&db).await, "");
}

#[tokio::test]
async fn what_has_changed_on_the_table_is_copied_again() {
    let db = with_default().await;
    interrupted(&db).await;
    db.batch(
        "create index late on events (body); alter table events add column more int default 7;
         alter table events add constraint positive check (more > 0); grant select on events to public;
         update events set more = 8 where id = 9",
    )
    .await;
    let expected = rows(&db).await;
    let stderr = tend(&db, UNDO).args(["--yes"]).run().success().stderr;
    contains(&stderr, "begin to copy again, for the table has changed");
    assert_eq!(rows(&db).await, expected);
    let there = "select count(*) from pg_index as i, pg_constraint as k
                 where i.indrelid = 'events'::regclass and indexrelid = 'late'::regclass and k.conrelid = indrelid and conname = 'positive'
                   and has_table_privilege('public', indrelid, 'select')";
    assert_eq!(db.value(there).await, "1");
    assert_eq!(left(&db).await, "");
}

#[tokio::test]
async fn two_runs_at_once_undo_it_once() {
    let db = with_default().await;
    let before = rows(&db).await;
    let (first, second) = (tend(&db, UNDO).args(["--yes"]), tend(&db, UNDO).args(["--yes"]));
    let other = std::thread::spawn(|| second.run());
    first.run().success();
    other.join().unwrap().success();
    assert_eq!(rows(&db).await, before);
    assert_eq!(left(&db).await, "");
}

#[tokio::test]
async fn keys_of_other_kinds_and_names_that_need_quotes() {
    let db = Database::create().await;
    db.batch(
        r#"create table "Log ""s" ("the id" text, "Day" date, v float8, n int, primary key ("the id", "Day")) partition by range ("Day");
           create table "Old $ ' p" partition of "Log ""s" for values from ('2026-01-01') to ('2026-04-01');
           create table "Odd" partition of "Log ""s" for values from ('2026-04-01') to ('2026-04-05');
           insert into "Log ""s" select 'l' || n, '2026-01-01'::date + n % 92, n / 3.0 from generate_series(1, 500) as n;
           comment on table "Log ""s" is 'it''s a $do$ log';
           create table things (id uuid primary key, what text) partition by range (id);
           create table things_p2026 partition of things
               for values from ('019b76da-a800-0000-0000-000000000000') to ('019c2d63-2400-0000-0000-000000000000');
           insert into things values ('019b76da-a800-7000-8000-000000000000', 'a'), ('019bbfff-a800-7000-8000-000000000000', 'b');
           create table numbers (id bigint primary key) partition by range (id);
           create table numbers_1 partition of numbers for values from (0) to (1000);
           insert into numbers select generate_series(0, 999);"#,
    )
    .await;
    let logs = r#"select sum(hashtextextended(l::text, 0)::numeric) || obj_description('"Log ""s"'::regclass) from "Log ""s" as l"#;
    let before = db.value(logs).await;
    tend(&db, ["partition", "undo", "Log \"s", "--yes"]).run().success();
    assert_eq!(db.value(logs).await, before);
    tend(&db, ["partition", "undo", "things", "--encoding", "uuidv7", "--yes"]).run().success();
    tend(&db, ["partition", "undo", "numbers", "--encoding", "epoch-s", "--yes"]).run().success();
    assert_eq!(
        db.value("select (select count(*) from things) + (select count(*) from numbers)").await,
        "1002"
    );
    assert_eq!(db.value("select count(*) from pg_inherits").await, "0");
    assert_eq!(left(&db).await, "");
}
