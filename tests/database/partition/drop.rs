//! `partition drop`: what is due, what never goes, what has to be said beforehand, and what foreign keys ask for.
use super::support::{
    at, contains, empty_events, events, fingerprint, journal, leave_pending, mark, names, tend,
};
use crate::common::database::Database;

const YEAR: [&str; 6] = ["2026-07", "2026-08", "2026-09", "2026-10", "2026-11", "2026-12"];

#[tokio::test]
async fn whole_months_before_the_horizon_go() {
    let db = events(YEAR).await;
    db.batch("insert into events select g, timestamptz '2026-07-02' + g * interval '1 day' from generate_series(1, 160) as g")
        .await;
    // 2026-11-15 less two months is 2026-09-15: September still holds rows that are kept.
    let said = tend(&db, ["partition", "drop", "events", "--keep", "2 months", "--no-archive", "--yes"])
        .run()
        .success();
    assert_eq!(
        names(&db, "events").await,
        ["events_p2026_09", "events_p2026_10", "events_p2026_11", "events_p2026_12"]
    );
    assert_eq!(said.stdout, "");
    assert_eq!(said.stderr.lines().count(), 2, "{}", said.stderr);
    for month in ["07", "08"] {
        contains(&said.stderr, &format!("drop public.events_p2026_{month}"));
        assert_eq!(db.value(&format!("select to_regclass('events_p2026_{month}')")).await, "");
    }
    let said = tend(&db, ["partition", "drop", "events", "--keep", "2 months", "--no-archive", "--yes"])
        .run()
        .success();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
}

#[tokio::test]
async fn the_horizon_is_calendar_time() {
    let cases = [
        // The last instant before a month is old enough, and the first after.
        ("2026-10-31T23:59:59Z", "2 months", 1),
        ("2026-11-01T00:00:00Z", "2 months", 2),
        // The 31st less one month is the 30th.
        ("2026-10-31T00:00:00Z", "1 month", 2),
        ("2026-10-01T00:00:00Z", "61 days", 1),
        ("2026-10-01T00:00:00Z", "62 days", 0),
        ("2026-10-01T00:00:00Z", "1 month 1 day", 1),
        ("2027-09-01T00:00:00Z", "1 year", 2),
    ];
    let db = events(["2026-07", "2026-08", "2026-09", "2026-10", "2026-11"]).await;
    for (now, keep, gone) in cases {
        let said = at(&db, now, ["partition", "drop", "events", "--keep", keep, "--dry-run"]).run().success();
        assert_eq!(said.stdout.matches("drop table").count(), gone, "{now} {keep}\n{}", said.stdout);
    }
}

#[tokio::test]
async fn never_the_current_one_nor_the_last() {
    let db = events(["2026-09", "2026-10", "2026-11", "2026-12"]).await;
    let keep_an_hour = ["partition", "drop", "events", "--keep", "1 hour", "--no-archive", "--yes"];
    tend(&db, keep_an_hour).run().success();
    assert_eq!(names(&db, "events").await, ["events_p2026_11", "events_p2026_12"]);

    let db = events(["2026-01", "2026-02"]).await;
    tend(&db, keep_an_hour).run().success();
    assert_eq!(names(&db, "events").await, ["events_p2026_02"]);
    tend(&db, keep_an_hour).run().success();
    assert_eq!(names(&db, "events").await, ["events_p2026_02"]);
}

#[tokio::test]
async fn more_than_max_drop_are_an_accident_until_told_otherwise() {
    let db = events(YEAR).await;
    let before = fingerprint(&db).await;
    let said =
        tend(&db, ["partition", "drop", "events", "--keep", "1 day", "--no-archive", "--yes"]).run().code(2);
    contains(
        &said.stderr,
        "4 partitions of public.events are due (public.events_p2026_07 to public.events_p2026_10), more than --max-drop 3",
    );
    contains(&said.stderr, "hint: if this is meant, pass --max-drop 4");
    assert_eq!(fingerprint(&db).await, before);
    tend(&db, ["partition", "drop", "events", "--keep", "1 day", "--no-archive", "--yes", "--max-drop", "4"])
        .run()
        .success();
    assert_eq!(names(&db, "events").await, ["events_p2026_11", "events_p2026_12"]);
}

#[tokio::test]
async fn rows_go_for_good_only_when_that_is_said() {
    let db = events(YEAR).await;
    let before = fingerprint(&db).await;
    let said = tend(&db, ["partition", "drop", "events", "--keep", "2 months", "--yes"]).run().code(2);
    contains(&said.stderr, "2 partitions are due, and nothing says where the rows are archived");
    contains(
        &said.stderr,
        "hint: pass --archive FOLDER; or --no-archive to let the rows go for good; or --mode detach",
    );
    // Nobody can be asked here.
    let said = tend(&db, ["partition", "drop", "events", "--keep", "2 months", "--no-archive"]).run().code(2);
    contains(&said.stderr, "partition public.events_p2026_07");
    contains(&said.stderr, "There is no terminal to answer on; nothing was changed");
    contains(&said.stderr, "hint: pass --yes to agree beforehand");
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn detached_partitions_stay_as_tables() {
    let db = events(YEAR).await;
    db.batch("insert into events values (1, '2026-07-05')").await;
    tend(&db, ["partition", "drop", "events", "--keep", "3 months", "--mode", "detach"]).run().success();
    assert_eq!(
        names(&db, "events").await,
        ["events_p2026_08", "events_p2026_09", "events_p2026_10", "events_p2026_11", "events_p2026_12"]
    );
    assert_eq!(db.value("select count(*) from events_p2026_07").await, "1");
    assert_eq!(db.value("select obj_description('events_p2026_07'::regclass)").await, "");
    // It is not taken for one that is to be dropped.
    tend(&db, ["partition", "drop", "events", "--keep", "3 months", "--no-archive", "--yes"]).run().success();
    assert_eq!(db.value("select count(*) from events_p2026_07").await, "1");
}

#[tokio::test]
async fn with_a_default_partition_the_detach_locks_for_an_instant() {
    let db = events(YEAR).await;
    db.batch("create table events_default partition of events default; insert into events values (1, '2019-01-01')").await;
    let said = tend(&db, ["partition", "drop", "events", "--keep", "3 months", "--no-archive", "--yes"])
        .run()
        .success();
    contains(&said.stderr, "the default partition forbids a concurrent detach");
    assert_eq!(names(&db, "events").await.len(), 6);
    assert_eq!(db.value("select count(*) from events").await, "1");
}

/// `orders` refers from outside to what `events` holds.
async fn referenced(on_delete: &str) -> Database {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch(&format!(
        "alter table events add primary key (id, at);
         create table orders (number int primary key, event_id bigint, event_at timestamptz,
                              constraint of_event foreign key (event_id, event_at) references events {on_delete});
         insert into events select g, '2026-08-05' from generate_series(1, 6000) as g;
         insert into events values (1, '2026-11-05');
         insert into orders values (10, 1, '2026-08-05'), (11, 2, '2026-08-05'), (12, 1, '2026-11-05'), (13, null, null)"
    ))
    .await;
    db
}

const DROP_AUGUST: [&str; 7] = ["partition", "drop", "events", "--keep", "2 months", "--no-archive", "--yes"];

#[tokio::test]
async fn rows_that_others_refer_to_stop_it() {
    for on_delete in ["", "on delete restrict"] {
        let db = referenced(on_delete).await;
        let before = fingerprint(&db).await;
        let said = tend(&db, DROP_AUGUST).run().code(1);
        contains(&said.stderr, "partitions of public.events are still referred to; nothing was changed");
        contains(
            &said.stderr,
            "detail: 2 rows of public.orders refer to public.events_p2026_08 (of_event, ON DELETE ",
        );
        assert_eq!(fingerprint(&db).await, before);
        assert_eq!(db.value("select count(*) from events").await, "6001");

        db.batch("delete from orders where number in (10, 11)").await;
        tend(&db, DROP_AUGUST).run().success();
        assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
        assert_eq!(db.value("select count(*) from orders").await, "2");
    }
}

#[tokio::test]
async fn cascade_set_null_and_set_default_are_honoured() {
    let cases = [
        ("on delete cascade", "12:1 13:"),
        ("on delete set null", "10: 11: 12:1 13:"),
        ("on delete set default", "10: 11: 12:1 13:"),
    ];
    for (on_delete, orders) in cases {
        let db = referenced(on_delete).await;
        let said = tend(&db, DROP_AUGUST).run().success();
        contains(&said.stderr, "rows go by DELETE, so that of_event of public.orders (ON DELETE");
        contains(
            &said.stderr,
            "public.orders is read whole for each row that goes, as no index begins with a column of of_event",
        );
        assert_eq!(
            db.value("select string_agg(number || ':' || coalesce(event_id::text, ''), ' ' order by number) from orders").await,
            orders
        );
        assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
        assert_eq!(db.value("select to_regclass('events_p2026_08')").await, "");
        // The rule still stands.
        let broken =
            db.client().await.batch_execute("insert into orders values (20, 99, '2026-11-05')").await;
        assert_eq!(broken.unwrap_err().code().unwrap().code(), "23503");
    }
}

#[tokio::test]
async fn what_cascades_further_is_named_before_consent() {
    let db = referenced("on delete cascade").await;
    db.batch(
        "create table lines (order_number int references orders on delete cascade, line int primary key);
         create table notes (line int references lines on delete set null);
         create table refunds (order_number int references orders);
         insert into lines values (10, 1); insert into notes values (1)",
    )
    .await;
    let said = tend(&db, DROP_AUGUST).args(["--dry-run"]).run().success();
    contains(
        &said.stdout,
        "also 2 rows of public.orders by ON DELETE CASCADE; also what refers to those in public.lines, public.notes",
    );
    tend(&db, DROP_AUGUST).run().success();
    assert_eq!(db.value("select count(*) from lines").await, "0");
}

#[tokio::test]
async fn an_error_after_some_batches_says_what_is_gone() {
    let db = referenced("on delete cascade").await;
    db.batch(
        "create function refuse() returns trigger language plpgsql as
             $$ begin if old.id = 6000 then raise 'not this one'; end if; return old; end $$;
         create trigger refuse before delete on events_p2026_08 for each row execute function refuse()",
    )
    .await;
    let said = tend(&db, DROP_AUGUST).run().code(1);
    contains(&said.stderr, "not this one");
    let gone = 6000 - db.value("select count(*) from events_p2026_08").await.parse::<i32>().unwrap();
    assert!(gone > 0);
    contains(
        &said.stderr,
        &format!("detail: {gone} rows were dealt with before, batch by batch, and stay so"),
    );
}

/// As those that only mark a row as deleted do.
#[tokio::test]
async fn rows_that_a_trigger_keeps_stop_it() {
    for how in ["--no-archive", "--archive=archive"] {
        let db = referenced("on delete cascade").await;
        db.batch(
            "create table marked (id bigint);
             create function mark() returns trigger language plpgsql as
                 $$ begin insert into marked values (old.id); return null; end $$;
             create trigger mark before delete on events for each row execute function mark()",
        )
        .await;
        let drop = ["partition", "drop", "events", "--keep", "2 months", "--yes", how];
        let said = tend(&db, drop).run().code(1);
        contains(&said.stderr, "0 of its rows went: a trigger or a rule keeps them");
        assert_eq!(db.value("select count(*) from marked").await, "0");
        assert_eq!(names(&db, "events").await, ["events_p2026_08", "events_p2026_10", "events_p2026_11"]);
    }
}

/// Each row of `events_p2026_08` takes so many seconds to go.
async fn slow_to_delete(db: &Database, seconds: &str) {
    db.batch(&format!(
        "delete from orders; delete from events where id > 8;
         create function slow() returns trigger language plpgsql as
             $$ begin perform pg_catalog.pg_sleep({seconds}); return old; end $$;
         create trigger slow before delete on events_p2026_08 for each row execute function slow()"
    ))
    .await;
}

#[tokio::test]
async fn batches_shrink_until_they_are_done_within_the_lock_timeout() {
    let db = referenced("on delete cascade").await;
    slow_to_delete(&db, "0.2").await;
    // Five rows take longer than the timeout, whatever else the machine does.
    tend(&db, DROP_AUGUST).args(["--lock-timeout", "800ms"]).run().success();
    assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
}

#[tokio::test]
async fn a_row_that_cannot_go_in_time_is_an_error_that_names_the_usual_cause() {
    let db = referenced("on delete cascade").await;
    slow_to_delete(&db, "10").await;
    let said = tend(&db, DROP_AUGUST).args(["--lock-timeout", "50ms"]).run().code(1);
    contains(&said.stderr, "canceling statement due to statement timeout");
    contains(&said.stderr, "look for a foreign key that refers to the table and has no index on its columns");
    assert_eq!(db.value("select count(*) from events_p2026_08").await, "8");
}

#[tokio::test]
async fn a_busy_row_is_waited_for_within_the_budget() {
    let db = referenced("on delete cascade").await;
    let other = db.client().await;
    other.batch_execute("begin; select from events_p2026_08 where id = 3 for update").await.unwrap();
    tend(&db, DROP_AUGUST).args(["--lock-budget", "300ms"]).run().code(5);
    // Nothing of a batch is left behind, nor done by halves.
    assert_eq!(db.value("select count(*) from events_p2026_08").await, "6000");
    other.batch_execute("rollback").await.unwrap();
    tend(&db, DROP_AUGUST).run().success();
}

#[tokio::test]
async fn what_refers_to_others_is_truncated_before_it_goes() {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch(
        "create table users (id bigint primary key); insert into users values (1);
         alter table events add foreign key (id) references users;
         insert into events values (1, '2026-08-05')",
    )
    .await;
    tend(&db, DROP_AUGUST).run().success();
    contains(&journal(&db).await, "truncate public.events_p2026_08: done");
    assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
    assert_eq!(db.value("select to_regclass('events_p2026_08')").await, "");
}

#[tokio::test]
async fn an_old_transaction_is_told_of_once_and_not_at_every_look() {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    let old = db.client().await;
    old.batch_execute("begin; select count(*) from events; select pg_sleep(1.1)").await.unwrap();
    let said = tend(&db, DROP_AUGUST).args(["--lock-budget", "2s", "--json"]).run().code(5);
    assert_eq!(said.stdout.matches("\"event\":\"waiting\"").count(), 1, "{}", said.stdout);
}

const PENDING: &str = "select count(*) from pg_inherits where inhdetachpending";

#[tokio::test]
async fn a_pending_detach_is_finalized_by_whatever_runs_next() {
    let create: &[&str] = &["partition", "create", "events", "--ahead", "0"];
    let drop: &[&str] = &["partition", "drop", "events", "--keep", "1 year"];
    let maintain: &[&str] = &["partition", "maintain", "events", "--ahead", "0"];
    for command in [create, drop, maintain] {
        let db = events(["2026-09", "2026-10", "2026-11"]).await;
        db.batch("insert into events values (1, '2026-09-05')").await;
        leave_pending(&db, "events_p2026_09").await;
        let said = tend(&db, []).args(command).run().success();
        contains(&said.stderr, "finalize the interrupted detach of public.events_p2026_09");
        assert_eq!(db.value(PENDING).await, "0", "{command:?}");
        // Nobody asked for its end: it is a table of its own.
        assert_eq!(db.value("select count(*) from events_p2026_09").await, "1");
        assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
        let again = tend(&db, []).args(command).run().success();
        assert_eq!(again.stderr, "");
    }
}

#[tokio::test]
async fn a_pending_detach_of_a_marked_partition_is_finalized_and_dropped() {
    let db = events(["2026-09", "2026-10", "2026-11"]).await;
    mark(&db, "events_p2026_09", "").await;
    leave_pending(&db, "events_p2026_09").await;
    tend(&db, ["partition", "drop", "events", "--keep", "1 month", "--no-archive", "--yes"]).run().success();
    assert_eq!(db.value("select to_regclass('events_p2026_09')").await, "");
}

#[tokio::test]
async fn a_stranded_table_is_dropped_by_the_next_run() {
    let db = events(["2026-09", "2026-10", "2026-11"]).await;
    mark(&db, "events_p2026_09", "").await;
    db.batch("alter table events detach partition events_p2026_09").await;
    // Its rows are out of sight already, and still they do not go without a word.
    tend(&db, ["partition", "drop", "events", "--keep", "1 month", "--no-archive"]).run().code(2);
    assert_eq!(db.value("select count(*) from events_p2026_09").await, "0");
    tend(&db, ["partition", "drop", "events", "--keep", "1 month", "--no-archive", "--yes"]).run().success();
    assert_eq!(db.value("select to_regclass('events_p2026_09')").await, "");
}

#[tokio::test]
async fn a_mark_goes_when_more_is_kept_and_the_comment_comes_back() {
    let db = events(["2026-08", "2026-09", "2026-10", "2026-11"]).await;
    mark(&db, "events_p2026_08", "\nsummer\nof 2026").await;
    mark(&db, "events_p2026_09", "").await;
    tend(&db, ["partition", "drop", "events", "--keep", "1 year", "--no-archive", "--yes"]).run().success();
    assert_eq!(names(&db, "events").await.len(), 4);
    assert_eq!(db.value("select obj_description('events_p2026_08'::regclass)").await, "summer\nof 2026");
    assert_eq!(db.value("select obj_description('events_p2026_09'::regclass)").await, "");
}

#[tokio::test]
async fn a_partition_marked_to_be_dropped_and_then_detached_is_kept() {
    let db = events(["2026-08", "2026-09", "2026-10", "2026-11"]).await;
    mark(&db, "events_p2026_08", "\nsummer").await;
    tend(&db, ["partition", "drop", "events", "--keep", "2 months", "--mode", "detach"]).run().success();
    assert_eq!(db.value("select obj_description('events_p2026_08'::regclass)").await, "summer");
    tend(&db, ["partition", "drop", "events", "--keep", "2 months", "--no-archive", "--yes"]).run().success();
    assert_eq!(db.value("select count(*) from events_p2026_08").await, "0");
}

#[tokio::test]
async fn a_new_partition_does_not_inherit_the_mark_of_its_sibling() {
    let db = events(["2026-08", "2026-09"]).await;
    mark(&db, "events_p2026_09", "\nautumn").await;
    tend(&db, ["partition", "create", "events", "--ahead", "0"]).run().success();
    assert_eq!(db.value("select obj_description('events_p2026_11'::regclass)").await, "autumn");
}

#[tokio::test]
async fn foreign_tables_are_left_to_people() {
    let db = events(["2026-10", "2026-11"]).await;
    db.batch(
        "create foreign data wrapper nowhere; create server nowhere foreign data wrapper nowhere;
         create foreign table events_far partition of events
             for values from ('2026-08-01 00:00+00') to ('2026-09-01 00:00+00') server nowhere",
    )
    .await;
    let before = fingerprint(&db).await;
    let said = tend(&db, DROP_AUGUST).run().code(1);
    contains(&said.stderr, "public.events_far is a foreign table");
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn what_others_depend_on_is_not_even_detached() {
    for (statement, dependent) in [
        (
            "create view august as select * from events_p2026_08",
            "view public.august depends on public.events_p2026_08",
        ),
        (
            "create materialized view august as select * from events_p2026_08",
            "materialized view public.august depends on",
        ),
        (
            "create function august() returns bigint begin atomic select count(*) from events_p2026_08; end",
            "function public.august() depends on public.events_p2026_08",
        ),
        (
            "alter table events_p2026_08 add primary key (id);
             create table orders (id bigint constraint of_august references events_p2026_08)",
            "constraint of_august on table public.orders depends on public.events_p2026_08",
        ),
    ] {
        let db = events(["2026-08", "2026-10", "2026-11"]).await;
        db.batch(statement).await;
        // What hangs on the parent, or belongs to the partition, is not in the way.
        db.batch(
            "create view everything as select * from events; alter table events alter note set default 'x';
             create table users (id bigint primary key); alter table events add foreign key (id) references users;
             create index on events (note); create statistics pair (dependencies) on id, note from events_p2026_08;
             create policy own on events_p2026_08 using (id > 0); create publication shared for table events_p2026_08;
             create function touch() returns trigger language plpgsql as $$ begin return new; end $$;
             create trigger touch before insert on events_p2026_08 for each row execute function touch()",
        )
        .await;
        let before = fingerprint(&db).await;
        let said = tend(&db, DROP_AUGUST).run().code(1);
        contains(
            &said.stderr,
            "other objects depend on partitions of public.events that are due; nothing was changed",
        );
        contains(&said.stderr, dependent);
        assert_eq!(said.stderr.matches("depends on").count(), 1, "{}", said.stderr);
        assert_eq!(fingerprint(&db).await, before);
        if dependent.starts_with("view") {
            db.batch("drop view august").await;
            tend(&db, DROP_AUGUST).run().success();
        } else {
            let detach = ["partition", "drop", "events", "--keep", "2 months", "--mode", "detach"];
            tend(&db, detach).run().success();
        }
        assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
    }
}

#[tokio::test]
async fn a_sub_partitioned_month_goes_whole() {
    let db = events(["2026-10", "2026-11"]).await;
    db.batch(
        "create table events_p2026_08 partition of events
             for values from ('2026-08-01 00:00+00') to ('2026-09-01 00:00+00') partition by list (note);
         create table events_p2026_08_a partition of events_p2026_08 default;
         insert into events values (1, '2026-08-05', 'a')",
    )
    .await;
    tend(&db, DROP_AUGUST).run().success();
    assert_eq!(db.value("select count(*) from pg_class where relname like 'events_p2026_08%'").await, "0");
}

#[tokio::test]
async fn spans_that_mean_nothing_or_the_opposite_are_refused() {
    let db = events(["2026-01", "2026-11"]).await;
    let before = fingerprint(&db).await;
    for keep in [
        "0 months",
        "-1 months",
        "-1 year 360 days",
        "1 year -400 days",
        "12",
        "3m",
        "",
        "1.5 months",
        "99999999999 years",
    ] {
        // With `=`: a value that begins with a hyphen would be a flag otherwise.
        let keep = format!("--keep={keep}");
        tend(&db, ["partition", "drop", "events", "--no-archive", "--yes", &keep]).run().code(2);
        assert_eq!(fingerprint(&db).await, before, "{keep}");
    }
    let said = tend(&db, ["partition", "drop", "events", "--no-archive", "--yes"]).run().code(2);
    contains(&said.stderr, "nothing says how long rows are kept");
}

#[tokio::test]
async fn open_ended_partitions_are_due_when_their_end_is() {
    let db = empty_events().await;
    db.batch(
        "create table past partition of events for values from (minvalue) to ('2026-08-01 00:00+00');
         create table rest partition of events for values from ('2026-08-01 00:00+00') to (maxvalue)",
    )
    .await;
    tend(
        &db,
        ["partition", "drop", "events", "--every", "month", "--keep", "1 month", "--no-archive", "--yes"],
    )
    .run()
    .success();
    assert_eq!(names(&db, "events").await, ["rest"]);
}
