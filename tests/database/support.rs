//! What the tests of all nouns share.
use std::io::Read as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::time::sleep;

use crate::common::database::Database;

/// Functions that run with their owner's rights, and which somebody else may make a trigger of.
pub async fn open_functions(db: &Database) -> String {
    db.value(
        "select coalesce(string_agg(p.oid::regprocedure::text, ' '), '')
         from pg_proc as p
         where p.prosecdef and p.pronamespace in ('public'::regnamespace, to_regnamespace('pgtend'))
           and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as x where x.grantee <> p.proowner)",
    )
    .await
}

/// What the catalog says of everything that users made: two runs that say the same have changed nothing between.
pub async fn fingerprint(db: &Database) -> String {
    db.value(
        "select string_agg(x, E'\n' order by x) from (
             select format('%s %s %s %s %s %s', c.oid, c.relname, c.relkind, c.relacl, c.relowner,
                           pg_get_expr(c.relpartbound, c.oid)) from pg_class as c where c.oid >= 16384
             union all
             select format('%s %s %s', k.oid, k.conname, k.convalidated) from pg_constraint as k where k.oid >= 16384
             union all
             select format('%s %s', d.objoid, d.description) from pg_description as d where d.objoid >= 16384
             union all
             select format('%s %s %s', i.inhrelid, i.inhparent, i.inhdetachpending) from pg_inherits as i
             union all
             select n.nspname::text from pg_namespace as n where n.nspname !~ '^pg_'
         ) as t(x)",
    )
    .await
}

/// A statement that pg_stat_statements, which all databases of a server share, knows by this name and database: of a plain
/// alias it takes no notice.
pub fn said(db: &Database, name: &str, value: &str) -> String {
    let name = format!("{name}_{}", db.name());
    format!("with {name} as (select {value}) select * from {name} ;")
}

#[track_caller]
pub fn contains(text: &str, part: &str) {
    assert!(text.contains(part), "no `{part}` in\n{text}");
}

/// Waits for an answer of the database while the run goes on.
pub async fn meanwhile(run: &mut Child, db: &Database, query: &str, value: &str) {
    while db.value(query).await != value {
        if let Some(status) = run.try_wait().unwrap() {
            let mut said = String::new();
            run.stderr.take().unwrap().read_to_string(&mut said).unwrap();
            panic!("it ended with {status} before `{query}` was {value}\n{said}");
        }
        sleep(Duration::from_millis(5)).await;
    }
}

/// Waits for an answer of the database.
pub async fn until(db: &Database, query: &str, value: &str) {
    while db.value(query).await != value {
        sleep(Duration::from_millis(5)).await;
    }
}

pub fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// How a run ended, and what it said on stderr.
pub fn end(child: Child) -> (ExitStatus, String) {
    let done = child.wait_with_output().unwrap();
    (done.status, String::from_utf8(done.stderr).unwrap())
}

/// Death by the signal, or the exit code that a shell makes of it.
#[track_caller]
pub fn died_of(status: ExitStatus, signal: Signal, said: &str) {
    let number = signal.as_raw();
    assert!(status.signal() == Some(number) || status.code() == Some(128 + number), "{status:?}\n{said}");
}
