//! SIGINT and SIGTERM: the server is told to cancel, the process dies of the signal, and nothing is left that the
//! next run does not finish.
use std::net::TcpListener;
use std::process::Child;

use rustix::process::Signal;
use tokio_postgres::Client;

use super::support::{contains, events, fingerprint, names, tend};
use crate::common::database::Database;
use crate::common::program::{Program, pgtend};
use crate::support::{died_of, end, meanwhile, send, until};

const WAITING: &str = "select count(*) from pg_stat_activity where datname = current_database()
    and application_name like 'pgtend%' and wait_event_type = 'Lock'";
const BACKENDS: &str = "select count(*) from pg_stat_activity where datname = current_database() and application_name like 'pgtend%'";

/// With attempts that last, so that the signal meets one.
fn create(db: &Database) -> Program {
    tend(db, ["partition", "create", "events", "--ahead", "1", "--lock-timeout", "700ms"])
}

#[tokio::test]
async fn while_it_waits_for_a_lock() {
    for signal in [Signal::INT, Signal::TERM] {
        let db = events(["2026-11"]).await;
        std::fs::write(db.home().join("pgtend.toml"), "[journal]\nenabled = false\n").unwrap();
        let before = fingerprint(&db).await;
        let holder = db.client().await;
        holder.batch_execute("begin; lock table only events in share update exclusive mode").await.unwrap();
        let mut run = create(&db).spawn();
        meanwhile(&mut run, &db, WAITING, "1").await;
        send(&run, signal);
        let (status, said) = end(run);
        died_of(status, signal, &said);
        contains(&said, "cancelling, waiting for the server");
        until(&db, BACKENDS, "0").await;
        holder.batch_execute("commit").await.unwrap();
        assert_eq!(fingerprint(&db).await, before);
        create(&db).run().success();
        assert_eq!(names(&db, "events").await.len(), 2);
    }
}

#[tokio::test]
async fn while_it_waits_for_a_server_that_says_nothing() {
    for signal in [Signal::INT, Signal::TERM] {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = format!("host=127.0.0.1 port={} user=alice", silent.local_addr().unwrap().port());
        let run = pgtend(["report", "locks", "-d", place.as_str()]).spawn();
        let heard = silent.accept().unwrap();
        send(&run, signal);
        let (status, said) = end(run);
        died_of(status, signal, &said);
        drop(heard);
    }
}

#[tokio::test]
async fn while_it_pauses_between_attempts() {
    let db = events(["2026-11"]).await;
    let holder = db.client().await;
    holder.batch_execute("begin; lock table only events in share update exclusive mode").await.unwrap();
    let mut run =
        tend(&db, ["partition", "create", "events", "--ahead", "1", "--lock-timeout", "1ms"]).spawn();
    meanwhile(&mut run, &db, "select (count(*) > 0)::text from pg_class where relname = 'run'", "true").await;
    send(&run, Signal::INT);
    let (status, said) = end(run);
    died_of(status, Signal::INT, &said);
    holder.batch_execute("commit").await.unwrap();
    assert_eq!(names(&db, "events").await.len(), 1);
}

async fn reader(db: &Database) -> Client {
    let client = db.client().await;
    client.batch_execute("begin; select count(*) from events").await.unwrap();
    client
}

/// Whether a detach is pending, after a moment.
async fn pending(run: &mut Child, db: &Database) -> bool {
    for _ in 0..50 {
        if db.value("select count(*) from pg_inherits where inhdetachpending").await == "1" {
            return true;
        }
        assert!(run.try_wait().unwrap().is_none(), "it ended before the detach began");
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    false
}

#[tokio::test]
async fn while_a_detach_waits_for_others() {
    for signal in [Signal::INT, Signal::TERM] {
        let db = events(["2026-09", "2026-10", "2026-11"]).await;
        db.batch("insert into events values (1, '2026-09-05')").await;
        let drop = ["partition", "drop", "events", "--keep", "1 month", "--no-archive", "--yes"];
        let mut reader = reader(&db).await;
        let mut run = tend(&db, drop).spawn();
        // An old reader would be waited for before the detach begins: each is relieved by a younger one.
        while !pending(&mut run, &db).await {
            let younger = self::reader(&db).await;
            reader.batch_execute("commit").await.unwrap();
            reader = younger;
        }
        send(&run, signal);
        let (status, said) = end(run);
        died_of(status, signal, &said);
        until(&db, BACKENDS, "0").await;
        reader.batch_execute("commit").await.unwrap();
        assert_eq!(db.value("select count(*) from pg_inherits where inhdetachpending").await, "1");
        // Whatever runs next brings it to its end.
        tend(&db, drop).run().success();
        assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
        assert_eq!(db.value("select to_regclass('events_p2026_09')").await, "");
    }
}

#[tokio::test]
async fn the_check_on_the_default_partition_goes_before_the_run_does() {
    let db = events(["2026-11"]).await;
    db.batch("create table events_default partition of events default; insert into events values (1, '2020-01-01')").await;
    // In the way of the attach alone: the check is on the default partition by then.
    let holder = db.client().await;
    holder.batch_execute("begin; lock table only events in share update exclusive mode").await.unwrap();
    let mut run = create(&db).spawn();
    until(
        &db,
        "select count(*) from pg_constraint where conname = 'pgtend_default_window' and convalidated",
        "1",
    )
    .await;
    meanwhile(&mut run, &db, WAITING, "1").await;
    send(&run, Signal::TERM);
    let (status, said) = end(run);
    died_of(status, Signal::TERM, &said);
    assert_eq!(
        db.value("select count(*) from pg_constraint where conname = 'pgtend_default_window'").await,
        "0"
    );
    holder.batch_execute("commit").await.unwrap();
    assert_eq!(names(&db, "events").await.len(), 2);
}

#[tokio::test]
async fn the_second_one_does_not_wait() {
    let db = events(["2026-11"]).await;
    db.batch("create table events_default partition of events default; insert into events values (1, '2020-01-01')").await;
    let holder = db.client().await;
    holder.batch_execute("begin; lock table only events in share update exclusive mode").await.unwrap();
    let mut run = create(&db).spawn();
    until(
        &db,
        "select count(*) from pg_constraint where conname = 'pgtend_default_window' and convalidated",
        "1",
    )
    .await;
    meanwhile(&mut run, &db, WAITING, "1").await;
    // Now the clean-up cannot come to its end.
    let reader = db.client().await;
    reader.batch_execute("begin; select count(*) from events_default").await.unwrap();
    send(&run, Signal::INT);
    meanwhile(
        &mut run,
        &db,
        "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and not granted",
        "1",
    )
    .await;
    send(&run, Signal::INT);
    let (status, said) = end(run);
    died_of(status, Signal::INT, &said);
    assert_eq!(
        db.value("select count(*) from pg_constraint where conname = 'pgtend_default_window'").await,
        "1"
    );
    reader.batch_execute("commit").await.unwrap();
    holder.batch_execute("commit").await.unwrap();
    create(&db).run().success();
    assert_eq!(
        db.value("select count(*) from pg_constraint where conname = 'pgtend_default_window'").await,
        "0"
    );
    assert_eq!(names(&db, "events").await.len(), 3);
}
