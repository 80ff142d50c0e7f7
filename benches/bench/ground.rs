//! What the benchmarks stand on: a private server, its databases, and processes whose time is taken.
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use pgtend::sandbox::{Options, Sandbox};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

/// The instant that pgtend takes for now.
pub const NOW: &str = "2026-11-15T12:00:00Z";

pub struct Ground {
    sandbox: Sandbox,
    home: TempDir,
}

impl Ground {
    /// `durable`: commits go to disk, as on a production server.
    pub fn new(durable: bool) -> Self {
        let sandbox = Sandbox::start(&Options { durable, ..Options::default() });
        let sandbox = sandbox.unwrap_or_else(|error| panic!("no server to measure on: {error:#}"));
        Self { sandbox, home: TempDir::with_prefix("pgtend-bench-").unwrap() }
    }

    pub fn url(&self, database: &str) -> String {
        self.sandbox.url(database)
    }

    /// Connections that the work has opened end with it.
    pub fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    pub async fn client(&self, database: &str) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url(database), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }

    /// Statements, each a transaction of its own unless they say otherwise.
    pub fn batch(&self, database: &str, statements: &str) {
        self.block_on(async {
            let done = self.client(database).await.batch_execute(statements).await;
            done.unwrap_or_else(|error| panic!("{error:?}\n{statements}"));
        });
    }

    /// A database, as a copy of `template` where there is one; what was there goes.
    pub fn database(&self, name: &str, template: &str) {
        self.batch("postgres", &format!("drop database if exists {name} with (force)"));
        let options = if template.is_empty() { String::new() } else { format!("template {template}") };
        self.batch("postgres", &format!("create database {name} {options}"));
        self.batch("postgres", "checkpoint");
    }

    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let file = self.home.path().join(name);
        fs::write(&file, text).unwrap();
        file
    }

    /// An empty folder.
    pub fn folder(&self, name: &str) -> PathBuf {
        let folder = self.home.path().join(name);
        fs::create_dir(&folder).unwrap();
        folder
    }

    /// The built program at home here, on a database.
    pub fn pgtend(&self, database: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_pgtend"));
        command.env_clear().env("HOME", self.home.path()).current_dir(self.home.path());
        command.args(["-d", &self.url(database)]).args(arguments).args(["--now", NOW]);
        command
    }

    /// None when there is no psql; Debian's in the PATH is a script around the real one.
    pub fn psql(&self, database: &str) -> Option<Command> {
        let real = self.sandbox.server().programs().join("psql");
        let psql = if real.exists() { real } else { find_in_path("psql")? };
        let mut command = Command::new(psql);
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database)]);
        Some(command)
    }
}

pub fn find_in_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file: &PathBuf| Path::exists(file))
}

/// Runs a process to its end; its time in milliseconds and what it printed.
pub fn timed(command: &mut Command) -> (f64, Output) {
    command.stdin(Stdio::null());
    let began = Instant::now();
    let output = command.output().unwrap();
    let elapsed = milliseconds_since(began);
    assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
    (elapsed, output)
}

pub fn milliseconds_since(began: Instant) -> f64 {
    began.elapsed().as_secs_f64() * 1000.0
}

/// Fifty partitioned tables with a primary key and three more indexes each.
pub fn fifty_parents() -> String {
    let parent = |n| {
        format!(
            "create table t{n} (id bigint not null, at timestamptz not null, a int, b int, c text,
                                primary key (id, at)) partition by range (at);
             create index on t{n} (a);
             create index on t{n} (b);
             create index on t{n} (c);\n"
        )
    };
    (1..=50).map(parent).collect()
}

/// The configuration for them.
pub fn fifty_sections(ahead: u32) -> String {
    let section = |n| format!("[[partition]]\ntable = \"t{n}\"\nevery = \"month\"\nahead = {ahead}\n\n");
    (1..=50).map(section).collect()
}
