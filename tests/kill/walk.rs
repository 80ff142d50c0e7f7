//! The walk: kill the program or its sessions before and after each of its requests, run the same command again, compare
//! the end.
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio_postgres::NoTls;

use crate::common::database::Database;
use crate::common::program::{Output, Program};
use crate::common::proxy::{self, Moment, Passage, Request, Side};
use crate::common::server::server;

use super::fingerprint::{assert_same, fingerprint, rows};
use super::scenario::{SCHEMA, Scenario};

/// What happens to the run, and when the same command is run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// Killed; again when the server has done with the killed run.
    KilledThenLater,
    /// Killed; again while the server may still be at what the killed run has asked for.
    KilledThenAtOnce,
    /// Killed, and the next run as well, at some request; then once more.
    KilledTwice,
    /// `pg_terminate_backend` of all its sessions.
    Terminated,
    /// `pg_terminate_backend` of one of its sessions.
    OneTerminated,
}

/// Every blow before and after a request.
pub const BLOWS: [(Blow, Side); 10] = [
    (Blow::KilledThenLater, Side::After),
    (Blow::Terminated, Side::Before),
    (Blow::KilledThenAtOnce, Side::After),
    (Blow::OneTerminated, Side::After),
    (Blow::KilledTwice, Side::Before),
    (Blow::Terminated, Side::After),
    (Blow::KilledThenAtOnce, Side::Before),
    (Blow::OneTerminated, Side::Before),
    (Blow::KilledTwice, Side::After),
    (Blow::KilledThenLater, Side::Before),
];

/// A scenario made once, with the end that an uninterrupted run comes to.
pub struct Walk {
    scenario: Scenario,
    template: Database,
    end: Vec<String>,
}

impl Walk {
    pub async fn prepare(scenario: Scenario) -> Self {
        let template = Database::create().await;
        template.batch(&format!("{SCHEMA}{}", scenario.setup)).await;
        if scenario.later_run {
            make_journal(&template).await;
        }
        if let Some(first) = scenario.first {
            template.pgtend([]).args(first).run().success();
        }
        let mut walk = Self { scenario, template, end: Vec::new() };
        walk.end = walk.uninterrupted().await;
        walk
    }

    /// How the command ends when nothing happens to it; a second run finds nothing to do.
    async fn uninterrupted(&self) -> Vec<String> {
        let database = self.copy().await;
        let before = self.kept(&database).await;
        self.command(&database, &database.url()).run().success();
        assert_eq!(before, self.kept(&database).await, "{}: rows that are kept", self.scenario.name);
        let end = self.found(&database).await;
        self.assert_success(&self.command(&database, &database.url()).run(), "a second run");
        assert_same(&end, &self.found(&database).await, "a second run");
        end
    }

    /// What the database holds.
    async fn found(&self, database: &Database) -> Vec<String> {
        let client = database.client().await;
        let mut lines = fingerprint(&client).await;
        for query in self.scenario.ends {
            lines.push(rows(&client, query).await);
        }
        lines
    }

    /// Every request once, each by another blow than its neighbours; in as many passes as there are blows, each request
    /// by each of them. Returns how often a run was struck.
    pub async fn pass(&self, number: usize) -> usize {
        let mut struck = 0;
        for request in 1.. {
            let (blow, side) = BLOWS[(request + number) % BLOWS.len()];
            if !self.at(Moment { request: Request::Number(request), side }, blow).await {
                break;
            }
            struck += 1;
        }
        struck
    }

    /// At every `stride`th request, before and after in turn. Returns how often a run was struck.
    pub async fn short(&self, stride: usize, blow: Blow) -> usize {
        let mut struck = 0;
        for number in (1..).step_by(stride) {
            let side = if struck % 2 == 0 { Side::After } else { Side::Before };
            if !self.at(Moment { request: Request::Number(number), side }, blow).await {
                break;
            }
            struck += 1;
        }
        struck
    }

    /// Strikes at one moment. `false`: the run had ended before.
    pub async fn at(&self, moment: Moment, blow: Blow) -> bool {
        let database = self.copy().await;
        let passage = self.struck(&database, moment.clone(), blow);
        let Some(request) = &passage.struck else {
            passage.output.success();
            return false;
        };
        let name = self.scenario.name;
        let context = format!("{name}: {blow:?} {moment:?}, which is `{request}`");
        let Output { code, stderr, .. } = &passage.output;
        match blow {
            // A run may do without a session that only looks on.
            Blow::Terminated | Blow::OneTerminated => {
                assert!(matches!(code, Some(0 | 1 | 4 | 6)), "{context}: code {code:?}\n{stderr}");
            }
            _ => assert_eq!(*code, None, "{context}: it ended on its own\n{stderr}"),
        }
        if let Some(query) = self.scenario.serves {
            let (killed, whole) = (database.client().await, self.template.client().await);
            assert_eq!(rows(&killed, query).await, rows(&whole, query).await, "{context}");
        }
        match blow {
            Blow::KilledThenLater => quiet(&database, 0).await,
            Blow::KilledTwice => {
                let request = Request::Number(1 + fastrand::usize(..passage.requests + 8));
                self.struck(&database, Moment { request, side: Side::After }, blow);
            }
            _ => {}
        }
        self.finish(&database, &context).await;
        true
    }

    /// Kills while the server waits for a reader in order to end a concurrent detach.
    pub async fn in_mid_detach(&self, blow: Blow) {
        let database = self.copy().await;
        let reader = database.client().await;
        reader.batch_execute("begin; select count(*) from events").await.unwrap();
        let moment = Moment { request: Request::Containing("concurrently"), side: Side::After };
        let passage = self.struck(&database, moment, blow);
        assert!(passage.struck.is_some(), "no concurrent detach\n{}", passage.output.stderr);
        let pending = "select exists (select from pg_inherits where inhdetachpending)";
        while database.value(pending).await != "t" {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if blow == Blow::KilledThenLater {
            quiet(&database, 1).await;
            assert_eq!(database.value(pending).await, "t", "the server has ended the detach");
            drop(reader);
        } else {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(700)).await;
                drop(reader);
            });
        }
        let context = format!("{}: {blow:?} in mid-detach", self.scenario.name);
        self.finish(&database, &context).await;
    }

    /// The same command again: it must come to the end of an uninterrupted run.
    pub async fn finish(&self, database: &Database, context: &str) {
        let program = self.command(database, &database.url());
        let output = tokio::task::spawn_blocking(|| program.run()).await.unwrap();
        self.assert_success(&output, context);
        self.assert_end(database, context).await;
    }

    /// The database is as after an uninterrupted run.
    pub async fn assert_end(&self, database: &Database, context: &str) {
        quiet(database, 0).await;
        assert_same(&self.end, &self.found(database).await, context);
        if let Some(command) = self.scenario.afterwards {
            database.pgtend([]).args(command).run().success();
        }
    }

    /// A copy of the scenario's database, with the configuration at its home.
    pub async fn copy(&self) -> Database {
        let database = Database::copy(&self.template).await;
        let config = ("pgtend.toml", self.scenario.config);
        for (path, text) in self.scenario.files.iter().chain([&config]) {
            let path = database.home().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        database
    }

    fn struck(&self, database: &Database, moment: Moment, blow: Blow) -> Passage {
        let program = |proxy: &Path| self.command(database, &url(proxy, database));
        let act = match blow {
            Blow::Terminated => proxy::terminate(database.name(), i64::MAX),
            Blow::OneTerminated => proxy::terminate(database.name(), 1),
            _ => proxy::kill(),
        };
        proxy::run(server().socket_dir(), moment, act, program)
    }

    pub fn command(&self, database: &Database, url: &str) -> Program {
        database.pgtend_at(url, []).args(self.scenario.words(self.template.home()))
    }

    fn assert_success(&self, output: &Output, context: &str) {
        let done = self.scenario.is_done(output);
        assert!(done, "{context}: {:?}\n{}", output.code, output.stderr);
    }

    async fn kept(&self, database: &Database) -> Vec<String> {
        let client = database.client().await;
        let mut kept = Vec::new();
        for query in self.scenario.kept {
            kept.push(rows(&client, query).await);
        }
        kept
    }
}

fn url(proxy: &Path, database: &Database) -> String {
    format!("postgresql://postgres@/{}?host={}&port=5432", database.name(), proxy.display())
}

/// So that the scenario's run is not the first one.
async fn make_journal(database: &Database) {
    database.batch("create table earlier (at date not null) partition by range (at)").await;
    database.pgtend(["partition", "create", "earlier", "--every", "month", "--ahead", "0"]).run().success();
    database.batch("drop table earlier").await;
}

/// Waits until no more than some sessions are connected.
async fn quiet(database: &Database, others: i64) {
    let postgres = server().url("postgres");
    let (client, connection) = tokio_postgres::connect(&postgres, NoTls).await.unwrap();
    tokio::spawn(connection);
    let since = Instant::now();
    loop {
        let query = "select count(*) from pg_stat_activity where datname = $1";
        let sessions: i64 = client.query_one(query, &[&database.name()]).await.unwrap().get(0);
        if sessions <= others {
            return;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "{sessions} sessions are still there");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
