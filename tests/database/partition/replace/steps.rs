//! What becomes of the partitions, what the plan says, and runs that go on with what was begun.
use std::io::{BufRead as _, BufReader};

use crate::common::database::Database;
use crate::partition::replace::table::{events, left, rows, with_default};
use crate::partition::support::{at, contains, fingerprint, partitions, tend};

pub const SPLIT: [&str; 5] = ["partition", "split", "events", "--every", "month"];
pub const DRAIN: [&str; 5] = ["partition", "drain", "events", "--every", "month"];
pub const UNDO: [&str; 3] = ["partition", "undo", "events"];
pub const MERGE: [&str; 9] =
    ["partition", "merge", "events", "--every", "month", "--from", "2026-09-01", "--to", "2026-12-01"];

#[tokio::test]
async fn a_legacy_partition_becomes_months() {
    let db = events().await;
    let before = rows(&db).await;
    tend(&db, SPLIT).args(["--yes"]).run().success();
    let expected = [
        "events_legacy MINVALUE 2026-08-01 00:00:00+00",
        "events_p2026_08 2026-08-01 00:00:00+00 2026-09-01 00:00:00+00",
        "events_p2026_09 2026-09-01 00:00:00+00 2026-10-01 00:00:00+00",
        "events_p2026_10 2026-10-01 00:00:00+00 2026-11-01 00:00:00+00",
        "events_p2026_11 2026-11-01 00:00:00+00 2026-12-01 00:00:00+00",
        "events_p2026_12 2026-12-01 00:00:00+00 2027-01-01 00:00:00+00",
    ];
    assert_eq!(partitions(&db, "events").await, expected);
    assert_eq!(rows(&db).await, before);
    assert_eq!(left(&db).await, "");
    assert_eq!(tend(&db, SPLIT).args(["--yes"]).run().success().stderr, "");
}

#[tokio::test]
async fn only_the_newest_periods_or_what_is_kept_are_split_off() {
    for (flag, value) in [("--newest", "2"), ("--keep", "1 month")] {
        let db = events().await;
        let before = rows(&db).await;
        for _ in 0..2 {
            tend(&db, SPLIT).args([flag, value, "--yes"]).run().success();
            let expected = [
                "events_legacy MINVALUE 2026-10-01 00:00:00+00",
                "events_p2026_10 2026-10-01 00:00:00+00 2026-11-01 00:00:00+00",
                "events_p2026_11 2026-11-01 00:00:00+00 2026-12-01 00:00:00+00",
                "events_p2026_12 2026-12-01 00:00:00+00 2027-01-01 00:00:00+00",
            ];
            assert_eq!(partitions(&db, "events").await, expected);
        }
        assert_eq!(rows(&db).await, before);
        assert_eq!(db.value("select count(*) > 0 from events_legacy").await, "t");
        assert_eq!(left(&db).await, "");
    }
}

#[tokio::test]
async fn the_default_partition_keeps_what_has_no_period() {
    let db = with_default().await;
    let before = rows(&db).await;
    let told = tend(&db, DRAIN).args(["--yes"]).run().success();
    contains(&told.stderr, "2 rows stay in public.events_default");
    let expected = [
        "events_default DEFAULT",
        "events_legacy MINVALUE 2026-12-01 00:00:00+00",
        "events_p2026_12 2026-12-01 00:00:00+00 2027-01-01 00:00:00+00",
        "events_p2027_01 2027-01-01 00:00:00+00 2027-02-01 00:00:00+00",
        "events_p2027_02 2027-02-01 00:00:00+00 2027-03-01 00:00:00+00",
    ];
    assert_eq!(partitions(&db, "events").await, expected);
    assert_eq!(rows(&db).await, before);
    assert_eq!(left(&db).await, "");
    assert_eq!(db.value("select obj_description('events_default'::regclass)").await, "the others");
    assert_eq!(tend(&db, DRAIN).args(["--yes"]).run().success().stderr, "");
}

#[tokio::test]
async fn a_default_partition_may_be_the_only_one() {
    let db = Database::create().await;
    db.batch(
        "create table events (id bigint, at date, primary key (id, at)) partition by range (at);
         create table events_default partition of events default;
         insert into events select n, '2026-09-01'::date + n from generate_series(1, 70) as n",
    )
    .await;
    tend(&db, DRAIN).args(["--yes"]).run().success();
    let expected = [
        "events_default DEFAULT",
        "events_p2026_09 2026-09-01 2026-10-01",
        "events_p2026_10 2026-10-01 2026-11-01",
        "events_p2026_11 2026-11-01 2026-12-01",
    ];
    assert_eq!(partitions(&db, "events").await, expected);
    assert_eq!(db.value("select count(*) from events").await, "70");
    assert_eq!(db.value("select count(*) from events_default").await, "0");
    assert_eq!(left(&db).await, "");
}

#[tokio::test]
async fn what_lies_in_the_default_partition_does_not_hinder_a_split() {
    let db = with_default().await;
    let before = rows(&db).await;
    tend(&db, SPLIT).args(["--yes"]).run().success();
    assert_eq!(partitions(&db, "events").await.len(), 7);
    assert_eq!(rows(&db).await, before);
    assert_eq!(left(&db).await, "");
}

#[tokio::test]
async fn months_become_one_partition() {
    let db = events().await;
    tend(&db, SPLIT).args(["--yes"]).run().success();
    let before = rows(&db).await;
    for _ in 0..2 {
        tend(&db, MERGE).args(["--as", "events_autumn", "--yes"]).run().success();
        let expected = [
            "events_autumn 2026-09-01 00:00:00+00 2026-12-01 00:00:00+00",
            "events_legacy MINVALUE 2026-08-01 00:00:00+00",
            "events_p2026_08 2026-08-01 00:00:00+00 2026-09-01 00:00:00+00",
            "events_p2026_12 2026-12-01 00:00:00+00 2027-01-01 00:00:00+00",
        ];
        assert_eq!(partitions(&db, "events").await, expected);
        assert_eq!(rows(&db).await, before);
        assert_eq!(left(&db).await, "");
    }
    tend(&db, SPLIT).args(["--yes", "--partition", "events_autumn"]).run().success();
    assert_eq!(partitions(&db, "events").await.len(), 6);
    assert_eq!(rows(&db).await, before);
}

#[tokio::test]
async fn the_plan_tells_everything_and_changes_nothing() {
    let db = events().await;
    let before = fingerprint(&db).await;
    let plan = tend(&db, SPLIT).args(["--dry-run"]).run().success().stdout;
    for told in [
        "public.events_legacy becomes 5 partitions",
        "lock: SHARE ROW EXCLUSIVE on public.events_legacy, for an instant",
        "lock: ACCESS EXCLUSIVE on public.events, for an instant",
        "if interrupted: nothing has happened, the table is as it was",
        "destroys: the old public.events_legacy, once its rows are proved to be in the new ones",
        "foreign key reads_id_at_fkey of public.reads is made again",
        "disk needed: about ",
        "attach partition \"public\".\"events_p2026_08\"",
    ] {
        contains(&plan, told);
    }
    assert_eq!(before, fingerprint(&db).await);
    let json = tend(&db, SPLIT).args(["--dry-run", "--json"]).run().success().json();
    assert_eq!(json["schema"], "pgtend.partition.split/1");
    tend(&db, SPLIT).args(["--no-input"]).run().code(2);
    assert_eq!(before, fingerprint(&db).await);
}

/// A run that stopped in the middle, because something held it up there.
async fn interrupted(db: &Database) {
    let reader = db.client().await;
    reader.batch_execute("begin; select count(*) from events").await.unwrap();
    let output = tend(db, SPLIT).args(["--yes", "--lock-budget", "500ms"]).run().code(5);
    contains(&output.stderr, "exchange public.events_legacy for its 5 parts");
    reader.batch_execute("rollback").await.unwrap();
}

#[tokio::test]
async fn an_interrupted_run_is_gone_on_with_or_taken_back() {
    // A key in the order of the primary key, and one in an order of its own.
    let other =
        "alter table events drop constraint events_pkey cascade; create unique index on events (at desc, id)";
    for (key, abort) in [("", false), ("", true), (other, false)] {
        let db = events().await;
        db.batch(key).await;
        let before = rows(&db).await;
        interrupted(&db).await;
        db.batch(
            "insert into events (at, sender, body) values ('2026-09-09Z', 1, 'between');
             update events set body = 'changed', at = at + interval '40 days' where id = 3;
             update events set at = '2026-12-24Z' where id = 4;
             delete from events where id = 5;
             delete from events where id = 10;",
        )
        .await;
        let changed = rows(&db).await;
        assert_ne!(before, changed);
        contains(&tend(&db, DRAIN).run().code(2).stderr, "has begun to split partitions");
        let drop = ["partition", "drop", "events", "--keep", "1 day", "--no-archive", "--yes"];
        let refused = at(&db, "2027-06-01T00:00:00Z", drop).run().code(1);
        contains(&refused.stderr, "a split, drain, merge or undo of public.events_legacy has begun");
        if abort {
            tend(&db, SPLIT).args(["--abort"]).run().success();
            assert_eq!(partitions(&db, "events").await.len(), 2);
        } else {
            tend(&db, SPLIT).args(["--yes"]).run().success();
            assert_eq!(partitions(&db, "events").await.len(), 6);
        }
        assert_eq!(rows(&db).await, changed);
        assert_eq!(left(&db).await, "");
    }
}

#[tokio::test]
async fn what_truncate_has_emptied_stays_empty() {
    let db = events().await;
    interrupted(&db).await;
    db.batch("truncate events cascade; insert into events (at, sender) values ('2026-09-09Z', 1)").await;
    tend(&db, SPLIT).args(["--yes"]).run().success();
    assert_eq!(db.value("select count(*) from events").await, "1");
    assert_eq!(partitions(&db, "events").await.len(), 6);
    assert_eq!(left(&db).await, "");
}

#[tokio::test]
async fn what_has_changed_on_the_table_is_copied_again() {
    let db = events().await;
    interrupted(&db).await;
    db.batch(
        "create index late on events (body); alter table events add column more int default 7;
         update events set more = 8 where id = 9",
    )
    .await;
    let expected = rows(&db).await;
    contains(
        &tend(&db, SPLIT).args(["--yes"]).run().success().stderr,
        "begin to copy again, for the table has changed",
    );
    assert_eq!(rows(&db).await, expected);
    assert_eq!(db.value("select count(*) from pg_inherits where inhparent = 'late'::regclass").await, "6");
    assert_eq!(left(&db).await, "");
}

/// As who loads data does, with all triggers disabled, and as who adds what the copies then lack.
#[tokio::test]
async fn what_nobody_has_noted_is_copied_again() {
    let unnoted = "alter table events_legacy disable trigger user;
                   update events set body = 'unnoted' where id = 9; delete from events where id = 11;
                   alter table events_legacy enable trigger user";
    for (meanwhile, why) in [
        (unnoted, "begin to copy again, for a trigger that notes changes was disabled"),
        (
            "alter table events add constraint checked check (id > 0)",
            "begin to copy again, for the table has changed",
        ),
    ] {
        let db = events().await;
        interrupted(&db).await;
        db.batch(meanwhile).await;
        let expected = rows(&db).await;
        contains(&tend(&db, SPLIT).args(["--yes"]).run().success().stderr, why);
        assert_eq!(rows(&db).await, expected);
        assert_eq!(left(&db).await, "");
    }
    for command in [&SPLIT[..], &UNDO[..]] {
        let db = events().await;
        let reader = db.client().await;
        reader.batch_execute("begin; select from events").await.unwrap();
        let mut run = tend(&db, []).args(command).args(["--yes"]).spawn();
        let mut said = BufReader::new(run.stderr.take().unwrap()).lines();
        assert!(said.any(|line| line.unwrap().contains("prove that they hold the same, ")));
        db.batch(unnoted).await;
        let expected = rows(&db).await;
        reader.batch_execute("commit").await.unwrap();
        assert!(said.any(|line| line.unwrap().contains("a trigger that notes changes was disabled")));
        assert_eq!(run.wait().unwrap().code(), Some(1));
        tend(&db, []).args(command).args(["--yes"]).run().success();
        assert_eq!(rows(&db).await, expected);
        assert_eq!(left(&db).await, "");
    }
}

#[tokio::test]
async fn an_older_snapshot_is_waited_for() {
    let db = events().await;
    let older = db.client().await;
    older.batch_execute("begin isolation level repeatable read; select count(*) from users").await.unwrap();
    let program = tend(&db, SPLIT).args(["--yes"]);
    let run = tokio::task::spawn_blocking(|| program.run());
    let ready = "select count(*) = 5 from pg_description where description ~ '^pgtend:replace new .* ready$'";
    while db.value(ready).await != "t" {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let count: i64 = older.query_one("select count(*) from events", &[]).await.unwrap().get(0);
    assert_eq!(count, 2400, "the exchange did not wait");
    older.batch_execute("commit").await.unwrap();
    run.await.unwrap().success();
    assert_eq!(partitions(&db, "events").await.len(), 6);
}

#[tokio::test]
async fn keys_of_other_kinds_and_names_that_need_quotes() {
    let db = Database::create().await;
    db.batch(
        r#"create table "Log ""s" ("the id" text, "Day" date, v float8, n int, primary key ("the id", "Day")) partition by range ("Day");
           create table "Old" partition of "Log ""s" for values from ('2026-01-01') to ('2026-04-01');
           insert into "Log ""s" select 'l' || n, '2026-01-01'::date + n % 90, n / 3.0 from generate_series(1, 500) as n;
           create table things (id uuid primary key, what text) partition by range (id);
           create table things_p2026 partition of things
               for values from ('019b76da-a800-0000-0000-000000000000') to ('019c2d63-2400-0000-0000-000000000000');
           insert into things values ('019b76da-a800-7000-8000-000000000000', 'a'), ('019bbfff-a800-7000-8000-000000000000', 'b');"#,
    )
    .await;
    let before = db.value(r#"select sum(hashtextextended(l::text, 0)::numeric) from "Log ""s" as l"#).await;
    tend(&db, ["partition", "split", "Log \"s", "--every", "month", "--yes"]).run().success();
    assert_eq!(
        db.value(r#"select sum(hashtextextended(l::text, 0)::numeric) from "Log ""s" as l"#).await,
        before
    );
    assert_eq!(db.value("select count(*) from pg_inherits as i join pg_class as c on c.oid = i.inhrelid where c.relkind = 'r' and relname ~ 'Log'").await, "3");
    tend(&db, ["partition", "split", "things", "--every", "week", "--encoding", "uuidv7", "--yes"])
        .run()
        .success();
    assert_eq!(db.value("select count(*) from things").await, "2");
    assert_eq!(left(&db).await, "");
}
