//! What the tests of the partition commands share: a fixed now, usual tables, and how partitions are told.
use std::time::Duration;

use crate::common::database::Database;
use crate::common::program::Program;
pub use crate::support::{contains, fingerprint};

/// The instant that the tests take for now.
pub const NOW: &str = "2026-11-15T12:00:00Z";

/// The program at [`NOW`].
pub fn tend<const N: usize>(db: &Database, arguments: [&str; N]) -> Program {
    at(db, NOW, arguments)
}

/// The program at an instant.
pub fn at<const N: usize>(db: &Database, now: &str, arguments: [&str; N]) -> Program {
    db.pgtend(arguments).args(["--now", now])
}

/// A database with `events`, partitioned by the timestamptz `at`, without partitions.
pub async fn empty_events() -> Database {
    let db = Database::create().await;
    db.batch("create table events (id bigint, at timestamptz not null, note text) partition by range (at)")
        .await;
    db
}

/// As [`empty_events`], with a partition for each of some months, named as pgtend names them.
pub async fn events<const N: usize>(months: [&str; N]) -> Database {
    let db = empty_events().await;
    for month in months {
        add_month(&db, "events", month).await;
    }
    db
}

/// `month` as `2026-11`.
pub async fn add_month(db: &Database, table: &str, month: &str) {
    let name = month.replace('-', "_");
    db.batch(&format!(
        "do $$ begin execute format(
             'create table {table}_p{name} partition of {table} for values from (%L) to (%L)',
             timestamp '{month}-01' at time zone 'UTC', (timestamp '{month}-01' + interval '1 month') at time zone 'UTC');
         end $$"
    ))
    .await;
}

/// The partitions of a table, in the order of their names: `events_p2026_11 2026-11-01 00:00:00+00 2026-12-01 00:00:00+00`.
pub async fn partitions(db: &Database, table: &str) -> Vec<String> {
    let text = db
        .value(&format!(
            r"set timezone = 'UTC'; set datestyle = 'ISO';
              select string_agg(
                  c.relname || ' ' || replace(replace(replace(
                      pg_get_expr(c.relpartbound, c.oid), 'FOR VALUES FROM (', ''), ') TO (', ' '), ')', ''),
                  E'\n' order by c.relname)
              from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
              where i.inhparent = '{table}'::regclass"
        ))
        .await;
    text.lines().map(|line| line.replace('\'', "")).collect()
}

/// As [`partitions`], the names alone.
pub async fn names(db: &Database, table: &str) -> Vec<String> {
    let partitions = partitions(db, table).await;
    partitions.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// A detach that another session's transaction holds up, cancelled: pending from then on.
pub async fn leave_pending(db: &Database, partition: &str) {
    let reader = db.client().await;
    reader.batch_execute("begin; select count(*) from events").await.unwrap();
    let detacher = db.client().await;
    let cancel = detacher.cancel_token();
    let detach = format!("alter table events detach partition {partition} concurrently");
    let detached = tokio::spawn(async move { detacher.batch_execute(&detach).await });
    while db.value("select count(*) from pg_inherits where inhdetachpending").await != "1" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    cancel.cancel_query(tokio_postgres::NoTls).await.unwrap();
    assert_eq!(detached.await.unwrap().unwrap_err().code().unwrap().code(), "57014");
    reader.batch_execute("rollback").await.unwrap();
}

/// As a run that was killed after its first step leaves a partition, or after the detach a table that was one.
pub async fn mark(db: &Database, partition: &str, comment: &str) {
    let mark = db
        .value(&format!(
            "select format('pgtend:drop parent=%s oid=%s from=0 to=%s', 'events'::regclass::oid, c.oid,
                           (extract(epoch from coalesce(substring(pg_get_expr(c.relpartbound, c.oid),
                                                        $$TO \\('([^']+)$$)::timestamptz, 'epoch')) * 1000000)::bigint)
             from pg_class as c where c.oid = '{partition}'::regclass"
        ))
        .await;
    db.batch(&format!("comment on table {partition} is '{mark}{comment}'")).await;
}

/// Gives a table the mark that another one bears, for itself.
pub async fn mark_as(db: &Database, table: &str, marked: &str) {
    db.batch(&format!(
        "do $$ begin execute format('comment on table {table} is %L', regexp_replace(
             split_part(obj_description('{marked}'::regclass), e'\\n', 1), ' oid=[0-9]+ ',
             format(' oid=%s ', '{table}'::regclass::oid))); end $$"
    ))
    .await;
}

/// What the journal says was done, in order.
pub async fn journal(db: &Database) -> String {
    db.value("select string_agg(summary || ': ' || outcome, E'\n' order by id) from pgtend.run").await
}
