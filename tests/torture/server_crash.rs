//! The server stops as in a crash, at each request of a run; started again, the same command comes to the same end.
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use pgtend::sandbox::Sandbox;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::common::program::{Program, pgtend};
use crate::common::proxy::{self, Act, Moment, Passage, Request, Side};
use crate::common::server::options;
use crate::fingerprint::{assert_same, fingerprint};
use crate::scenario::{self, SCHEMA, Scenario};

at_each_scenario!(crash);

#[expect(clippy::print_stdout, reason = "says what was walked")]
async fn crash(scenario: Scenario) {
    let server = Server { sandbox: Arc::new(Mutex::new(Sandbox::start(&options()).unwrap())) };
    let crashes = server.crash_during(scenario).await;
    println!("{}: the server crashed {crashes} times, always the same end", scenario.name);
}

struct Server {
    sandbox: Arc<Mutex<Sandbox>>,
}

struct Walked {
    scenario: Scenario,
    words: Vec<String>,
}

impl Server {
    async fn crash_during(&self, scenario: Scenario) -> usize {
        self.make("scenario", "").await;
        let setup = format!("{SCHEMA}{}", scenario.setup);
        self.client("scenario").await.batch_execute(&setup).await.unwrap();
        let home = home(&scenario);
        if let Some(first) = scenario.first {
            let url = self.sandbox.lock().unwrap().url("scenario");
            let words = first.iter().map(|word| (*word).to_owned()).collect();
            command(words, home.path(), &url).run().success();
        }
        let walked = Walked { scenario, words: scenario.words(home.path()) };
        self.make("whole", "template scenario").await;
        let never = Moment { request: Request::Number(usize::MAX), side: Side::Before };
        let whole = self.run(&walked, self::home(&scenario).path(), "whole", never);
        let end = fingerprint(&self.client("whole").await).await;
        whole.output.success();
        for number in 1..=whole.requests {
            let side = if number % 2 == 0 { Side::Before } else { Side::After };
            self.crash_at(&walked, Moment { request: Request::Number(number), side }, &end).await;
        }
        whole.requests
    }

    async fn crash_at(&self, walked: &Walked, moment: Moment, end: &[String]) {
        self.make("torn", "template scenario").await;
        let home = home(&walked.scenario);
        let passage = self.run(walked, home.path(), "torn", moment.clone());
        let context = format!("{}: crashed {moment:?}, which is {:?}", walked.scenario.name, passage.struck);
        if passage.struck.is_some() {
            let code = passage.output.code;
            // It may have been about to end.
            assert!(
                matches!(code, Some(0 | 1 | 4 | 6)),
                "{context}: code {code:?}\n{}",
                passage.output.stderr
            );
            self.sandbox.lock().unwrap().restart().unwrap();
        }
        let url = self.sandbox.lock().unwrap().url("torn");
        let again = command(walked.words.clone(), home.path(), &url).run();
        assert!(walked.scenario.is_done(&again), "{context}: code {:?}\n{}", again.code, again.stderr);
        assert_same(end, &fingerprint(&self.client("torn").await).await, &context);
        if let Some(afterwards) = walked.scenario.afterwards {
            let words = afterwards.iter().map(|word| (*word).to_owned()).collect();
            command(words, home.path(), &url).run().success();
        }
        self.drop("torn").await;
    }

    fn run(&self, walked: &Walked, home: &Path, database: &str, moment: Moment) -> Passage {
        let directory = self.sandbox.lock().unwrap().socket_dir().to_owned();
        let sandbox = Arc::clone(&self.sandbox);
        let crash = Act::Ends(Box::new(move |_| sandbox.lock().unwrap().crash().unwrap()));
        proxy::run(&directory, moment, crash, |proxy| {
            let url = format!("postgresql://postgres@/{database}?host={}&port=5432", proxy.display());
            command(walked.words.clone(), home, &url)
        })
    }

    async fn client(&self, database: &str) -> Client {
        let url = self.sandbox.lock().unwrap().url(database);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    async fn make(&self, name: &str, options: &str) {
        let postgres = self.client("postgres").await;
        postgres.batch_execute(&format!("create database {name} {options}")).await.unwrap();
    }

    async fn drop(&self, name: &str) {
        let postgres = self.client("postgres").await;
        postgres.batch_execute(&format!("drop database {name} with (force)")).await.unwrap();
    }
}

/// A folder with the scenario's configuration.
fn home(scenario: &Scenario) -> TempDir {
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("pgtend.toml"), scenario.config).unwrap();
    home
}

fn command(words: Vec<String>, home: &Path, url: &str) -> Program {
    pgtend([]).args(["-d", url]).args(words).env("HOME", home).directory(home)
}
