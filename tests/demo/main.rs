//! The demo as a person sees it, with few rows; what it leaves behind; and what it fills the tables with.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as the test may")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of what the tests share")]
mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdout};
use std::time::{Duration, Instant};

use common::database::Database;
use common::program::{Program, pgtend};
use common::server::version;
use rustix::process::{Pid, Signal, kill_process};
use tokio_postgres::NoTls;

const SCHEMA: &str = include_str!("../../sql/demo/bisman/schema.sql");

fn demo<const N: usize>(arguments: [&str; N]) -> Program {
    let major = version().map(|major| format!("--pg-version={major}"));
    pgtend(["demo"]).args(arguments).args(major)
}

#[test]
fn the_story_shows_its_commands_and_what_they_say() {
    let told = demo(["--rows", "2000"]).run().success();
    for command in [
        "$ export DATABASE_URL='postgresql://",
        "$ pgtend partition create audit_logs_partitioned --ahead 1 --dry-run",
        "$ pgtend partition convert thread_messages --by createdAt --every month",
        "$ pgtend partition split thread_messages --newest 6 --yes",
        "$ pgtend partition maintain",
        "$ pgtend partition list thread_messages",
        "$ pgtend partition drop thread_messages --keep '5 months' --archive archive --yes",
        "thread_messages_legacy.*.json --attach",
        "$ pgtend partition check",
        "$ pgtend partition drop audit_logs_partitioned --keep '2 months' --no-archive --yes",
        "$ pgtend migrate up --set bisman",
        "bisman=# insert into audit_logs_partitioned",
    ] {
        assert!(told.stdout.contains(command), "{command} is missing\n{}", told.stdout);
    }
    assert_eq!(told.stderr, "", "all of it is one stream");
    let proof = told.stdout.lines().skip_while(|line| !line.starts_with(" acknowledged"));
    let proof: Vec<i64> = proof
        .skip(2)
        .take(1)
        .flat_map(|line| line.split('|'))
        .filter_map(|n| n.trim().parse().ok())
        .collect();
    assert!(matches!(proof.as_slice(), [(1..), 0, 0, 0]), "acknowledged, lost, stale, back: {proof:?}");
    let until = told.stdout.split("public.client_usage_events_p").count();
    assert!(until > 4, "the partitions are named\n{}", told.stdout);
    assert!(!told.stdout.contains('\u{1b}'), "no colour without a terminal");
}

/// What each of the other stories must have said.
const STORIES: [(&str, &[&str]); 4] = [
    (
        "redbut",
        &[
            "$ pgtend init",
            "name = \"{table}_{yyyy}_{mm}\"",
            "exit code 3",
            "$ pgtend migrate up --set redbut",
            "rows are back, equal to the archive",
            "what left and what arrived is equal in each",
            "Subplans Removed",
            "$ pgtend partition check",
        ],
    ),
    ("servio", &["$ pgtend migrate up --set servio", "Index Scan .. idx_orders_kitchen", "      51 |"]),
    ("realtime_connect", &["Index Scan .. idx_queue_waiting", "idx_messages_match_created", "cache hits"]),
    (
        "coffeebiz",
        &[
            "$ pgtend matview refresh --all --force",
            "public.mv_daily_revenue: refreshed (concurrent)",
            "get_revenue_metrics",
            "mv_hourly_traffic: refreshed",
        ],
    ),
];

#[test]
fn the_other_stories_come_to_their_end() {
    for (story, said) in STORIES {
        let told = demo([story, "--rows", "5000"]).run().success();
        for part in said {
            // One line with all of it: the planner may reach an index one way or another.
            let told_so = |line: &str| part.split(" .. ").all(|words| line.contains(words));
            assert!(told.stdout.lines().any(told_so), "{story} does not say `{part}`\n{}", told.stdout);
        }
        assert_eq!(told.stderr, "", "{story}: all of it is one stream");
        let alone = told.stdout.matches("beside pgtend").count();
        assert!(alone >= 1, "{story}: the application is measured\n{}", told.stdout);
    }
}

#[test]
fn the_partitions_are_those_of_the_configuration() {
    let told = demo(["--rows", "1000"]).run().success();
    let listed: Vec<&str> = told
        .stdout
        .split("$ pgtend partition list client_usage_events_partitioned\n")
        .nth(1)
        .unwrap()
        .lines()
        .take_while(|line| !line.is_empty())
        .filter(|line| line.contains("public.client_usage_events_p2"))
        .collect();
    assert_eq!(listed.len(), 15, "3 past, the current one, 11 ahead\n{listed:#?}");
    let states = |state: &str| listed.iter().filter(|line| line.trim_end().ends_with(state)).count();
    assert_eq!((states("past"), states("current"), states("ahead")), (3, 1, 11));
}

/// `--keep` and its end, and on the way a look at the rows with the server's own eyes.
#[tokio::test]
async fn rows_obey_the_foreign_keys_that_were_off_while_they_came() {
    let mut kept = Running::start(demo(["--rows", "4000", "--keep"]));
    let url = kept.read_past("export DATABASE_URL='").trim_end_matches('\'').to_owned();
    kept.read_past("The server stays up");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    let checked: i64 = client.query_one(ROWS, &[]).await.unwrap().get(0);
    assert!(checked >= 4000, "{checked}: those of the beginning, and what the application has written since");
    client.batch_execute(CHECK_FOREIGN_KEYS_AGAIN).await.unwrap();
    let early: i64 = client.query_one(BEFORE_THEIR_THREAD, &[]).await.unwrap().get(0);
    assert_eq!(early, 0, "messages older than their thread");
    drop(client);
    let _ = driver.await;
    let ended = kept.signal(Signal::INT);
    assert_eq!(ended.code, Some(0), "Ctrl-C is how --keep is meant to end");
    assert!(!ended.directory.parent().unwrap().exists(), "{} was left behind", ended.directory.display());
}

#[test]
fn an_interrupted_story_leaves_nothing_behind() {
    let mut running = Running::start(demo(["--rows", "1000000"]));
    running.read_past("export DATABASE_URL='");
    let ended = running.signal(Signal::INT);
    // It dies of the signal, so that a shell loop around it ends too; shells say 130.
    assert_eq!(ended.signal, Some(Signal::INT.as_raw()));
    assert!(!ended.directory.parent().unwrap().exists(), "{} was left behind", ended.directory.display());
}

#[test]
fn a_killed_story_leaves_nothing_behind_either() {
    let mut running = Running::start(demo(["--rows", "1000000"]));
    running.read_past("export DATABASE_URL='");
    let directory = running.signal(Signal::KILL).directory;
    // The server's sentinel needs a moment.
    let patience = Instant::now() + Duration::from_secs(30);
    while directory.parent().unwrap().exists() {
        assert!(Instant::now() < patience, "{} was left behind", directory.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[tokio::test]
async fn the_schema_loads_where_its_role_exists_already() {
    for _ in 0..2 {
        let database = Database::create().await;
        database.batch(SCHEMA).await;
        let partitioned = "select count(*) from pg_partitioned_table";
        assert_eq!(database.value(partitioned).await, "0", "that comes with the set");
    }
}

const ROWS: &str = "select count(*) from thread_messages";

const BEFORE_THEIR_THREAD: &str = r#"
    select count(*)
    from thread_messages
    join threads on threads.id = "threadId"
    where thread_messages."createdAt" < threads."createdAt"
"#;

/// Adding a foreign key reads all the rows.
const CHECK_FOREIGN_KEYS_AGAIN: &str = r#"
    do $$
    declare
        fk record;
    begin
        for fk in
            select conrelid::regclass as on_table, conname, pg_get_constraintdef(oid) as definition
            from pg_constraint
            where contype = 'f' and conparentid = 0
        loop
            execute format('alter table %s drop constraint %I', fk.on_table, fk.conname);
            execute format('alter table %s add constraint %I %s', fk.on_table, fk.conname, fk.definition);
        end loop;
    end
    $$
"#;

/// A demo that has begun, and what it has said so far.
struct Running {
    child: Child,
    stdout: BufReader<ChildStdout>,
    directory: Option<PathBuf>,
}

struct Ended {
    code: Option<i32>,
    signal: Option<i32>,
    directory: PathBuf,
}

impl Running {
    fn start(program: Program) -> Self {
        let mut child = program.spawn();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout, directory: None }
    }

    /// Reads on until a line has `text`, and gives what follows it there.
    fn read_past(&mut self, text: &str) -> String {
        let mut said = String::new();
        loop {
            let mut line = String::new();
            let ended = self.stdout.read_line(&mut line).unwrap() == 0;
            assert!(!ended, "the demo ended without saying `{text}`\n{said}{}", self.complaint());
            said.push_str(&line);
            if let Some(directory) = line.strip_prefix("$ cd ") {
                self.directory = Some(PathBuf::from(directory.trim_end()));
            }
            if let Some((_, rest)) = line.split_once(text) {
                return rest.trim_end().to_owned();
            }
        }
    }

    fn complaint(&mut self) -> String {
        let mut said = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        said
    }

    fn signal(mut self, signal: Signal) -> Ended {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
        let mut rest = Vec::new();
        self.stdout.read_to_end(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        let directory = self.directory.take().unwrap();
        Ended { code: status.code(), signal: status.signal(), directory }
    }
}
