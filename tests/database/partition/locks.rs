//! Locks of others, and other runs: who is in the way is told, nobody is held up for long, nothing is left behind.
use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use tokio_postgres::Client;

use super::support::{contains, events, fingerprint, names, tend};
use crate::common::database::Database;

/// Lines of a run's stderr as they come.
struct Said {
    child: Child,
    lines: Receiver<String>,
    all: String,
}

impl Said {
    fn of(mut child: Child) -> Self {
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (send, lines) = channel();
        thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(|line| drop(send.send(line))));
        Self { child, lines, all: String::new() }
    }

    /// Waits until a line holds the text.
    #[track_caller]
    fn wait_for(&mut self, text: &str) {
        while !self.all.contains(text) {
            match self.lines.recv() {
                Ok(line) => self.all = format!("{}{line}\n", self.all),
                Err(_) => panic!("it ended without `{text}`:\n{}", self.all),
            }
        }
    }

    fn end(mut self) -> (Option<i32>, String) {
        self.all.extend(self.lines.iter().map(|line| format!("{line}\n")));
        (self.child.wait().unwrap().code(), self.all)
    }
}

/// A session that holds a lock under a name of its own.
async fn holder(db: &Database, lock: &str) -> Client {
    let client = db.client().await;
    client.batch_execute(&format!("set application_name = 'nightly report'; begin; {lock}")).await.unwrap();
    client
}

const CREATE: [&str; 5] = ["partition", "create", "events", "--ahead", "1"];

#[tokio::test]
async fn a_lock_in_the_way_is_told_and_waited_out() {
    let db = events(["2026-11"]).await;
    let holder = holder(&db, "lock table events in share update exclusive mode").await;
    let pid = holder.query_one("select pg_backend_pid()", &[]).await.unwrap().get::<_, i32>(0);
    let mut said = Said::of(tend(&db, CREATE).spawn());
    said.wait_for("nightly report");
    contains(&said.all, "public.events: locks are busy (attempt 1), next try in");
    contains(
        &said.all,
        &format!("pid {pid}, user postgres, application nightly report, idle in transaction"),
    );
    contains(&said.all, "ShareUpdateExclusiveLock on public.events");
    holder.batch_execute("commit").await.unwrap();
    let (code, stderr) = said.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(names(&db, "events").await, ["events_p2026_11", "events_p2026_12"]);
}

#[tokio::test]
async fn a_table_that_cannot_even_be_read_is_busy() {
    let db = events(["2026-11"]).await;
    db.batch("create table events_default partition of events default; insert into events values (1, '2020-01-01')")
        .await;
    let before = fingerprint(&db).await;
    let holder = holder(&db, "lock table events_default in access exclusive mode").await;
    // What lies in the default partition has to be read before anything can be planned.
    let said = tend(&db, CREATE).args(["--lock-budget", "300ms", "--lock-timeout", "50ms"]).run().code(5);
    contains(&said.stderr, "55P03");
    holder.batch_execute("rollback").await.unwrap();
    assert_eq!(fingerprint(&db).await, before);
    tend(&db, CREATE).run().success();
}

#[tokio::test]
async fn a_spent_budget_ends_in_5_and_changes_nothing() {
    let db = events(["2026-11"]).await;
    // The journal is no part of what must not change.
    let no_journal = "[journal]\nenabled = false\n";
    std::fs::write(db.home().join("pgtend.toml"), no_journal).unwrap();
    let before = fingerprint(&db).await;
    let holder = holder(&db, "lock table events in share update exclusive mode").await;
    let said = tend(&db, CREATE).args(["--lock-budget", "300ms", "--lock-timeout", "50ms"]).run().code(5);
    contains(&said.stderr, "attempts to get the locks");
    contains(&said.stderr, "0 steps were done before; nothing has happened");
    contains(&said.stderr, "canceling statement due to lock timeout (SQLSTATE 55P03, sql/apply/lock.sql)");
    contains(&said.stderr, "detail: blocked by pid ");
    contains(&said.stderr, "application nightly report");
    contains(&said.stderr, "hint: run the same command again later, or give it more time with --lock-budget");
    holder.batch_execute("commit").await.unwrap();
    assert_eq!(fingerprint(&db).await, before);
    tend(&db, CREATE).run().success();
}

#[tokio::test]
async fn readers_and_writers_of_the_parent_are_not_in_the_way() {
    let db = events(["2026-11"]).await;
    let holder =
        holder(&db, "select count(*) from events; insert into events values (1, '2026-11-05')").await;
    let said = tend(&db, CREATE).run().success();
    assert!(!said.stderr.contains("locks are busy"), "{}", said.stderr);
    holder.batch_execute("commit").await.unwrap();
    assert_eq!(names(&db, "events").await.len(), 2);
}

#[tokio::test]
async fn a_reader_of_the_default_partition_is_waited_for_in_short_attempts() {
    let db = events(["2026-11"]).await;
    db.batch("create table events_default partition of events default").await;
    let holder = holder(&db, "select count(*) from events").await;
    let mut said = Said::of(tend(&db, CREATE).args(["--lock-timeout", "50ms"]).spawn());
    said.wait_for("AccessShareLock on public.events_default");
    // Between the attempts others come through.
    db.batch("insert into events values (1, '2026-11-05'); select count(*) from events").await;
    holder.batch_execute("commit").await.unwrap();
    let (code, stderr) = said.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(names(&db, "events").await.len(), 3);
}

#[tokio::test]
async fn a_writer_of_a_referenced_table_is_waited_for() {
    let db = events(["2026-11"]).await;
    db.batch("create table users (id bigint primary key, name text); insert into users values (1); alter table events add foreign key (id) references users")
        .await;
    let holder = holder(&db, "update users set name = 'x'").await;
    let mut said = Said::of(tend(&db, CREATE).spawn());
    said.wait_for("RowExclusiveLock on public.users");
    holder.batch_execute("commit").await.unwrap();
    let (code, stderr) = said.end();
    assert_eq!(code, Some(0), "{stderr}");
}

#[tokio::test]
async fn old_transactions_are_waited_for_before_a_detach_begins() {
    let db = events(["2026-09", "2026-10", "2026-11"]).await;
    let drop =
        ["partition", "drop", "events", "--keep", "1 month", "--no-archive", "--yes", "--lock-budget", "2s"];
    let holder = holder(&db, "select count(*) from events; select pg_sleep(1.1)").await;
    let said = tend(&db, drop).run().code(5);
    contains(&said.stderr, "old transactions use public.events");
    contains(&said.stderr, "detail: waited for pid ");
    assert_eq!(db.value("select count(*) from pg_inherits where inhdetachpending").await, "0");
    assert_eq!(names(&db, "events").await.len(), 3);
    let mut said = Said::of(tend(&db, drop).spawn());
    said.wait_for("waits for older transactions");
    holder.batch_execute("commit").await.unwrap();
    let (code, stderr) = said.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
}

#[tokio::test]
async fn another_run_on_the_table_is_named() {
    let db = events(["2026-11"]).await;
    let other = db.client().await;
    other
        .batch_execute(
            "set application_name = 'pgtend partition maintain';
             select pg_advisory_lock(1885826148, 'events'::regclass::oid::integer)",
        )
        .await
        .unwrap();
    let before = fingerprint(&db).await;
    let said = tend(&db, CREATE).args(["--lock-budget", "200ms"]).run().code(5);
    contains(&said.stderr, "another run holds public.events");
    contains(&said.stderr, "application pgtend partition maintain");
    assert_eq!(fingerprint(&db).await, before);
    // Another table is free, and a run that finds nothing to do does not ask.
    db.batch("create table logs (at date) partition by range (at)").await;
    tend(&db, ["partition", "create", "logs", "--every", "month"]).run().success();
    tend(&db, ["partition", "create", "events", "--ahead", "0", "--lock-budget", "200ms"]).run().success();
    other.batch_execute("select pg_advisory_unlock_all()").await.unwrap();
    tend(&db, CREATE).run().success();
}

#[tokio::test]
async fn the_session_says_who_it_is() {
    let db = events(["2026-11"]).await;
    let holder = holder(&db, "lock table events in share update exclusive mode").await;
    let mut said = Said::of(tend(&db, CREATE).spawn());
    said.wait_for("locks are busy");
    let application = db.value("select string_agg(distinct application_name, ' ') from pg_stat_activity where application_name like 'pgtend%'").await;
    contains(&application, "pgtend partition create");
    holder.batch_execute("commit").await.unwrap();
    assert_eq!(said.end().0, Some(0));
}
