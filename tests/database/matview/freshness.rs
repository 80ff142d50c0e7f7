//! What counts as changed: every way in which the rows below a view become others, and all that nobody can tell.
use super::support::{contains, counted, left, outcomes, reason, refresh, refresh_all, sales};
use crate::common::database::Database;

#[tokio::test]
async fn a_view_over_unchanged_tables_is_skipped_until_something_changes() {
    let db = sales().await;
    assert_eq!(refresh_all(&db), ["daily concurrent"]);
    let said = refresh(&db, &["--all", "--json"]).success();
    assert_eq!(outcomes(&said), ["daily skipped"]);
    assert_eq!(reason(&said, "public.daily"), "nothing below has changed");
    let changes = [
        ("insert into sales values (5000, '2026-05-01', 1)", 1001),
        ("update sales set amount = 2 where id = 5000", 1002),
        ("delete from sales where id = 5000", 1003),
        ("truncate sales", 0),
    ];
    for (change, rows) in changes {
        db.batch(change).await;
        counted(&db, "sales", rows).await;
        assert_eq!(refresh_all(&db), ["daily concurrent"], "{change}");
        assert_eq!(refresh_all(&db), ["daily skipped"], "after {change}");
    }
}

#[tokio::test]
async fn force_and_age_have_their_say() {
    let db = sales().await;
    refresh_all(&db);
    let forced = refresh(&db, &["daily", "--force", "--json"]).success();
    assert_eq!(outcomes(&forced), ["daily concurrent"]);
    db.batch("insert into sales values (5000, '2026-05-01', 1)").await;
    counted(&db, "sales", 1001).await;
    let young = refresh(&db, &["daily", "--max-age", "1h", "--json"]).success();
    assert_eq!(outcomes(&young), ["daily skipped"]);
    contains(&reason(&young, "public.daily"), "ago, and 1h is young enough");
    std::fs::write(db.home().join("pgtend.toml"), "[[matview]]\nname = \"daily\"\nmax_age = \"1h\"\n")
        .unwrap();
    assert_eq!(refresh_all(&db), ["daily skipped"]);
    // Who names a view wants it now.
    let named = refresh(&db, &["daily", "--json"]).success();
    assert_eq!(outcomes(&named), ["daily concurrent"]);
}

#[tokio::test]
async fn partitions_and_children_are_looked_into() {
    let db = Database::create().await;
    db.batch(
        "create table events (id int, at date) partition by range (at);
         create table events_a partition of events for values from ('2026-01-01') to ('2026-02-01');
         insert into events values (1, '2026-01-01');
         create materialized view counted as select count(*) as n from events",
    )
    .await;
    counted(&db, "events_a", 1).await;
    refresh_all(&db);
    assert_eq!(refresh_all(&db), ["counted skipped"]);
    db.batch("insert into events values (2, '2026-01-02')").await;
    counted(&db, "events_a", 2).await;
    assert_eq!(refresh_all(&db), ["counted swap"]);
    assert_eq!(refresh_all(&db), ["counted skipped"]);
    db.batch("create table events_b partition of events for values from ('2026-02-01') to ('2026-03-01')")
        .await;
    assert_eq!(refresh_all(&db), ["counted swap"]);
    db.batch("alter table events detach partition events_a").await;
    assert_eq!(refresh_all(&db), ["counted swap"]);
    assert_eq!(db.value("select n from counted").await, "0");
}

#[tokio::test]
async fn another_definition_of_a_view_between_is_a_change() {
    let db = sales().await;
    db.batch("create view v as select 1 as x from sales; create materialized view over_v as select x from v")
        .await;
    refresh_all(&db);
    assert_eq!(refresh_all(&db), ["daily skipped", "over_v skipped"]);
    db.batch("create or replace view v as select 2 as x from sales").await;
    left().await;
    assert_eq!(refresh_all(&db), ["daily skipped", "over_v swap"]);
    assert_eq!(db.value("select max(x) from over_v").await, "2");
}

#[tokio::test]
async fn a_refresh_below_is_a_change_and_one_by_others_is_seen() {
    let db = sales().await;
    db.batch("create materialized view above as select sum(sales) as n from daily").await;
    refresh_all(&db);
    assert_eq!(refresh_all(&db), ["daily skipped", "above skipped"]);
    db.batch("refresh materialized view daily").await;
    left().await;
    assert_eq!(refresh_all(&db), ["daily skipped", "above swap"]);
}

#[tokio::test]
async fn what_may_change_by_itself_is_never_skipped() {
    let db = Database::create().await;
    db.batch(
        "create foreign data wrapper far;
         create server elsewhere foreign data wrapper far;
         create foreign table away (x int) server elsewhere;
         create table t (x int, at timestamptz);
         create function own() returns int immutable language sql as 'select 1';
         create view v as select x from t where at < now();
         create materialized view a as select x, now() as at from t;
         create materialized view b as select x, current_date as day from t;
         create materialized view c as select x from v;
         create materialized view d as select x, own() from t;
         create materialized view e as select x, random() from t;
         create materialized view f as select 1 as x;
         create materialized view g as select x from t tablesample system (50);
         create materialized view h as select date_trunc('day', at), to_char(at, 'YYYY'), upper(x::text) from t;
         create materialized view i as select x from away with no data;
         create sequence numbers; create materialized view j as select last_value from numbers",
    )
    .await;
    refresh(&db, &["a", "b", "c", "d", "e", "f", "g", "h", "j", "--json"]).success();
    let said = refresh(&db, &["a", "b", "c", "d", "e", "f", "g", "h", "j", "--json"]).success();
    let expected =
        ["a swap", "b swap", "c swap", "d swap", "e swap", "f swap", "g swap", "h skipped", "j swap"];
    assert_eq!(outcomes(&said), expected);
    let list = db.pgtend(["matview", "list", "--json"]).run().success().json();
    let why = |view: usize| list["views"][view]["unknown_because"].as_str().unwrap_or_default().to_owned();
    assert_eq!(why(0), "it calls now()");
    assert_eq!(why(1), "it reads the clock or the current user");
    assert_eq!(why(3), "it calls own()");
    assert_eq!(why(6), "it takes a random sample");
}

#[tokio::test]
async fn counters_that_began_anew_tell_nothing() {
    let db = sales().await;
    refresh_all(&db);
    let reset =
        "select pg_stat_get_db_stat_reset_time(oid) from pg_database where datname = current_database()";
    let before = db.value(reset).await;
    db.batch("select pg_stat_reset()").await;
    while db.value(reset).await == before {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let said = refresh(&db, &["--all", "--json"]).success();
    assert_eq!(outcomes(&said), ["daily concurrent"]);
    db.batch(&format!("alter database {} set track_counts = off", db.name())).await;
    assert_eq!(refresh_all(&db), ["daily concurrent"]);
}

/// A session that wrote a moment ago keeps for itself what it writes then.
#[tokio::test]
async fn what_an_open_session_has_not_reported_is_not_taken_for_unchanged() {
    let db = sales().await;
    let writer = db.client().await;
    writer.batch_execute("insert into sales values (5000, '2026-05-01', 1)").await.unwrap();
    refresh_all(&db);
    writer.batch_execute("update sales set amount = 2 where id = 5000").await.unwrap();
    let said = refresh(&db, &["--all", "--json"]).success();
    assert_eq!(outcomes(&said), ["daily concurrent"]);
    assert_eq!(db.value("select amount from daily where day = '2026-05-01'").await, "2");
}

#[tokio::test]
async fn what_a_procedure_commits_as_it_goes_is_not_taken_for_unchanged() {
    let db = sales().await;
    db.batch(
        "create procedure work() language plpgsql as $$ begin
             update sales set amount = 7 where id = 1; commit;
             perform pg_advisory_lock(1); perform pg_advisory_unlock(1);
             update sales set amount = 8 where id = 1; commit;
             perform pg_advisory_lock(2); perform pg_advisory_unlock(2);
         end $$",
    )
    .await;
    let (first, second, worker) = (db.client().await, db.client().await, db.client().await);
    first.batch_execute("select pg_advisory_lock(1)").await.unwrap();
    second.batch_execute("select pg_advisory_lock(2)").await.unwrap();
    let amount = async |expected: &str| {
        while db.value("select amount from sales where id = 1").await != expected {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    };
    let steps = async {
        amount("7").await;
        refresh_all(&db);
        first.batch_execute("select pg_advisory_unlock(1)").await.unwrap();
        drop(first);
        amount("8").await;
        let said = refresh(&db, &["--all", "--json"]).success();
        assert_eq!(outcomes(&said), ["daily concurrent"]);
        contains(&reason(&said, "public.daily"), "may not have reported what it wrote");
        second.batch_execute("select pg_advisory_unlock(2)").await.unwrap();
    };
    let (worked, ()) = tokio::join!(worker.batch_execute("call work()"), steps);
    worked.unwrap();
}

#[tokio::test]
async fn a_transaction_that_is_older_than_the_refresh_keeps_nothing_from_being_skipped() {
    let db = sales().await;
    let reader = db.client().await;
    reader.batch_execute("begin; select 1").await.unwrap();
    refresh_all(&db);
    reader.batch_execute("select 2").await.unwrap();
    assert_eq!(refresh_all(&db), ["daily skipped"]);
}

/// Where a refresh is dearer than to wait until they have told all, it waits.
#[tokio::test]
async fn a_dear_view_waits_for_sessions_to_report_and_is_skipped() {
    let db = sales().await;
    let other = db.client().await;
    refresh_all(&db);
    other.batch_execute("create table elsewhere (); select 1").await.unwrap();
    let major: u32 =
        db.value("select current_setting('server_version_num')::int / 10000").await.parse().unwrap();
    if major < 15 {
        // There an idle session may keep what it wrote until it ends.
        assert_eq!(refresh_all(&db), ["daily concurrent"]);
        return;
    }
    db.batch("update pgtend.matview_refresh set duration_ms = 60000").await;
    assert_eq!(refresh_all(&db), ["daily skipped"]);
}

#[tokio::test]
async fn other_settings_of_the_database_are_a_change() {
    let db = sales().await;
    refresh_all(&db);
    db.batch(&format!("alter database {} set timezone = 'Asia/Tokyo'", db.name())).await;
    left().await;
    let said = refresh(&db, &["--all", "--json"]).success();
    assert_eq!(outcomes(&said), ["daily concurrent"]);
    assert_eq!(refresh_all(&db), ["daily skipped"]);
}
