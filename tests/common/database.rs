//! A database of its own for each test, with clients and roles; dropped when the test ends.
use std::path::Path;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use super::program::{Program, pgtend};
use super::server::server;

/// A fresh, empty database on the shared server.
pub struct Database {
    name: String,
    home: TempDir,
}

impl Database {
    /// # Panics
    /// As everything here: when the server refuses.
    pub async fn create() -> Self {
        Self::create_as("").await
    }

    /// A copy of a database that nobody is connected to.
    pub async fn copy(of: &Self) -> Self {
        Self::create_as(&format!("template {}", of.name)).await
    }

    async fn create_as(options: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(1);
        let name = format!("pgtend_test_{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let postgres = connect(&server().url("postgres")).await;
        postgres.batch_execute(&format!("create database {name} {options}")).await.unwrap();
        Self { name, home: TempDir::with_prefix("pgtend-test-").unwrap() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// As the superuser.
    pub fn url(&self) -> String {
        server().url(&self.name)
    }

    /// Where the program runs, and what it takes for the home directory: the place for a `pgtend.toml`.
    pub fn home(&self) -> &Path {
        self.home.path()
    }

    /// A connection of the superuser; it is driven by the runtime of the test.
    pub async fn client(&self) -> Client {
        connect(&self.url()).await
    }

    /// Statements as psql takes them, on a connection of their own.
    pub async fn batch(&self, statements: &str) {
        if let Err(error) = self.client().await.batch_execute(statements).await {
            panic!("{error:?}\n{statements}");
        }
    }

    /// The first column of the first row, as text.
    pub async fn value(&self, query: &str) -> String {
        let rows = self
            .client()
            .await
            .simple_query(query)
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{query}"));
        let row = rows.iter().find_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        row.and_then(|row| row.get(0)).unwrap_or_default().to_owned()
    }

    /// A role that may log in, with a name that no other test has; without rights but those of `public`.
    pub async fn role(&self, name: &str) -> String {
        let role = format!("{}_{name}", self.name);
        self.batch(&format!("create role {role} login")).await;
        role
    }

    pub fn url_as(&self, role: &str) -> String {
        server().url_as(role, &self.name)
    }

    /// The program on this database, as the superuser.
    pub fn pgtend<const N: usize>(&self, arguments: [&str; N]) -> Program {
        self.pgtend_at(&self.url(), arguments)
    }

    pub fn pgtend_as<const N: usize>(&self, role: &str, arguments: [&str; N]) -> Program {
        self.pgtend_at(&self.url_as(role), arguments)
    }

    /// The program on a connection of the caller's choice, at home here.
    pub fn pgtend_at<const N: usize>(&self, url: &str, arguments: [&str; N]) -> Program {
        let home = self.home.path();
        pgtend(arguments).args(["-d", url]).env("HOME", home).directory(home)
    }
}

/// One at a time makes the extension.
const FORGETTING: i64 = 20_000;

impl Drop for Database {
    /// Besides: many databases would fill the memory that they lie in, and their statements push out those of others.
    /// The test does not wait for it.
    fn drop(&mut self) {
        let (url, name) = (server().url("postgres"), self.name.clone());
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let dropped = async {
                let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
                let driver = tokio::spawn(connection);
                let known = "select oid from pg_database where datname = $1";
                let oid: u32 = client.query_one(known, &[&name]).await?.get(0);
                client.batch_execute(&format!("drop database {name} with (force)")).await?;
                client
                    .batch_execute(&format!(
                        "select pg_advisory_xact_lock({FORGETTING});
                         create extension if not exists pg_stat_statements;
                         select pg_stat_statements_reset(0, {oid}, 0)"
                    ))
                    .await?;
                drop(client);
                let _ = driver.await;
                Ok::<_, tokio_postgres::Error>(())
            };
            let _ = runtime.map(|runtime| runtime.block_on(dropped));
        });
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap_or_else(|error| {
        panic!("process {}: connect to {url}: {error:?}", process::id());
    });
    tokio::spawn(connection);
    client
}
