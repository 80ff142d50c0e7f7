//! The server stops as in a crash, at some request of a run; started again, the same command comes to the same end.
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

const CRASHES: usize = 12;

#[tokio::test]
#[ignore = "long; ./x torture runs it"]
async fn server_crash() {
    let server = Server { sandbox: Arc::new(Mutex::new(Sandbox::start(&options()).unwrap())) };
    for scenario in [
        scenario::CREATE_FIRST_RUN,
        scenario::CREATE_DEFAULT,
        scenario::DROP_FK_OUT,
        scenario::DROP_FK_IN,
        scenario::DROP_DEFAULT,
        scenario::MAINTAIN_THREE,
        scenario::CONVERT_TABLE,
        scenario::CONVERT_UNDO,
        scenario::SPLIT_TABLE,
        scenario::DRAIN_TABLE,
        scenario::MERGE_TABLE,
        scenario::UNDO_TABLE,
        scenario::UNDO_CONVERTED,
        scenario::ARCHIVE_ROWS,
    ] {
        let crashes = server.crash_during(scenario).await;
        println!("{}: the server crashed {crashes} times, always the same end", scenario.name);
    }
}

struct Server {
    sandbox: Arc<Mutex<Sandbox>>,
}

impl Server {
    async fn crash_during(&self, scenario: Scenario) -> usize {
        self.make("scenario", "").await;
        let setup = format!("{SCHEMA}{}", scenario.setup);
        self.client("scenario").await.batch_execute(&setup).await.unwrap();
        let home = TempDir::new().unwrap();
        fs::write(home.path().join("pgtend.toml"), scenario.config).unwrap();
        if let Some(first) = scenario.first {
            let scenario = Scenario { command: first, ..scenario };
            command(&scenario, home.path(), &self.sandbox.lock().unwrap().url("scenario")).run().success();
        }
        self.make("whole", "template scenario").await;
        let never = Moment { request: Request::Number(usize::MAX), side: Side::Before };
        let whole = self.run(&scenario, home.path(), "whole", never);
        let end = fingerprint(&self.client("whole").await).await;
        whole.output.success();
        for _ in 0..CRASHES {
            let side = if fastrand::bool() { Side::Before } else { Side::After };
            let request = Request::Number(fastrand::usize(1..=whole.requests));
            self.crash_at(&scenario, home.path(), Moment { request, side }, &end).await;
        }
        self.drop("whole").await;
        self.drop("scenario").await;
        CRASHES
    }

    async fn crash_at(&self, scenario: &Scenario, home: &Path, moment: Moment, end: &[String]) {
        self.make("torn", "template scenario").await;
        let passage = self.run(scenario, home, "torn", moment.clone());
        let context = format!("{}: crashed {moment:?}, which is {:?}", scenario.name, passage.struck);
        if passage.struck.is_some() {
            let code = passage.output.code;
            assert!(matches!(code, Some(1 | 4 | 6)), "{context}: code {code:?}\n{}", passage.output.stderr);
            self.sandbox.lock().unwrap().restart().unwrap();
        }
        let again = command(scenario, home, &self.sandbox.lock().unwrap().url("torn")).run();
        assert_eq!(again.code, Some(0), "{context}\n{}", again.stderr);
        assert_same(end, &fingerprint(&self.client("torn").await).await, &context);
        self.drop("torn").await;
    }

    fn run(&self, scenario: &Scenario, home: &Path, database: &str, moment: Moment) -> Passage {
        let directory = self.sandbox.lock().unwrap().socket_dir().to_owned();
        let sandbox = Arc::clone(&self.sandbox);
        let crash = Act::Ends(Box::new(move |_| sandbox.lock().unwrap().crash().unwrap()));
        proxy::run(&directory, moment, crash, |proxy| {
            let url = format!("postgresql://postgres@/{database}?host={}&port=5432", proxy.display());
            command(scenario, home, &url)
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

fn command(scenario: &Scenario, home: &Path, url: &str) -> Program {
    pgtend([]).args(["-d", url]).args(scenario.command).env("HOME", home).directory(home)
}
