//! Start, stop, crash and restart of a server that this process owns.
use std::fs;

use pgtend::sandbox::{Lifetime, Options, Sandbox};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::common::database::Database;
use crate::common::program::pgtend;
use crate::common::server::options;

async fn connect(sandbox: &Sandbox) -> Client {
    let (client, connection) = tokio_postgres::connect(&sandbox.url("postgres"), NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn setting(client: &Client, name: &str) -> String {
    client.query_one("select current_setting($1)", &[&name]).await.unwrap().get(0)
}

#[tokio::test]
async fn has_the_settings_of_a_private_server() {
    let given = vec![("max_locks_per_transaction".to_owned(), "96".to_owned())];
    let sandbox = Sandbox::start(&Options { settings: given, ..options() }).unwrap();
    let client = connect(&sandbox).await;
    for (name, value) in [
        ("listen_addresses", ""),
        ("fsync", "off"),
        ("synchronous_commit", "on"),
        ("TimeZone", "UTC"),
        ("max_connections", "200"),
        ("wal_level", "replica"),
        ("server_encoding", "UTF8"),
        ("shared_preload_libraries", "pg_stat_statements"),
        ("max_locks_per_transaction", "96"),
    ] {
        assert_eq!(setting(&client, name).await, value, "{name}");
    }
    assert!(setting(&client, "server_version").await.starts_with(sandbox.version()));
    client
        .batch_execute("create extension pg_stat_statements; select count(*) from pg_stat_statements")
        .await
        .unwrap();
}

#[tokio::test]
async fn a_durable_one_writes_to_disk() {
    let sandbox = Sandbox::start(&Options { durable: true, ..options() }).unwrap();
    let client = connect(&sandbox).await;
    assert_eq!(setting(&client, "fsync").await, "on");
    assert_eq!(setting(&client, "full_page_writes").await, "on");
}

#[test]
fn stopped_it_leaves_nothing() {
    let sandbox = Sandbox::start(&options()).unwrap();
    let directory = sandbox.socket_dir().to_owned();
    assert!(directory.join("data/PG_VERSION").exists());
    sandbox.stop().unwrap();
    assert!(!directory.exists());
}

#[test]
fn dropped_it_leaves_nothing() {
    let sandbox = Sandbox::start(&options()).unwrap();
    let directory = sandbox.socket_dir().to_owned();
    drop(sandbox);
    assert!(!directory.exists());
}

#[tokio::test]
async fn committed_rows_survive_a_crash() {
    let mut sandbox = Sandbox::start(&options()).unwrap();
    let client = connect(&sandbox).await;
    client.batch_execute("create table kept (id int); insert into kept values (1), (2)").await.unwrap();
    client.batch_execute("begin; insert into kept values (3)").await.unwrap();
    sandbox.crash().unwrap();
    assert!(client.simple_query("select 1").await.is_err());
    sandbox.restart().unwrap();
    let count: i64 =
        connect(&sandbox).await.query_one("select count(*) from kept", &[]).await.unwrap().get(0);
    assert_eq!(count, 2);
    assert!(fs::read_to_string(sandbox.log()).unwrap().contains("not properly shut down"));
}

#[tokio::test]
async fn a_kept_one_finds_its_data_again() {
    let home = TempDir::new_in("/tmp").unwrap();
    open_to_all(&home);
    let kept = Options { lifetime: Lifetime::Kept(home.path().join("kept")), ..options() };
    let sandbox = Sandbox::start(&kept).unwrap();
    connect(&sandbox).await.batch_execute("create table kept (id int)").await.unwrap();
    let busy = Sandbox::start(&kept).unwrap_err();
    assert!(format!("{busy:#}").contains("another run holds"), "{busy:#}");
    drop(sandbox);
    let sandbox = Sandbox::start(&kept).unwrap();
    connect(&sandbox).await.batch_execute("select * from kept").await.unwrap();
}

#[test]
fn refuses_a_directory_of_others() {
    let home = TempDir::new_in("/tmp").unwrap();
    fs::write(home.path().join("letter"), "dear").unwrap();
    let options = Options { lifetime: Lifetime::Kept(home.path().to_owned()), ..options() };
    let error = Sandbox::start(&options).unwrap_err();
    assert!(format!("{error:#}").contains("neither empty nor"), "{error:#}");
    assert!(home.path().join("letter").exists());
}

#[test]
fn refuses_a_path_too_long_for_a_socket() {
    let options =
        Options { lifetime: Lifetime::Kept(format!("/tmp/{}", "x".repeat(100)).into()), ..options() };
    let error = Sandbox::start(&options).unwrap_err();
    assert!(format!("{error:#}").contains("a socket's directory may have"), "{error:#}");
}

#[test]
fn a_setting_that_the_server_refuses_is_told() {
    let options = Options { settings: vec![("no_such_setting".to_owned(), "1".to_owned())], ..options() };
    let error = Sandbox::start(&options).unwrap_err();
    assert!(format!("{error:#}").contains("the server ended"), "{error:#}");
}

#[tokio::test]
async fn databases_and_roles_of_tests_are_apart() {
    let (one, other) = (Database::create().await, Database::create().await);
    assert_ne!(one.name(), other.name());
    one.batch("create table only_here (id int)").await;
    assert_eq!(other.value("select to_regclass('only_here') is null").await, "t");
    let (reader, same) = (one.role("reader").await, other.role("reader").await);
    assert_ne!(reader, same);
    let (client, connection) = tokio_postgres::connect(&one.url_as(&reader), NoTls).await.unwrap();
    tokio::spawn(connection);
    let refused = client.batch_execute("select * from only_here").await.unwrap_err();
    assert_eq!(refused.code().map(|code| code.code()), Some("42501"));
}

fn open_to_all(directory: &TempDir) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_command_that_is_run_with_a_server_passes_its_exit_code_on() {
    for (script, code) in [("exit 0", 0), ("exit 7", 7), ("test -S \"$PGHOST/.s.PGSQL.$PGPORT\"", 0)] {
        pgtend(["sandbox", "run", "--", "sh", "-c", script]).run().code(code);
    }
    let said = pgtend(["sandbox", "run", "--", "sh", "-c", "kill -9 $$"]).run().code(1);
    assert!(said.stderr.contains("sh ended with signal: 9"), "{}", said.stderr);
}
