//! `pgtend sandbox start`, `stop`, `status`, `url`: a server that outlives the command that started it.
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use pgtend::sandbox::discover;
use serde_json::Value;
use tempfile::TempDir;
use tokio_postgres::NoTls;

use crate::common::program::{Program, pgtend};
use crate::common::server::version;

/// A cache of its own, short enough for a socket, and open to whom the server runs as.
struct Cache(TempDir);

impl Cache {
    fn new() -> Self {
        let directory = TempDir::with_prefix_in("pgtend-cache-", "/tmp").unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        Self(directory)
    }

    fn sandbox<const N: usize>(&self, arguments: [&str; N]) -> Program {
        let programs = discover(version()).unwrap().programs().to_owned();
        pgtend(["sandbox"])
            .args(arguments)
            .env("PGTEND_CACHE_DIR", self.0.path())
            .env("PGTEND_PG_BIN", programs)
    }
}

impl Drop for Cache {
    /// For a test that has failed half-way.
    fn drop(&mut self) {
        let sandboxes = self.0.path().join("sandbox");
        for entry in fs::read_dir(sandboxes).into_iter().flatten().flatten() {
            if let Some(name) = entry.file_name().to_str().filter(|name| !name.starts_with('.')) {
                self.sandbox(["stop", "--name", name]).run();
            }
        }
    }
}

async fn works(url: &str, statements: &str) {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute(statements).await.unwrap();
}

#[tokio::test]
async fn it_survives_the_command_and_a_second_start_finds_it() {
    let cache = Cache::new();
    let started = cache.sandbox(["start", "--json"]).run().success().json();
    assert_eq!(started["schema"], "pgtend.sandbox.start/1");
    assert_eq!(started["started"], true);
    let again = cache.sandbox(["start", "--json"]).run().success().json();
    assert_eq!(again["started"], false);
    assert_eq!(again["pid"], started["pid"]);

    let url = cache.sandbox(["url", "--database", "template1"]).run().success().stdout;
    assert!(url.contains("/template1?"), "{url}");
    works(url.trim(), "select 1").await;

    let stopped = cache.sandbox(["stop", "--json"]).run().success().json();
    assert_eq!(stopped["stopped"], true);
    assert!(!Path::new(started["directory"].as_str().unwrap()).exists());
}

#[tokio::test]
async fn kept_data_are_there_after_the_next_start() {
    let cache = Cache::new();
    let url = cache.sandbox(["start", "--name", "shop"]).run().success().stdout;
    works(url.trim(), "create table kept (id int)").await;
    cache.sandbox(["stop", "--name", "shop", "--keep-data"]).run().success();
    cache.sandbox(["url", "--name", "shop"]).run().code(1);
    let url = cache.sandbox(["start", "--name", "shop"]).run().success().stdout;
    works(url.trim(), "drop table kept").await;
}

#[test]
fn status_knows_those_that_run_and_those_that_do_not() {
    let cache = Cache::new();
    let none = cache.sandbox(["status", "--json"]).run().success().json();
    assert_eq!(none["sandboxes"], Value::Array(Vec::new()));
    cache.sandbox(["start", "--name", "one"]).run().success();
    cache.sandbox(["start", "--name", "two"]).run().success();
    cache.sandbox(["stop", "--name", "two", "--keep-data"]).run().success();
    let both = cache.sandbox(["status", "--json"]).run().success().json();
    let running = |index: usize| both["sandboxes"][index]["running"].as_bool();
    assert_eq!((running(0), running(1)), (Some(true), Some(false)));
    assert_eq!(both["sandboxes"][1]["pid"], Value::Null);
}

#[test]
fn stopping_what_does_not_run_is_no_failure() {
    let cache = Cache::new();
    let stopped = cache.sandbox(["stop"]).run().success();
    assert!(stopped.stderr.contains("was not running"), "{}", stopped.stderr);
}

#[test]
fn another_major_under_the_same_name_is_refused() {
    let cache = Cache::new();
    cache.sandbox(["start"]).run().success();
    let refused = cache.sandbox(["start", "--pg-version", "99"]).run().code(2);
    assert!(refused.stderr.contains("is of PostgreSQL"), "{}", refused.stderr);
}

#[test]
fn a_name_is_no_path() {
    let refused = Cache::new().sandbox(["start", "--name", "../x"]).run().code(2);
    assert!(refused.stderr.contains("cannot be the name of a sandbox"), "{}", refused.stderr);
}
