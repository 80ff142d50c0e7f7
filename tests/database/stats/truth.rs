//! Random histories on a server of their own, against the truth that the test keeps: calls, resets of everything and of
//! one statement, evictions, clean restarts. Nothing is counted twice, and nothing is missing where nothing was lost.
use std::collections::BTreeMap;

use fastrand::Rng;
use pgtend::sandbox::{Options, Sandbox};
use tokio_postgres::{Client, NoTls};

use crate::common::program::pgtend;
use crate::common::server::options;

struct World {
    sandbox: Sandbox,
    file: tempfile::TempDir,
    /// Calls of each statement since the store was begun.
    truth: BTreeMap<usize, f64>,
    /// Of them, those that no capture has seen yet.
    unseen: BTreeMap<usize, f64>,
    /// What was lost between two captures: then the store may know less, never more.
    lost: bool,
}

const STATEMENTS: usize = 8;

impl World {
    async fn begin() -> Self {
        let settings = vec![("pg_stat_statements.max".to_owned(), "100".to_owned())];
        let sandbox = Sandbox::start(&Options { settings, ..options() }).unwrap();
        let file = tempfile::TempDir::with_prefix("pgtend-truth-").unwrap();
        let (truth, unseen) = (BTreeMap::new(), BTreeMap::new());
        let world = Self { sandbox, file, truth, unseen, lost: false };
        let tables: String = (0..STATEMENTS).map(|n| format!("create table truth_{n} ();")).collect();
        let made = world.client().await;
        made.batch_execute(&format!("create extension pg_stat_statements; {tables}")).await.unwrap();
        world.capture();
        world
    }

    async fn client(&self) -> Client {
        let (client, connection) =
            tokio_postgres::connect(&self.sandbox.url("postgres"), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    fn store(&self) -> String {
        format!("file:{}", self.file.path().join("x.stats").display())
    }

    fn capture(&self) {
        let url = self.sandbox.url("postgres");
        pgtend(["stats", "capture", "-d", &url, "--store", &self.store()]).run().success();
    }

    fn see(&mut self) {
        self.capture();
        self.unseen.clear();
    }

    async fn call(&mut self, statement: usize, times: usize) {
        let client = self.client().await;
        for _ in 0..times {
            client.simple_query(&format!("select * from truth_{statement}")).await.unwrap();
        }
        *self.truth.entry(statement).or_default() += times as f64;
        *self.unseen.entry(statement).or_default() += times as f64;
    }

    async fn reset(&mut self, statement: Option<usize>) {
        let client = self.client().await;
        let reset = match statement {
            None => "select pg_stat_statements_reset()".to_owned(),
            Some(one) => format!(
                "select pg_stat_statements_reset(userid, dbid, queryid) from pg_stat_statements
                 where query = 'select * from truth_{one}'"
            ),
        };
        client.batch_execute(&reset).await.unwrap();
        self.lost |= match statement {
            None => !self.unseen.is_empty(),
            Some(one) => self.unseen.contains_key(&one),
        };
    }

    /// More statements than there is room for.
    async fn crowd_out(&mut self) {
        let client = self.client().await;
        for n in 0..150 {
            client.simple_query(&format!("select 1{}", ", 1".repeat(n))).await.unwrap();
        }
        self.lost |= !self.unseen.is_empty();
    }

    fn seen(&self) -> BTreeMap<usize, f64> {
        let url = self.sandbox.url("postgres");
        let report =
            pgtend(["report", "slow-queries", "--min-mean", "0s", "--json", "--since", "1h", "-d", &url]);
        let document = report.args(["--store", &self.store()]).run().success().json();
        let mut seen = BTreeMap::new();
        for row in document["rows"].as_array().unwrap() {
            let name = row["query"]
                .as_str()
                .unwrap_or_default()
                .split_once("select * from truth_")
                .map(|(_, n)| n.parse());
            if let Some(Ok(statement)) = name {
                *seen.entry(statement).or_default() += row["calls"].as_f64().unwrap();
            }
        }
        seen
    }
}

async fn history(seed: u64, steps: usize, careful: bool) {
    let mut rng = Rng::with_seed(seed);
    let mut world = World::begin().await;
    for _ in 0..steps {
        let event = rng.usize(0..12);
        if careful && event >= 6 {
            world.see();
        }
        match event {
            0..6 => world.call(rng.usize(0..STATEMENTS), rng.usize(1..9)).await,
            6 => world.reset(None).await,
            7 | 8 => world.reset(Some(rng.usize(0..STATEMENTS))).await,
            9 => world.crowd_out().await,
            10 => world.sandbox.restart().unwrap(),
            _ => world.see(),
        }
    }
    world.see();
    let seen = world.seen();
    for (statement, truth) in &world.truth {
        let known = seen.get(statement).copied().unwrap_or_default();
        assert!(
            known <= *truth,
            "seed {seed}: truth_{statement} was called {truth} times, the store knows {known}"
        );
        assert!(world.lost || known == *truth, "seed {seed}: truth_{statement}: {known} of {truth}");
    }
}

#[tokio::test]
async fn nothing_is_lost_when_every_event_is_preceded_by_a_capture() {
    history(1, 25, true).await;
}

#[tokio::test]
async fn nothing_is_counted_twice() {
    history(2, 40, false).await;
}

#[tokio::test]
async fn a_crash_is_told_and_nothing_is_counted_twice() {
    let mut world = World::begin().await;
    world.call(1, 5).await;
    world.see();
    world.call(1, 7).await;
    let backend = world.client().await;
    let pid: i32 = backend.query_one("select pg_backend_pid()", &[]).await.unwrap().get(0);
    rustix::process::kill_process(
        rustix::process::Pid::from_raw(pid).unwrap(),
        rustix::process::Signal::KILL,
    )
    .unwrap();
    // The server puts every session out and recovers.
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        let url = world.sandbox.url("postgres");
        let Ok((client, connection)) = tokio_postgres::connect(&url, NoTls).await else { continue };
        tokio::spawn(connection);
        if client.simple_query("select 1").await.is_ok() {
            break;
        }
    }
    world.call(1, 3).await;
    world.see();
    assert_eq!(world.seen().get(&1), Some(&8.0), "5 before, 3 after; 7 went with the server");
    let url = world.sandbox.url("postgres");
    let report = pgtend(["report", "table-access", "--json", "--since", "1h", "-d", &url]);
    let document = report.args(["--store", &world.store()]).run().success().json();
    assert_eq!(document["window"]["crashes"], 1, "{:#}", document["window"]);
}
