//! The pages of `metrics --listen`: what each answers, with and without a database, and what clients cannot break.
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::Child;
use std::time::Duration;

use super::text::well_formed;
use crate::common::database::Database;
use crate::common::program::{Program, pgtend};
use crate::support::contains;

/// A running `metrics --listen`; it ends with the test.
struct Serving {
    child: Child,
    address: String,
}

impl Serving {
    fn start(program: Program) -> Self {
        let mut child = program.args(["--listen", "127.0.0.1:0"]).spawn();
        let mut line = String::new();
        BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("serving on http://").unwrap_or_else(|| panic!("{line}"));
        let address = address.strip_suffix("/metrics").unwrap().to_owned();
        Self { child, address }
    }

    fn ask(&self, request: &str) -> (String, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        // Rather than wait for others.
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        write!(stream, "{request} HTTP/1.1\r\nHost: pgtend\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
        (head.to_owned(), body.to_owned())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn numbers_and_health_are_served() {
    let db = Database::create().await;
    db.batch("create sequence small maxvalue 100; select setval('small', 95)").await;
    let serving = Serving::start(db.pgtend(["metrics"]));
    let (head, body) = serving.ask("GET /metrics");
    contains(&head, "HTTP/1.1 200 OK");
    contains(&head, "content-type: text/plain; version=0.0.4; charset=utf-8");
    well_formed(&body);
    contains(&body, "pg_up 1\n");
    contains(&serving.ask("GET /health/live").0, "200 OK");
    let (head, body) = serving.ask("GET /health/ready");
    contains(&head, "200 OK");
    contains(&body, "\"probe\": \"ready\"");
    // A sequence at its end is no reason to take the server out of service, but shows here.
    let (head, body) = serving.ask("GET /health/detailed");
    contains(&head, "503 Service Unavailable");
    contains(&head, "content-type: application/json");
    let document: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(document["schema"], "pgtend.health/1");
    assert_eq!(document["state"], "critical");
    contains(&serving.ask("GET /nothing").0, "404 Not Found");
    contains(&serving.ask("POST /metrics").0, "405 Method Not Allowed");
    let (head, body) = serving.ask("HEAD /metrics");
    contains(&head, "200 OK");
    assert_eq!(body, "");
}

#[test]
fn without_a_database_it_goes_on_and_says_so() {
    let serving = Serving::start(pgtend(["metrics", "-d", "postgresql://u@127.0.0.1:1/d"]));
    let (head, body) = serving.ask("GET /metrics");
    contains(&head, "200 OK");
    contains(&body, "pg_up 0\n");
    contains(&serving.ask("GET /health/ready").0, "503 Service Unavailable");
    contains(&serving.ask("GET /health/live").0, "200 OK");
}

#[tokio::test]
async fn ready_is_who_can_open_one_more_session() {
    let db = Database::create().await;
    let role = db.role("plain").await;
    db.batch(&format!("grant pg_read_all_stats to {role}; alter role {role} connection limit 5")).await;
    let serving = Serving::start(db.pgtend_as(&role, ["metrics"]));
    contains(&serving.ask("GET /metrics").1, "pg_up 1\n");
    contains(&serving.ask("GET /health/ready").0, "200 OK");
    let url = db.url_as(&role);
    let mut taken = Vec::new();
    // The session of the answer before may be on its way out.
    while taken.len() < 4 {
        taken.extend(connected(&url).await);
    }
    tokio::time::sleep(Duration::from_millis(1100)).await;
    let (head, body) = serving.ask("GET /health/ready");
    contains(&head, "503 Service Unavailable");
    contains(&body, "too many connections for role");
    // The session that it has goes on.
    contains(&serving.ask("GET /metrics").1, "pg_up 1\n");
}

async fn connected(url: &str) -> Option<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.ok()?;
    tokio::spawn(connection);
    Some(client)
}

#[tokio::test]
async fn clients_that_say_nothing_or_nonsense_stop_nobody() {
    let db = Database::create().await;
    let serving = Serving::start(db.pgtend(["metrics"]));
    // More than it has room for.
    let silent: Vec<TcpStream> = (0..300)
        .map(|n| {
            let mut stream = TcpStream::connect(&serving.address).unwrap();
            if n % 2 == 0 {
                stream.write_all(b"GET /metrics HT").unwrap();
            }
            stream
        })
        .collect();
    let mut nonsense = TcpStream::connect(&serving.address).unwrap();
    nonsense.write_all(b"\x00\xff nonsense\r\n\r\n").unwrap();
    drop(nonsense);
    contains(&serving.ask("GET /health/live").0, "200 OK");
    contains(&serving.ask("GET /metrics").1, "pg_up 1\n");
    drop(silent);
    let together: Vec<String> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..12).map(|_| scope.spawn(|| serving.ask("GET /metrics").1)).collect();
        asking.into_iter().map(|asked| asked.join().unwrap()).collect()
    });
    assert!(together.iter().all(|body| body.contains("pg_up 1\n")));
    // They share one reading.
    assert!(together.iter().collect::<std::collections::BTreeSet<_>>().len() <= 2, "{together:?}");
}

#[tokio::test]
async fn it_ends_by_a_signal_and_leaves_no_session() {
    let db = Database::create().await;
    let mut serving = Serving::start(db.pgtend(["metrics"]));
    serving.ask("GET /metrics");
    let pid = rustix::process::Pid::from_child(&serving.child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let ended = serving.child.wait().unwrap();
    assert_eq!(ended.code(), Some(0), "{ended:?}");
    let left =
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                and application_name like 'pgtend%'";
    assert_eq!(db.value(left).await, "0");
}
