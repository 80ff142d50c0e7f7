//! Readers and other runs: nobody queues behind a refresh that waits, and two runs do not meet on one view.
use std::time::{Duration, Instant};

use super::support::{contains, outcomes, refresh, sales};

/// Takes its time, so that a test can look at what happens meanwhile.
const SLOW: &str = "
create function slow() returns int volatile language plpgsql as 'begin perform pg_sleep(2.5); return 1; end';
create materialized view late as select slow() as x with no data";

#[tokio::test]
async fn a_second_run_leaves_a_view_alone_that_the_first_works_on() {
    let db = sales().await;
    db.batch(SLOW).await;
    db.batch("create materialized view above as select * from late with no data").await;
    let first = db.pgtend(["matview", "refresh", "late"]).spawn();
    let working = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep' and application_name = 'pgtend matview refresh'";
    while db.value(working).await != "1" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let said = refresh(&db, &["late", "above"]).code(5);
    contains(&said.stderr, "public.above: skipped: it reads public.late, which another run works on");
    let said = refresh(&db, &["--all", "--json"]).success();
    assert_eq!(outcomes(&said), ["daily concurrent", "late busy", "above busy"]);
    contains(&said.stderr, "public.late: skipped: another run works on it: pid ");
    assert_eq!(first.wait_with_output().unwrap().status.code(), Some(0));
}

#[tokio::test]
async fn readers_do_not_queue_behind_a_plain_refresh_that_waits() {
    let db = sales().await;
    let holder = db.client().await;
    holder.batch_execute("begin; select * from daily").await.unwrap();
    let run = db.pgtend(["matview", "refresh", "daily", "--mode", "plain", "--lock-budget", "900ms"]).spawn();
    let reader = db.client().await;
    let (began, mut reads) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_millis(900) {
        reader.batch_execute("select * from daily").await.unwrap();
        reads += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let done = run.wait_with_output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(5), "{said}");
    contains(&said, "AccessShareLock on public.daily");
    assert!(reads > 2, "{reads} reads");
    holder.batch_execute("commit").await.unwrap();
}

#[tokio::test]
async fn a_reader_does_not_stop_a_concurrent_refresh() {
    let db = sales().await;
    let holder = db.client().await;
    holder.batch_execute("begin; select * from daily").await.unwrap();
    db.batch("insert into sales values (5000, '2027-05-01', 1)").await;
    refresh(&db, &["daily", "--mode", "concurrent"]).success();
    holder.batch_execute("commit").await.unwrap();
    assert_eq!(db.value("select count(*) from daily").await, "101");
}

#[tokio::test]
async fn a_signal_stops_the_server_too_and_the_view_stays_as_it_was() {
    let db = sales().await;
    db.batch(SLOW).await;
    for mode in ["plain", "swap"] {
        let run = db.pgtend(["matview", "refresh", "late", "--mode", mode]).spawn();
        let working = "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'";
        while db.value(working).await != "1" {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let pid = rustix::process::Pid::from_raw(i32::try_from(run.id()).unwrap()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let done = run.wait_with_output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), None, "{said}");
        contains(&said, "cancelling, waiting for the server");
        assert_eq!(db.value("select relispopulated from pg_class where relname = 'late'").await, "f");
        assert_eq!(
            db.value("select count(*) from pg_class where relname like 'pgtend%'").await,
            "0",
            "{mode}"
        );
        assert_eq!(
            db.value("select outcome from pgtend.matview_refresh order by id desc limit 1").await,
            "failed"
        );
    }
}

#[tokio::test]
async fn waits_for_the_lock_are_not_logged_as_readers_held() {
    let db = sales().await;
    let holder = db.client().await;
    holder.batch_execute("begin; select * from daily").await.unwrap();
    let run = db.pgtend(["matview", "refresh", "daily", "--mode", "plain", "--json"]).spawn();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    holder.batch_execute("commit").await.unwrap();
    assert_eq!(run.wait_with_output().unwrap().status.code(), Some(0));
    let log = db.pgtend(["matview", "log", "--json"]).run().success().json();
    let number = |name: &str| log["refreshes"][0][name].as_f64().unwrap();
    assert!(number("duration_ms") - number("readers_held_ms") > 500.0, "{log}");
}

#[tokio::test]
async fn a_dry_run_of_plain_tells_that_readers_wait() {
    let db = sales().await;
    let said = refresh(&db, &["daily", "--mode", "plain", "--dry-run"]).success();
    contains(
        &said.stdout,
        "ACCESS EXCLUSIVE on public.daily, while it reads the tables below; readers and writers wait as long",
    );
    let said = refresh(&db, &["daily", "--mode", "concurrent", "--dry-run"]).success();
    contains(&said.stdout, "readers");
    assert!(!said.stdout.contains("wait as long"), "{}", said.stdout);
}
