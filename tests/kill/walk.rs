//! The walk: kill the program before and after each of its requests, run the same command again, compare the end.
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::common::database::Database;
use crate::common::program::{Output, Program};
use crate::common::proxy::{self, Moment, Passage, Request, Side};
use crate::common::server::server;

use super::fingerprint::{assert_same, fingerprint, rows};
use super::scenario::{MANIFEST, SCHEMA, Scenario};

/// When the same command is run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// When the server has done with the killed run.
    Later,
    /// While the server may still be at what the killed run has asked for.
    AtOnce,
    /// At once, and this run is killed as well, at some request; then once more.
    KilledToo,
}

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

    /// Kills at every moment there is, until the command ends unharmed. Returns how often it was killed.
    pub async fn whole(&self) -> usize {
        const AGAIN: [Again; 3] = [Again::Later, Again::AtOnce, Again::KilledToo];
        for number in 1.. {
            for (kind, again) in AGAIN.into_iter().enumerate() {
                for (place, side) in [Side::Before, Side::After].into_iter().enumerate() {
                    if !self.at(Moment { request: Request::Number(number), side }, again).await {
                        return ((number - 1) * AGAIN.len() + kind) * 2 + place;
                    }
                }
            }
        }
        unreachable!("a run ends")
    }

    /// Kills at every `stride`th request, before and after in turn. Returns how often it was killed.
    pub async fn short(&self, stride: usize, again: Again) -> usize {
        let mut kills = 0;
        for number in (1..).step_by(stride) {
            let side = if kills % 2 == 0 { Side::After } else { Side::Before };
            if !self.at(Moment { request: Request::Number(number), side }, again).await {
                break;
            }
            kills += 1;
        }
        kills
    }

    /// Kills at one moment. `false`: the run had ended before.
    pub async fn at(&self, moment: Moment, again: Again) -> bool {
        let database = self.copy().await;
        let passage = self.killed(&database, moment.clone());
        let Some(request) = &passage.struck else {
            passage.output.success();
            return false;
        };
        let name = self.scenario.name;
        let context = format!("{name}: killed {moment:?}, which is `{request}`, run again {again:?}");
        assert_eq!(passage.output.code, None, "{context}: it ended on its own\n{}", passage.output.stderr);
        if let Some(query) = self.scenario.serves {
            let (killed, whole) = (database.client().await, self.template.client().await);
            assert_eq!(rows(&killed, query).await, rows(&whole, query).await, "{context}");
        }
        match again {
            Again::Later => quiet(&database, 0).await,
            Again::AtOnce => {}
            Again::KilledToo => {
                let request = Request::Number(1 + fastrand::usize(..passage.requests + 8));
                self.killed(&database, Moment { request, side: Side::After });
            }
        }
        self.finish(&database, &context).await;
        true
    }

    /// Kills while the server waits for a reader in order to end a concurrent detach.
    pub async fn in_mid_detach(&self, again: Again) {
        let database = self.copy().await;
        let reader = database.client().await;
        reader.batch_execute("begin; select count(*) from events").await.unwrap();
        let moment = Moment { request: Request::Containing("concurrently"), side: Side::After };
        let passage = self.killed(&database, moment);
        assert!(passage.struck.is_some(), "no concurrent detach\n{}", passage.output.stderr);
        let pending = "select exists (select from pg_inherits where inhdetachpending)";
        while database.value(pending).await != "t" {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if again == Again::Later {
            quiet(&database, 1).await;
            assert_eq!(database.value(pending).await, "t", "the server has ended the detach");
            drop(reader);
        } else {
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(700)).await;
                drop(reader);
            });
        }
        let context = format!("{}: killed in mid-detach, run again {again:?}", self.scenario.name);
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

    fn killed(&self, database: &Database, moment: Moment) -> Passage {
        let program = |proxy: &Path| self.command(database, &url(proxy, database));
        proxy::run(server().socket_dir(), moment, Box::new(proxy::kill), program)
    }

    pub fn command(&self, database: &Database, url: &str) -> Program {
        let words = self.scenario.command.iter().map(|word| match *word {
            MANIFEST => manifest(self.template.home()),
            word => word.to_owned(),
        });
        database.pgtend_at(url, []).args(words)
    }

    fn assert_success(&self, output: &Output, context: &str) {
        let done =
            self.scenario.done.is_some_and(|done| output.code == Some(1) && output.stderr.contains(done));
        assert!(done || output.code == Some(0), "{context}: {:?}\n{}", output.code, output.stderr);
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

/// Of the one archive below a folder.
fn manifest(home: &Path) -> String {
    let folder = home.join("archive/public.events");
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|file| file.extension().is_some_and(|end| end == "json")).unwrap().to_str().unwrap().to_owned()
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
    let (client, connection) = tokio_postgres::connect(&postgres, tokio_postgres::NoTls).await.unwrap();
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
