//! A run pauses for every reason there is, says so, and goes on when the reason is gone.
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Child;

use tempfile::TempDir;
use tokio_postgres::Client;

use super::support::{CONFIG, TABLES, filling, found_in_targets, made_by_sql};
use crate::common::program::pgtend;
use crate::common::standby::Pair;

/// A run that has begun and pauses.
struct Paused {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Paused {
    /// Until it has told the reason.
    fn begin(pair: &Pair, home: &Path, arguments: &[&str], reason: &str) -> Self {
        let url = pair.primary.url("postgres");
        let program =
            pgtend(["normalize", "run", "-d", &url]).args(arguments).env("HOME", home).directory(home);
        let mut child = program.spawn();
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut told = String::new();
        while !told.lines().any(|line| line.contains("pauses: ") && line.contains(reason)) {
            assert!(!told.contains("pauses: "), "{arguments:?}: it pauses, and not for `{reason}`\n{told}");
            let read = stderr.read_line(&mut told).unwrap();
            assert_ne!(read, 0, "{arguments:?}: it has ended without a pause for `{reason}`\n{told}");
        }
        Self { child, stderr }
    }

    fn ends_well(self) {
        let Self { mut child, stderr } = self;
        let rest: Vec<String> = stderr.lines().map(Result::unwrap).collect();
        assert!(child.wait().unwrap().success(), "{}", rest.join("\n"));
    }
}

async fn value(client: &Client, query: &str) -> String {
    client.query_one(query, &[]).await.unwrap().get(0)
}

/// The tables without what an earlier run has left.
async fn anew(client: &Client) {
    client.batch_execute("drop schema if exists pgtend cascade").await.unwrap();
    client.batch_execute("drop table if exists message_reads, message_reactions, messages").await.unwrap();
    client.batch_execute(&format!("{TABLES};{}", filling(3000))).await.unwrap();
}

#[tokio::test]
async fn a_standby_that_lags_holds_a_run_up() {
    let pair = Pair::start(&[]);
    let (primary, standby) = (pair.on_primary().await, pair.on_standby().await);
    let home = TempDir::new().unwrap();
    std::fs::write(home.path().join("pgtend.toml"), CONFIG).unwrap();
    standby.batch_execute("select pg_wal_replay_pause()").await.unwrap();
    anew(&primary).await;
    let run = Paused::begin(&pair, home.path(), &["--max-lag-mb", "1"], "a standby has");
    assert_eq!(value(&primary, "select count(*)::text from message_reads").await, "0");
    assert_eq!(value(&primary, "select phase from pgtend.backfill where name = 'reads'").await, "load");
    standby.batch_execute("select pg_wal_replay_resume()").await.unwrap();
    run.ends_well();
    assert_eq!(found_in_targets(&primary).await, made_by_sql(&primary).await);
    pair.caught_up().await;
    assert_eq!(found_in_targets(&standby).await, made_by_sql(&standby).await);
}

#[tokio::test]
async fn every_other_reason_is_heeded() {
    let pair = Pair::start(&[("archive_mode", "on"), ("archive_command", "test -e allowed")]);
    let primary = pair.on_primary().await;
    let home = TempDir::new().unwrap();
    std::fs::write(home.path().join("pgtend.toml"), CONFIG).unwrap();

    anew(&primary).await;
    let stop = home.path().join("stop");
    std::fs::write(&stop, "").unwrap();
    let run = Paused::begin(&pair, home.path(), &["--throttle-file", "stop"], "the file stop is there");
    std::fs::remove_file(&stop).unwrap();
    run.ends_well();

    anew(&primary).await;
    let url = pair.primary.url("postgres");
    let wrong = pgtend(["normalize", "run", "-d", &url, "--throttle-query", "select nothing"])
        .env("HOME", home.path());
    wrong.directory(home.path()).run().code(2);
    assert_eq!(value(&primary, "select coalesce(to_regclass('pgtend.queue_reads')::text, '')").await, "");
    primary.batch_execute("create table busy (yes boolean); insert into busy values (true)").await.unwrap();
    let query = ["--throttle-query", "select yes from busy"];
    let run = Paused::begin(&pair, home.path(), &query, "the query of --throttle-query gives t");
    primary.batch_execute("update busy set yes = false").await.unwrap();
    run.ends_well();

    anew(&primary).await;
    let slot = "select pg_create_physical_replication_slot('forgotten', true)";
    primary
        .batch_execute(&format!(
            "{slot}; {}",
            "create table w as select repeat('x', 1000) from generate_series(1, 4000)"
        ))
        .await
        .unwrap();
    let run = Paused::begin(&pair, home.path(), &["--max-slot-mb", "1"], "a replication slot keeps");
    primary.batch_execute("select pg_drop_replication_slot('forgotten')").await.unwrap();
    run.ends_well();

    anew(&primary).await;
    primary.batch_execute("select pg_switch_wal()").await.unwrap();
    let run =
        Paused::begin(&pair, home.path(), &["--max-archive-files", "0"], "files of WAL wait to be archived");
    primary.batch_execute("copy (select) to program 'touch allowed'").await.unwrap();
    // The archiver, tired of failures, wakes for a new file.
    primary.batch_execute("create table nudge ()").await.unwrap();
    primary.batch_execute("select pg_switch_wal()").await.unwrap();
    run.ends_well();

    anew(&primary).await;
    let minute = "extract(epoch from now())::bigint / 60 % 1440";
    let of_day =
        |shift: u32| format!("to_char(time '00:00' + ({minute} + {shift}) * interval '1 minute', 'HH24:MI')");
    let window = value(&primary, &format!("select {} || '-' || {}", of_day(120), of_day(180))).await;
    let run = Paused::begin(&pair, home.path(), &["--window", &window], "it is not the hour of --window");
    assert_eq!(value(&primary, "select count(*)::text from message_reads").await, "0");
    let Paused { mut child, .. } = run;
    child.kill().unwrap();
    child.wait().unwrap();
    let now = value(&primary, &format!("select {} || '-' || {}", of_day(1430), of_day(60))).await;
    let again = pgtend(["normalize", "run", "-d", &url, "--window", &now]).env("HOME", home.path());
    again.directory(home.path()).run().success();

    anew(&primary).await;
    primary.batch_execute(&filling(12000).replace("'m'", "'x'")).await.unwrap();
    let run = Paused::begin(
        &pair,
        home.path(),
        &["--max-wal-mb", "1", "--batch-time", "5ms"],
        "more than 1 MB of WAL are written in a second",
    );
    run.ends_well();
    assert_eq!(found_in_targets(&primary).await, made_by_sql(&primary).await);
}
