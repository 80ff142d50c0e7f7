//! `normalize run` beside writers, and killed or with a crashed server at random moments: the rows are those that the
//! server's own SQL makes of the documents, and none of them is there twice.
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

use pgtend::sandbox::Sandbox;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::common::database::Database;
use crate::common::program::{Program, pgtend};
use crate::common::proxy::{self, Act, Moment, Passage, Request, Side};
use crate::common::server::{options, server};
use crate::messages::{self, CONFIG, Life, found_in_targets, made_by_sql, rows_by_sql, rows_in_targets};

const ROUNDS: usize = 10;
const POINTS: usize = 30;
const MESSAGES: u32 = 8000;
const FEWER: u32 = 1500;

#[tokio::test]
#[ignore = "long; ./x torture runs it"]
async fn normalize_beside_writers() {
    let mut writes = 0;
    for round in 0..ROUNDS {
        let isolation = if round % 2 == 0 { "read committed" } else { "repeatable read" };
        let db = messages::messages().await;
        messages::fill(&db, MESSAGES).await;
        let life = Life::begin(&db, MESSAGES, isolation).await;
        let run_at = |arguments: &'static [&'static str]| {
            let program = db.pgtend(["normalize"]).args(arguments);
            tokio::task::spawn_blocking(move || program.run())
        };
        run_at(&["run", "--batch-time", "5ms"]).await.unwrap().success();
        for _ in 0..3 {
            run_at(&["verify"]).await.unwrap().success();
        }
        let done = life.end().await;
        assert!(done > 100, "round {round}: {done} writes are no life");
        writes += done;
        run_at(&["verify"]).await.unwrap().success();
        assert_eq!(rows_in_targets(&db).await, rows_by_sql(&db).await, "round {round}, {isolation}");
    }
    println!("normalize: {ROUNDS} runs beside {writes} writes, 0 rows missing, 0 stale");
}

#[tokio::test]
#[ignore = "long; ./x torture runs it"]
async fn normalize_killed() {
    let template = messages::messages().await;
    messages::fill(&template, FEWER).await;
    let home = template.home();
    let expected = rows_by_sql(&template).await;
    let through = |db: &Database, way: Way, moment: Moment| {
        through(server().socket_dir(), db.name(), home, way, moment, proxy::kill())
    };
    let mut requests = Vec::new();
    for way in WAYS {
        requests.push(through(&Database::copy(&template).await, way, never()).requests);
    }
    for point in 0..POINTS {
        let torn = Database::copy(&template).await;
        let (way, requests) = (WAYS[point % 2], requests[point % 2]);
        let moment = at_random(requests);
        let passage = through(&torn, way, moment.clone());
        let context = format!("killed {way:?} {moment:?}, which is {:?}", passage.struck);
        messages::configure(&torn, CONFIG);
        let again = torn.pgtend(["normalize", "run"]).run();
        assert_eq!(again.code, Some(0), "{context}\n{}", again.stderr);
        assert_eq!(rows_in_targets(&torn).await, expected, "{context}");
        torn.pgtend(["normalize", "verify"]).run().success();
    }
    println!("normalize: killed at {POINTS} of {requests:?} requests, always the same rows");
}

#[tokio::test]
#[ignore = "long; ./x torture runs it"]
async fn normalize_with_a_crashing_server() {
    let sandbox = Arc::new(Mutex::new(Sandbox::start(&options()).unwrap()));
    let client = async |database: &str| {
        let url = sandbox.lock().unwrap().url(database);
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    };
    let make = async |name: &str| {
        let create = format!("create database {name}");
        client("postgres").await.batch_execute(&create).await.unwrap();
        let made = client(name).await;
        made.batch_execute(&format!("{};{}", messages::TABLES, messages::filling(FEWER))).await.unwrap();
        made
    };
    let home = TempDir::new().unwrap();
    fs::write(home.path().join("pgtend.toml"), CONFIG).unwrap();
    let directory = sandbox.lock().unwrap().socket_dir().to_owned();
    let through = |database: &str, way: Way, moment: Moment| {
        let sandbox = Arc::clone(&sandbox);
        let crash = Act::Ends(Box::new(move |_| sandbox.lock().unwrap().crash().unwrap()));
        through(&directory, database, home.path(), way, moment, crash)
    };
    let expected = made_by_sql(&make("whole").await).await;
    make("whole_there").await;
    let requests = ["whole", "whole_there"];
    let requests = [0, 1].map(|place| through(requests[place], WAYS[place], never()).requests);
    let mut crashes = 0;
    for number in 0..POINTS {
        let name = format!("torn_{number}");
        drop(make(&name).await);
        let (way, requests) = (WAYS[number % 2], requests[number % 2]);
        let moment = at_random(requests);
        let passage = through(&name, way, moment.clone());
        let context = format!("crashed {way:?} {moment:?}, which is {:?}", passage.struck);
        if passage.struck.is_some() {
            crashes += 1;
            assert!(matches!(passage.output.code, Some(1 | 4 | 6)), "{context}\n{}", passage.output.stderr);
            sandbox.lock().unwrap().restart().unwrap();
            books_say_what_is_there(&client(&name).await, &context).await;
        }
        let url = sandbox.lock().unwrap().url(&name);
        let again = program(home.path(), &url, way).run();
        assert_eq!(again.code, Some(0), "{context}\n{}", again.stderr);
        assert_eq!(found_in_targets(&client(&name).await).await, expected, "{context}");
    }
    println!(
        "normalize: the server crashed {crashes} times at one of {requests:?} requests, always the same rows"
    );
}

/// Batches that the crash has taken away it has taken away with their checkpoints.
async fn books_say_what_is_there(client: &Client, context: &str) {
    let begun = "select to_regclass('pgtend.backfill') is not null";
    if !client.query_one(begun, &[]).await.unwrap().get::<_, bool>(0) {
        return;
    }
    for (name, table) in [("reads", "message_reads"), ("reactions", "message_reactions")] {
        let query = format!(
            "select (counts ->> 'inserted')::bigint, (select count(*) from {table})
             from pgtend.backfill where name = '{name}' and phase = 'load'"
        );
        for row in client.query(&query, &[]).await.unwrap() {
            let (noted, there): (Option<i64>, i64) = (row.get(0), row.get(1));
            assert_eq!(noted.unwrap_or(0), there, "{context}: {name}");
        }
    }
}

const fn never() -> Moment {
    Moment { request: Request::Number(usize::MAX), side: Side::Before }
}

fn at_random(requests: usize) -> Moment {
    let side = if fastrand::bool() { Side::Before } else { Side::After };
    Moment { request: Request::Number(fastrand::usize(1..=requests)), side }
}

/// What is said beside, for the rows to take their way over the program or not.
type Way = &'static [&'static str];
const WAYS: [Way; 2] = [&[], &["--server-side"]];

fn program(home: &Path, url: &str, way: Way) -> Program {
    let program = pgtend(["normalize", "run", "--batch-time", "1ms", "-d", url]).args(way);
    program.env("HOME", home).directory(home)
}

fn through(server: &Path, database: &str, home: &Path, way: Way, moment: Moment, act: Act) -> Passage {
    proxy::run(server, moment, act, |directory| {
        let url = format!("postgresql://postgres@/{database}?host={}&port=5432", directory.display());
        program(home, &url, way)
    })
}
