//! What a killed run leaves behind, and who removes it.
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use pgtend::sandbox::{Sandbox, discover};
use tempfile::TempDir;

use crate::common::program::{Program, pgtend};
use crate::common::server::{options, version};

/// Long for what takes a moment: only a hang gets there.
const LIMIT: Duration = Duration::from_secs(60);

fn run<const N: usize>(arguments: [&str; N]) -> Program {
    let programs = discover(version()).unwrap().programs().to_owned();
    pgtend(["sandbox", "run"]).args(arguments).env("PGTEND_PG_BIN", programs)
}

/// Starts a server that lives until its standard output is closed, and tells the server's directory.
fn hold() -> (Child, PathBuf) {
    let mut child = run(["--", "sh", "-c", "echo $PGHOST; while echo; do sleep 0.1; done"]).spawn();
    let mut directory = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut directory).unwrap();
    (child, PathBuf::from(directory.trim()))
}

fn postmaster(directory: &Path) -> PathBuf {
    let file = fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    Path::new("/proc").join(file.lines().next().unwrap())
}

fn wait_until(what: &str, done: impl Fn() -> bool) {
    let since = Instant::now();
    while !done() {
        assert!(since.elapsed() < LIMIT, "{what} never came");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A process that has ended may stay in the table until its parent asks for it.
fn ended(process: &Path) -> bool {
    fs::read_to_string(process.join("stat")).map_or(true, |stat| stat.contains(") Z "))
}

#[test]
fn kill_9_leaves_no_server_and_no_directory() {
    let (mut child, directory) = hold();
    let server = postmaster(&directory);
    assert!(!ended(&server));
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("the server's end", || ended(&server));
    wait_until("the directory's end", || !directory.exists());
}

#[test]
fn what_this_user_has_put_there_goes_with_the_next_start() {
    let (mut child, directory) = hold();
    let server = postmaster(&directory);
    fs::create_dir(directory.join("certificates")).unwrap();
    fs::write(directory.join("certificates/server.key"), "").unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    wait_until("the server's end", || ended(&server));
    wait_until("the data's end", || !directory.join("data").exists());
    Sandbox::start(&options()).unwrap();
    assert!(!directory.exists());
}

#[test]
fn the_next_start_sweeps_up_after_a_dead_run_and_spares_a_living_one() {
    let place = if Path::new("/dev/shm").is_dir() { "/dev/shm" } else { "/tmp" };
    let make = |name: &str| {
        let directory = TempDir::with_prefix_in("pgtend-", place).unwrap();
        fs::create_dir(directory.path().join("data")).unwrap();
        fs::write(directory.path().join(name), "").unwrap();
        directory
    };
    let (dead, living, foreign) = (make("lock"), make("lock"), make("letter"));
    let lock = File::open(living.path().join("lock")).unwrap();
    lock.lock().unwrap();
    Sandbox::start(&options()).unwrap();
    assert!(!dead.path().exists());
    assert!(living.path().exists());
    assert!(foreign.path().exists());
}

#[test]
fn a_long_tmpdir_is_passed_over() {
    let home = TempDir::new().unwrap();
    let long = home.path().join("x".repeat(120));
    fs::create_dir(&long).unwrap();
    let told =
        run(["--durable", "--", "sh", "-c", "echo $PGHOST"]).env("TMPDIR", &long).run().success().stdout;
    assert!(!told.contains("xxx"), "{told}");
    assert!(!Path::new(told.trim()).exists());
}

#[test]
fn the_command_is_told_where_the_server_is_and_nothing_of_another() {
    let script = "echo $PGUSER@$PGPORT $PGSERVICE-; case $DATABASE_URL in *host=$PGHOST*) echo same;; esac";
    let run = run(["--", "sh", "-c", script]).env("PGSERVICE", "production").env("PGPORT", "1");
    assert_eq!(run.run().success().stdout, "postgres@5432 -\nsame\n");
}

#[test]
fn a_failed_command_gives_its_code_and_leaves_nothing() {
    let failed = run(["--", "sh", "-c", "echo $PGHOST; exit 3"]).run().code(3);
    assert!(!Path::new(failed.stdout.trim()).exists());
}
