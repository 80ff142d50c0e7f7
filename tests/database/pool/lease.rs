//! The pool by itself.
use std::time::Duration;

use pgtend::failure::{Exit, Failure};
use pgtend::pg::pool::{Limits, Pool};
use pgtend::pg::session::{Purpose, Session};
use pgtend::pg::settings::{Environment, Flags, Settings};
use tokio_postgres::SimpleQueryMessage;

use crate::common::database::Database;

fn pool(db: &Database, limits: Limits, read_only: bool) -> Pool {
    let flags = Flags { dbname: Some(db.url()), ..Flags::default() };
    let settings = Settings::resolve(&flags, &Environment::default()).unwrap();
    let purpose = Purpose { application_name: "pgtend test".to_owned(), read_only };
    Pool::new(settings, purpose, limits).unwrap()
}

async fn value(session: &Session, query: &str) -> String {
    let messages = session.client().simple_query(query).await.unwrap();
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    row.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn nothing_of_one_use_is_there_in_the_next() {
    let db = Database::create().await;
    let role = db.role("worker").await;
    let pool = pool(&db, Limits { max: 1, ..Limits::default() }, false);
    let first = pool.get().await.unwrap();
    let pid = first.facts().pid;
    let fresh =
        value(&first, "select string_agg(name || '=' || setting, ' ' order by name) from pg_settings").await;
    let dirt = format!(
        "create temp table leftover (id int); select pg_advisory_lock(7); listen news;
         set statement_timeout = '1ms'; set lock_timeout = '9s'; set search_path = public; set role {role};
         begin; select 1/0"
    );
    first.client().batch_execute(&dirt).await.unwrap_err();
    first.shield(true);
    drop(first);
    let second = pool.get().await.unwrap();
    assert_eq!(second.facts().pid, pid, "another session");
    let settings = "select string_agg(name || '=' || setting, ' ' order by name) from pg_settings";
    assert_eq!(value(&second, settings).await, fresh);
    let rest = "select (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())
                || ' ' || coalesce(to_regclass('pg_temp.leftover')::text, 'none') || ' '
                || (select count(*) from pg_listening_channels()) || ' ' || current_user";
    assert_eq!(value(&second, rest).await, "0 none 0 postgres");
    assert_eq!(value(&second, "show transaction_isolation").await, "read committed");
}

#[tokio::test]
async fn a_session_that_reads_still_only_reads() {
    let db = Database::create().await;
    let pool = pool(&db, Limits { max: 1, ..Limits::default() }, true);
    for _ in 0..2 {
        let session = pool.get().await.unwrap();
        let refused = session.client().batch_execute("create table t (id int)").await.unwrap_err();
        assert_eq!(refused.code().map(|code| code.code()), Some("25006"));
        session.client().batch_execute("set default_transaction_read_only = off").await.unwrap();
    }
}

#[tokio::test]
async fn a_session_is_closed_after_so_many_uses_and_when_it_was_idle() {
    let db = Database::create().await;
    let pool =
        pool(&db, Limits { max: 2, uses: 2, min: 0, idle: Duration::ZERO, ..Limits::default() }, false);
    let mut pids = Vec::new();
    for _ in 0..4 {
        pids.push(pool.get().await.unwrap().facts().pid);
    }
    assert!(pids[0] == pids[1] && pids[1] != pids[2] && pids[2] == pids[3], "{pids:?}");
    assert_eq!(pool.saturation().open, 1);
    pool.tidy();
    assert_eq!(pool.saturation().open, 0);
}

#[tokio::test]
async fn no_more_than_so_many_and_a_dead_one_is_replaced() {
    let db = Database::create().await;
    let connect = Duration::from_millis(300);
    let pool = pool(&db, Limits { max: 2, connect, ..Limits::default() }, false);
    let (one, other) = (pool.get().await.unwrap(), pool.get().await.unwrap());
    let taken = pool.saturation();
    assert_eq!((taken.max, taken.open, taken.used), (2, 2, 2));
    let error = pool.get().await.unwrap_err();
    assert!(error.to_string().contains("no session within 300ms; the pool has 2 at most"), "{error:#}");
    assert!(
        error
            .chain()
            .any(|cause| cause.downcast_ref::<Failure>().is_some_and(|f| f.exit == Some(Exit::Busy)))
    );
    let pid = one.facts().pid;
    db.batch(&format!("select pg_terminate_backend({pid}, 10000)")).await;
    drop((one, other));
    let pids = [pool.get().await.unwrap().facts().pid, pool.get().await.unwrap().facts().pid];
    assert!(!pids.contains(&pid), "{pid} is dead");
}
