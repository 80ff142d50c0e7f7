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
        Self::with(durable, &[])
    }

    /// The same on a server with settings of its own.
    pub fn with(durable: bool, settings: &[(&str, &str)]) -> Self {
        let settings =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let sandbox = Sandbox::start(&Options { durable, settings, ..Options::default() });
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

    /// Statements, all in one transaction unless they say otherwise.
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

    /// Another program, whose libpq connects here.
    pub fn client_command(&self, program: &Path) -> Command {
        let mut command = self.sandbox.client_command(&program.to_string_lossy());
        command.current_dir(self.home.path());
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

/// What a piece of work needed.
pub struct Spent {
    pub wall_ms: f64,
    /// Of the server, and of the program where there is one.
    pub cpu_s: f64,
    /// The most memory that the program had at any time.
    pub client_mb: f64,
}

impl Ground {
    /// CPU seconds that the server's processes have used so far, those that have ended among them.
    pub fn server_cpu_s(&self) -> f64 {
        let file = self.block_on(async {
            let client = self.client("postgres").await;
            let file = client.query_one("select pg_read_file('postmaster.pid')", &[]).await;
            file.unwrap().get::<_, String>(0)
        });
        let postmaster: u32 = file.lines().next().unwrap().trim().parse().unwrap();
        let children = fs::read_dir("/proc").unwrap().filter_map(|entry| {
            let pid: u32 = entry.ok()?.file_name().to_str()?.parse().ok()?;
            let times = Times::of(pid)?;
            (times.parent == postmaster).then_some(times.own_s + times.children_s)
        });
        let own = Times::of(postmaster).unwrap();
        own.own_s + own.children_s + children.sum::<f64>()
    }

    /// Runs the program to its end, and what it and the server needed meanwhile.
    pub fn spent(&self, command: &mut Command) -> (Spent, String) {
        const LOOK: std::time::Duration = std::time::Duration::from_millis(20);
        let server = self.server_cpu_s();
        let began = Instant::now();
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let pid = child.id();
        let watch = std::thread::spawn(move || {
            let (mut cpu_s, mut memory_mb) = (0.0, 0.0);
            while let (Some(times), Some(memory)) = (Times::of(pid), peak_memory_mb(pid)) {
                (cpu_s, memory_mb) = (times.own_s, memory);
                std::thread::sleep(LOOK);
            }
            (cpu_s, memory_mb)
        });
        let output = child.wait_with_output().unwrap();
        let wall_ms = milliseconds_since(began);
        assert!(output.status.success(), "{command:?}\n{}", String::from_utf8_lossy(&output.stderr));
        let (client_s, client_mb) = watch.join().unwrap();
        let cpu_s = self.server_cpu_s() - server + client_s;
        (Spent { wall_ms, cpu_s, client_mb }, String::from_utf8(output.stdout).unwrap())
    }
}

/// CPU times of a process, in seconds.
struct Times {
    parent: u32,
    own_s: f64,
    /// Of children that have ended.
    children_s: f64,
}

impl Times {
    fn of(pid: u32) -> Option<Self> {
        /// Of the clock in which Linux counts for programs.
        const TICKS: f64 = 100.0;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // After the name, which may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let seconds = |place: usize| Some(fields.get(place)?.parse::<f64>().ok()? / TICKS);
        let (own_s, children_s) = (seconds(11)? + seconds(12)?, seconds(13)? + seconds(14)?);
        Some(Self { parent: fields.get(1)?.parse().ok()?, own_s, children_s })
    }
}

/// None when the process has ended.
fn peak_memory_mb(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<f64>().ok()? / 1024.0)
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

/// A partitioned table of 400 days, with two indexes.
pub fn parent_of_400(parent: u32) -> String {
    format!(
        "create table p{parent} (id bigint not null, at timestamptz not null, primary key (id, at)) partition by range (at);
         create index on p{parent} (at);
         do $$ begin for n in 0..399 loop
             execute format('create table p{parent}_%s partition of p{parent} for values from (%L) to (%L)', n,
                            '2026-01-01 00:00+00'::timestamptz + n * interval '1 day',
                            '2026-01-01 00:00+00'::timestamptz + (n + 1) * interval '1 day');
         end loop; end $$"
    )
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
