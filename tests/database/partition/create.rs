//! `partition create`: which partitions are made, with which bounds and names.
use super::support::{add_month, at, contains, empty_events, events, fingerprint, names, partitions, tend};
use crate::common::database::Database;

#[tokio::test]
async fn months_ahead_and_behind_of_a_new_table() {
    let db = empty_events().await;
    let said =
        tend(&db, ["partition", "create", "events", "--every", "month", "--ahead", "2", "--behind", "1"]);
    let said = said.run().success();
    assert_eq!(
        partitions(&db, "events").await,
        [
            "events_p2026_10 2026-10-01 00:00:00+00 2026-11-01 00:00:00+00",
            "events_p2026_11 2026-11-01 00:00:00+00 2026-12-01 00:00:00+00",
            "events_p2026_12 2026-12-01 00:00:00+00 2027-01-01 00:00:00+00",
            "events_p2027_01 2027-01-01 00:00:00+00 2027-02-01 00:00:00+00",
        ]
    );
    assert_eq!(said.stdout, "");
    assert_eq!(said.stderr.lines().count(), 1, "{}", said.stderr);
    contains(
        &said.stderr,
        "public.events: create 4 partitions, public.events_p2026_10 to public.events_p2027_01",
    );
}

#[tokio::test]
async fn every_period_has_its_bounds_and_names() {
    let expected = [
        ("hour", "2026-11-15 12:00:00+00 2026-11-15 13:00:00+00", "t_p2026_11_15_12 t_p2026_11_15_13"),
        ("day", "2026-11-15 00:00:00+00 2026-11-16 00:00:00+00", "t_p2026_11_15 t_p2026_11_16"),
        ("week", "2026-11-09 00:00:00+00 2026-11-16 00:00:00+00", "t_p2026_w46 t_p2026_w47"),
        ("month", "2026-11-01 00:00:00+00 2026-12-01 00:00:00+00", "t_p2026_11 t_p2026_12"),
        ("quarter", "2026-10-01 00:00:00+00 2027-01-01 00:00:00+00", "t_p2026_q4 t_p2027_q1"),
        ("year", "2026-01-01 00:00:00+00 2027-01-01 00:00:00+00", "t_p2026 t_p2027"),
    ];
    let db = Database::create().await;
    for (every, first, expected_names) in expected {
        db.batch("drop table if exists t; create table t (at timestamptz) partition by range (at)").await;
        tend(&db, ["partition", "create", "t", "--every", every, "--ahead", "1"]).run().success();
        let found = partitions(&db, "t").await;
        assert_eq!(found[0].split_once(' ').unwrap().1, first, "{every}");
        assert_eq!(names(&db, "t").await.join(" "), expected_names);
    }
}

#[tokio::test]
async fn the_second_run_does_nothing_and_says_nothing() {
    let db = empty_events().await;
    let create = || tend(&db, ["partition", "create", "events", "--every", "month"]).run().success();
    create();
    let before = fingerprint(&db).await;
    let said = create();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn existing_partitions_are_known_by_their_bounds_and_tell_the_period() {
    let db = empty_events().await;
    db.batch(
        r#"create table "Whatever" partition of events for values from ('2026-11-01 00:00+00') to ('2026-12-01 00:00+00');
           create table events_old partition of events for values from ('2026-10-01 00:00+00') to ('2026-11-01 00:00+00')"#,
    )
    .await;
    tend(&db, ["partition", "create", "events", "--ahead", "1"]).run().success();
    assert_eq!(names(&db, "events").await, ["Whatever", "events_old", "events_p2026_12"]);
}

#[tokio::test]
async fn months_in_which_nobody_ran_it_are_filled() {
    let db = events(["2026-06", "2026-07"]).await;
    tend(&db, ["partition", "create", "events", "--ahead", "0"]).run().success();
    assert_eq!(
        names(&db, "events").await.join(" "),
        "events_p2026_06 events_p2026_07 events_p2026_08 events_p2026_09 events_p2026_10 events_p2026_11"
    );
}

#[tokio::test]
async fn a_gap_is_not_filled_beyond_what_is_kept() {
    let db = events(["2026-01"]).await;
    std::fs::write(
        db.home().join("pgtend.toml"),
        "[[partition]]\ntable = \"events\"\nevery = \"month\"\nahead = 0\nkeep = \"2 months\"\n",
    )
    .unwrap();
    tend(&db, ["partition", "create"]).run().success();
    assert_eq!(
        names(&db, "events").await.join(" "),
        "events_p2026_01 events_p2026_09 events_p2026_10 events_p2026_11"
    );
}

#[tokio::test]
async fn a_hole_among_the_coming_months_is_filled() {
    let db = events(["2026-11", "2027-01"]).await;
    tend(&db, ["partition", "create", "events", "--ahead", "2"]).run().success();
    assert_eq!(names(&db, "events").await, ["events_p2026_11", "events_p2026_12", "events_p2027_01"]);
}

#[tokio::test]
async fn a_partition_takes_what_drifted_neighbours_leave_and_says_so() {
    let db = events(["2026-10", "2026-11"]).await;
    db.batch("create table drifted partition of events for values from ('2026-12-01 00:00+00') to ('2027-01-04 23:00+00')")
        .await;
    let said =
        tend(&db, ["partition", "create", "events", "--every", "month", "--ahead", "3"]).run().success();
    assert_eq!(
        partitions(&db, "events").await[2..],
        [
            "events_p2026_11 2026-11-01 00:00:00+00 2026-12-01 00:00:00+00",
            "events_p2027_01 2027-01-04 23:00:00+00 2027-02-01 00:00:00+00",
            "events_p2027_02 2027-02-01 00:00:00+00 2027-03-01 00:00:00+00",
        ]
    );
    contains(
        &said.stderr,
        "public.events_p2027_01 gets what its neighbours leave: 2027-01-04 23:00:00+00 to 2027-02-01",
    );
}

#[tokio::test]
async fn two_gaps_in_one_period_are_left_to_people() {
    let db = events(["2026-11"]).await;
    db.batch("create table island partition of events for values from ('2026-12-10 00:00+00') to ('2026-12-20 00:00+00')")
        .await;
    let before = fingerprint(&db).await;
    let said = tend(&db, ["partition", "create", "events", "--every", "month"]).run().code(1);
    contains(&said.stderr, "more than one gap in one month");
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn open_ended_partitions_leave_nothing_to_make() {
    let db = empty_events().await;
    db.batch(
        "create table past partition of events for values from (minvalue) to ('2026-11-01 00:00+00');
         create table rest partition of events for values from ('2026-11-01 00:00+00') to (maxvalue)",
    )
    .await;
    tend(&db, ["partition", "create", "events", "--every", "month"]).run().success();
    assert_eq!(names(&db, "events").await, ["past", "rest"]);
}

#[tokio::test]
async fn an_open_past_joins_the_first_month() {
    let db = empty_events().await;
    db.batch("create table past partition of events for values from (minvalue) to ('2026-11-01 00:00+00')")
        .await;
    tend(&db, ["partition", "create", "events", "--every", "month", "--ahead", "0"]).run().success();
    assert_eq!(names(&db, "events").await, ["events_p2026_11", "past"]);
}

#[tokio::test]
async fn ends_of_years_and_leap_days() {
    let expected = [
        ("month", "2027-12-31T23:59:59Z", "t_p2027_12 2027-12-01 2028-01-01"),
        ("month", "2028-02-29T00:00:00Z", "t_p2028_02 2028-02-01 2028-03-01"),
        ("day", "2028-02-29T23:59:59Z", "t_p2028_02_29 2028-02-29 2028-03-01"),
        ("year", "2028-12-31T00:00:00Z", "t_p2028 2028-01-01 2029-01-01"),
        ("week", "2027-01-01T00:00:00Z", "t_p2026_w53 2026-12-28 2027-01-04"),
        ("quarter", "2027-12-31T23:59:59Z", "t_p2027_q4 2027-10-01 2028-01-01"),
    ];
    let db = Database::create().await;
    for (every, now, partition) in expected {
        db.batch("drop table if exists t; create table t (d date) partition by range (d)").await;
        at(&db, now, ["partition", "create", "t", "--every", every, "--ahead", "0"]).run().success();
        assert_eq!(partitions(&db, "t").await, [partition]);
    }
}

#[tokio::test]
async fn names_follow_the_template() {
    let db = empty_events().await;
    let template = "{table} of {yyyy}/{mm}";
    tend(&db, ["partition", "create", "events", "--every", "month", "--ahead", "0", "--name", template])
        .run()
        .success();
    assert_eq!(db.value("select relname from pg_class where relispartition").await, "events of 2026/11");
    let said =
        tend(&db, ["partition", "create", "events", "--every", "day", "--name", "{table}_{yyyy}_{mm}"]).run();
    contains(&said.code(1).stderr, "does not tell one day from the next");
}

#[tokio::test]
async fn without_a_word_about_the_period_nothing_is_guessed() {
    let db = empty_events().await;
    let said = tend(&db, ["partition", "create", "events"]).run().code(1);
    contains(&said.stderr, "do not tell the length of a period");
    contains(&said.stderr, "hint: say it with --every");
}

#[tokio::test]
async fn new_partitions_go_where_the_newest_one_lies() {
    let db = events(["2026-10"]).await;
    db.batch("create schema parts; alter table events_p2026_10 set schema parts").await;
    tend(&db, ["partition", "create", "events", "--ahead", "0"]).run().success();
    assert_eq!(
        db.value("select relnamespace::regnamespace from pg_class where relname = 'events_p2026_11'").await,
        "parts"
    );
}

#[tokio::test]
async fn a_hundred_and_more_are_made_in_one_go() {
    let db = empty_events().await;
    tend(&db, ["partition", "create", "events", "--every", "hour", "--ahead", "249"]).run().success();
    assert_eq!(partitions(&db, "events").await.len(), 250);
    // The hours follow each other without a gap.
    assert_eq!(
        db.value(
            "select count(*) from generate_series(timestamptz '2026-11-15 12:00+00', '2026-11-25 21:30+00', '30 min') as g(at)
             where (select count(*) from pg_class as c where relispartition
                    and pg_get_expr(relpartbound, oid) like
                        'FOR VALUES FROM (''' || date_trunc('hour', g.at) || ''') TO (''' || date_trunc('hour', g.at) + interval '1 hour' || ''')') = 1"
        )
        .await,
        "500"
    );
}

#[tokio::test]
async fn an_index_a_key_and_a_check_of_the_parent_come_along() {
    let db = empty_events().await;
    db.batch(
        "alter table events add primary key (id, at);
         create index on events (note);
         alter table events add constraint short check (length(note) < 10)",
    )
    .await;
    tend(&db, ["partition", "create", "events", "--every", "month", "--ahead", "0"]).run().success();
    db.batch("insert into events values (1, '2026-11-02', 'short')").await;
    assert_eq!(
        db.value(
            "select (select count(*) from pg_index where indrelid = 'events_p2026_11'::regclass) || ' '
                 || (select count(*) from pg_inherits where inhparent in
                        (select indexrelid from pg_index where indrelid = 'events'::regclass)) || ' '
                 || (select string_agg(conname || ' ' || conislocal || ' ' || coninhcount, ', ' order by conname)
                     from pg_constraint where conrelid = 'events_p2026_11'::regclass and contype = 'c')"
        )
        .await,
        "2 2 short false 1"
    );
}

#[tokio::test]
async fn a_table_in_another_schema_and_two_tables_at_once() {
    let db = events(["2026-11"]).await;
    db.batch("create schema app; create table app.logs (at timestamptz) partition by range (at)").await;
    tend(&db, ["partition", "create", "events", "app.logs", "--every", "month", "--ahead", "1"])
        .run()
        .success();
    assert_eq!(names(&db, "events").await, ["events_p2026_11", "events_p2026_12"]);
    assert_eq!(names(&db, "app.logs").await, ["logs_p2026_11", "logs_p2026_12"]);
    assert_eq!(
        db.value("select relnamespace::regnamespace from pg_class where relname = 'logs_p2026_12'").await,
        "app"
    );
}

#[tokio::test]
async fn a_missing_table_does_not_stop_the_other() {
    let db = events(["2026-11"]).await;
    add_month(&db, "events", "2026-12").await;
    let said = tend(&db, ["partition", "create", "event", "events", "--ahead", "2"]).run().code(6);
    contains(&said.stderr, "no table `event` in database");
    contains(&said.stderr, "did you mean `public.events`?");
    assert_eq!(names(&db, "events").await, ["events_p2026_11", "events_p2026_12", "events_p2027_01"]);
}
