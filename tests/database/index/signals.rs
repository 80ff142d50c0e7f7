//! Ctrl-C: what the server works on is cancelled, what is left is told, and the next run finishes it.
use rustix::process::Signal;
use tokio_postgres::Client;

use super::support::{contains, indexes, invalid, tables};
use crate::common::database::Database;
use crate::common::program::Program;
use crate::support::{died_of, end, meanwhile, send, until};

const BACKENDS: &str = "select count(*) from pg_stat_activity where datname = current_database()
    and application_name like 'pgtend%'";
const BUILT: &str = "plain_gate_idx | t | CREATE INDEX plain_gate_idx ON public.plain USING btree (gate(id))";

/// A build with this function in its index waits for whoever holds the advisory lock.
const GATE: &str = "create function gate(int) returns int immutable language plpgsql as
    'begin perform pg_catalog.pg_advisory_xact_lock_shared(77); return $1; end'";

fn phase(like: &str) -> String {
    format!(
        "select count(*) from pg_stat_progress_create_index as p join pg_stat_activity as a on a.pid = p.pid
         where p.datname = current_database() and p.phase like '{like}%' and a.wait_event_type = 'Lock'"
    )
}

async fn holding(db: &Database, statement: &str) -> Client {
    let client = db.client().await;
    client.batch_execute(statement).await.unwrap();
    client
}

fn create(db: &Database, table: &str) -> Program {
    db.pgtend(["index", "create", table, "--columns", "gate(id)"])
}

async fn gated() -> Database {
    let db = tables().await;
    db.batch(GATE).await;
    db
}

#[tokio::test]
async fn while_an_old_transaction_is_waited_for() {
    let db = tables().await;
    let holder =
        holding(&db, "begin; insert into plain select * from plain limit 1; select pg_sleep(1.1)").await;
    let before = indexes(&db).await;
    let create = ["index", "create", "plain", "--columns", "id"];
    let mut run = db.pgtend(create).spawn();
    // The pause between two looks.
    meanwhile(&mut run, &db, "select count(*) from pg_stat_activity where datname = current_database() and query like '%old%' and application_name like 'pgtend%'", "1").await;
    send(&run, Signal::INT);
    let (status, said) = end(run);
    died_of(status, Signal::INT, &said);
    until(&db, BACKENDS, "0").await;
    assert_eq!(indexes(&db).await, before);
    holder.batch_execute("commit").await.unwrap();
    db.pgtend(create).run().success();
    assert_eq!(invalid(&db).await, "0");
}

#[tokio::test]
async fn while_rows_are_read() {
    for signal in [Signal::INT, Signal::TERM] {
        let db = gated().await;
        let gate = holding(&db, "select pg_advisory_lock(77)").await;
        let mut run = create(&db, "plain").spawn();
        meanwhile(&mut run, &db, &phase("building index"), "1").await;
        send(&run, signal);
        let (status, said) = end(run);
        died_of(status, signal, &said);
        contains(&said, "cancelling, waiting for the server");
        contains(&said, "build plain_gate_idx on public.plain");
        contains(
            &said,
            "an index that is not valid may be left; the next run takes it away and builds it again",
        );
        until(&db, BACKENDS, "0").await;
        assert_eq!(invalid(&db).await, "1");
        gate.batch_execute("select pg_advisory_unlock(77)").await.unwrap();
        create(&db, "plain").run().success();
        assert_eq!(indexes(&db).await, BUILT);
    }
}

#[tokio::test]
async fn while_writers_are_waited_for() {
    let db = gated().await;
    let gate = holding(&db, "select pg_advisory_lock(77)").await;
    let mut run = create(&db, "plain").spawn();
    meanwhile(&mut run, &db, &phase("building index"), "1").await;
    // Younger than the build: it begins, and cannot come to its end.
    let writer = holding(&db, "begin; update plain set name = 'x' where id = 1").await;
    gate.batch_execute("select pg_advisory_unlock(77)").await.unwrap();
    meanwhile(&mut run, &db, &phase("waiting for writers"), "1").await;
    send(&run, Signal::INT);
    let (status, said) = end(run);
    died_of(status, Signal::INT, &said);
    until(&db, BACKENDS, "0").await;
    assert_eq!(invalid(&db).await, "1");
    writer.batch_execute("commit").await.unwrap();
    create(&db, "plain").run().success();
    assert_eq!(indexes(&db).await, BUILT);
}

#[tokio::test]
async fn on_a_partitioned_table_what_is_built_stays() {
    let db = gated().await;
    let gate = holding(&db, "select pg_advisory_lock(77)").await;
    let mut run = create(&db, "events").spawn();
    meanwhile(&mut run, &db, &phase("building index"), "1").await;
    send(&run, Signal::INT);
    let (status, said) = end(run);
    died_of(status, Signal::INT, &said);
    contains(&said, "may be left");
    until(&db, BACKENDS, "0").await;
    gate.batch_execute("select pg_advisory_unlock(77)").await.unwrap();
    create(&db, "events").run().success();
    assert_eq!(invalid(&db).await, "0");
    assert_eq!(db.value("select count(*) from pg_partition_tree('events_gate_idx')").await, "5");
}

#[tokio::test]
async fn in_a_migration_the_statements_before_are_not_run_again() {
    let db = gated().await;
    let gate = holding(&db, "select pg_advisory_lock(77)").await;
    std::fs::create_dir(db.home().join("db")).unwrap();
    let file = "-- pgtend: no-transaction\ninsert into plain select * from plain where id = 1;\n\
                create index concurrently plain_gate_idx on plain (gate(id));\n";
    std::fs::write(db.home().join("db/V1__gate.sql"), file).unwrap();
    let up = ["migrate", "up", "--dir", "db"];
    let mut run = db.pgtend(up).spawn();
    meanwhile(&mut run, &db, &phase("building index"), "1").await;
    send(&run, Signal::INT);
    let (status, said) = end(run);
    died_of(status, Signal::INT, &said);
    contains(&said, "interrupted");
    contains(&said, "V1__gate.sql:3");
    contains(&said, "an index that is not valid may be left");
    until(&db, BACKENDS, "0").await;
    gate.batch_execute("select pg_advisory_unlock(77)").await.unwrap();
    db.pgtend(up).run().success();
    contains(&indexes(&db).await, BUILT);
    assert_eq!(invalid(&db).await, "0");
    assert_eq!(db.value("select count(*) from plain where id = 1").await, "2");
}
