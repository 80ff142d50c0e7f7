//! Servers that fail in the middle, run out of disk, or only read: on servers of their own.
use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command};
use std::time::Duration;

use pgtend::sandbox::{Options, Sandbox};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use super::support::{NOW, contains};
use crate::common::program::{Output, Program, pgtend};
use crate::common::server::options;

fn start(settings: &[(&str, &str)]) -> Sandbox {
    let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Sandbox::start(&Options { settings, ..options() }).unwrap()
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn value(client: &Client, query: &str) -> String {
    let messages = client.simple_query(query).await.unwrap_or_else(|error| panic!("{error:?}\n{query}"));
    let row = messages.iter().find_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    row.unwrap_or_default()
}

const EVENTS: &str =
    "create table events (id bigint, at timestamptz not null, note text) partition by range (at);
    create table events_p2026_09 partition of events for values from ('2026-09-01') to ('2026-10-01');
    create table events_p2026_11 partition of events for values from ('2026-11-01') to ('2026-12-01')";
const NAMES: &str = "select string_agg(inhrelid::regclass::text, ' ' order by 1) from pg_inherits where inhparent = 'events'::regclass";

fn tend<const N: usize>(url: &str, arguments: [&str; N]) -> Program {
    pgtend(arguments).args(["--now", NOW, "-d", url])
}

fn output(child: Child) -> (Option<i32>, String) {
    let done = child.wait_with_output().unwrap();
    (done.status.code(), String::from_utf8(done.stderr).unwrap())
}

#[tokio::test]
async fn a_server_that_crashes_while_a_statement_runs() {
    let mut server = start(&[]);
    let url = server.url("postgres");
    let client = connect(&url).await;
    client.batch_execute(EVENTS).await.unwrap();
    for command in [
        &["partition", "create", "events", "--every", "month", "--ahead", "1", "--lock-timeout", "700ms"][..],
        &["partition", "drop", "events", "--every", "month", "--keep", "1 month", "--no-archive", "--yes"],
    ] {
        let holder = connect(&url).await;
        holder.batch_execute("begin; lock table only events in share update exclusive mode").await.unwrap();
        let run = tend(&url, []).args(command).spawn();
        let watcher = connect(&url).await;
        while value(&watcher, "select count(*) from pg_stat_activity where application_name like 'pgtend%' and wait_event_type = 'Lock'").await == "0" {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.crash().unwrap();
        let (code, said) = output(run);
        // What the crash met was a lock wait, or the pause after it.
        assert_eq!(code, Some(1), "{said}");
        assert!(!said.contains("a fault in pgtend"), "{said}");
        contains(&said, "public.events");
        contains(&said, "hint: the connection was lost; run the same command again");
        server.restart().unwrap();
        tend(&url, []).args(command).run().success();
    }
    let client = connect(&url).await;
    assert_eq!(value(&client, NAMES).await, "events_p2026_11 events_p2026_12");
    // The entries of the steps that the crash met tell no end.
    assert_eq!(
        value(&client, "select count(*) from pgtend.run where outcome = 'running' and finished is null")
            .await,
        "2"
    );
}

#[tokio::test]
async fn a_session_that_an_administrator_ends() {
    let server = start(&[]);
    let url = server.url("postgres");
    let client = connect(&url).await;
    client.batch_execute(EVENTS).await.unwrap();
    let holder = connect(&url).await;
    holder.batch_execute("begin; lock table only events in share update exclusive mode").await.unwrap();
    let run =
        tend(&url, ["partition", "create", "events", "--every", "month", "--lock-timeout", "700ms"]).spawn();
    while value(&client, "select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name like 'pgtend%' and wait_event_type = 'Lock'").await == "0" {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let (code, said) = output(run);
    assert_eq!(code, Some(1), "{said}");
    contains(&said, "terminating connection due to administrator command");
    contains(&said, "hint: the connection was lost; run the same command again");
    assert_eq!(value(&client, NAMES).await, "events_p2026_09 events_p2026_11");
}

const DAYS: [&str; 9] =
    ["partition", "create", "events", "--every", "day", "--ahead", "300", "--name", "e_{yyyy}_{mm}_{dd}"];

#[tokio::test]
async fn a_disk_that_is_full() {
    let mut server = start(&[]);
    let url = server.url("postgres");
    let client = connect(&url).await;
    client.batch_execute(EVENTS).await.unwrap();
    // The journal is there already.
    client.batch_execute("create table early (at date not null) partition by range (at)").await.unwrap();
    tend(&url, ["partition", "create", "early", "--every", "month", "--ahead", "0"]).run().success();
    client.batch_execute("drop table early").await.unwrap();
    // The catalog's file becomes larger than the files of the log, so that a limit can be put between.
    client
        .batch_execute(
            "do $$ begin for i in 1..15 loop
                 execute (select format('create table wide_%s (%s)', i, string_agg('c' || c || ' int', ',')) from generate_series(1, 600) as c);
             end loop; end $$",
        )
        .await
        .unwrap();
    let size: u64 =
        value(&client, "select pg_relation_size('pg_catalog.pg_attribute')").await.parse().unwrap();
    assert!(size > 1_100_000, "{size}");
    server.crash().unwrap();
    {
        let (data, socket) = (server.socket_dir().join("data"), server.socket_dir());
        let limited =
            Following::serve(&server, &data, socket, &["autovacuum=off"], Some(size + 16_384)).await;
        let said = tend(&url, DAYS).run().code(1);
        contains(&said.stderr, "could not extend file");
        contains(&said.stderr, "hint: Check free disk space");
        assert!(!said.stderr.contains("a fault in pgtend"), "{}", said.stderr);
        let client = connect(&url).await;
        let half_made = "select count(*) from pg_class where relname like 'e\\_%' and relkind = 'r' and not relispartition";
        assert_eq!(value(&client, half_made).await, "0");
        assert_eq!(value(&client, "select count(*) from pg_class where relispartition").await, "2");
        drop(limited);
    }
    server.restart().unwrap();
    tend(&url, DAYS).run().success();
    let client = connect(&url).await;
    let days =
        "select count(*) from generate_series(timestamptz '2026-12-01', '2027-09-11', '1 day') as g(day)
                where to_regclass(to_char(g.day, '\"e_\"YYYY_MM_DD')) is not null";
    assert_eq!(value(&client, days).await, "285");
}

#[tokio::test]
async fn a_standby_reads_and_changes_nothing() {
    let primary = start(&[]);
    let url = primary.url("postgres");
    let client = connect(&url).await;
    client.batch_execute(EVENTS).await.unwrap();
    client.batch_execute("create table events_default partition of events default; insert into events values (1, '2030-01-01')").await.unwrap();
    let standby = Standby::of(&primary, &client).await;
    let url = standby.url();

    let quiet = |said: &Output| assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    quiet(&tend(&url, ["partition", "maintain", "events", "--every", "month"]).run().success());
    for command in [
        &["partition", "create", "events", "--every", "month"][..],
        &["partition", "drop", "events", "--every", "month", "--keep", "1 month", "--no-archive", "--yes"],
        &["matview", "refresh", "--all"],
    ] {
        let said = tend(&url, []).args(command).run().code(4);
        contains(&said.stderr, "is a standby; changes are made on the primary");
        contains(&said.stderr, "hint: connect with target_session_attrs=read-write");
    }
    // What only reads works.
    tend(&url, ["matview", "list"]).run().success();
    tend(&url, ["matview", "refresh", "--all", "--dry-run"]).run().success();
    tend(&url, ["matview", "log"]).run().success();
    let said = tend(&url, ["partition", "list", "events", "--json"]).run().success();
    assert_eq!(said.json()["tables"][0]["partition_list"].as_array().unwrap().len(), 3);
    let said = tend(&url, ["partition", "check", "events", "--every", "month"]).run().code(3);
    contains(&said.stdout, "rows in the default partition");
    let said = tend(&url, ["partition", "create", "events", "--every", "month", "--ahead", "1", "-n"])
        .run()
        .success();
    contains(&said.stdout, "attach partition");
}

/// A server that follows a primary, from a copy of the primary's data directory.
struct Standby {
    server: Following,
    directory: TempDir,
}

impl Standby {
    async fn of(primary: &Sandbox, client: &Client) -> Self {
        let data = primary.socket_dir().join("data");
        let place = primary.socket_dir().parent().unwrap();
        let directory = tempfile::Builder::new().prefix("pgtend-standby-").tempdir_in(place).unwrap();
        let copy = directory.path().join("data");
        let newer = primary.server().major() >= 15;
        let start =
            if newer { "pg_backup_start('copy', true)" } else { "pg_start_backup('copy', true, false)" };
        let stop = if newer { "pg_backup_stop(false)" } else { "pg_stop_backup(false, false)" };
        client.simple_query(&format!("select {start}")).await.unwrap();
        assert!(Command::new("cp").arg("-a").args([&data, &copy]).status().unwrap().success());
        let label = value(client, &format!("select labelfile from {stop}")).await;
        fs::write(copy.join("backup_label"), label).unwrap();
        fs::remove_file(copy.join("postmaster.pid")).unwrap();
        fs::write(copy.join("standby.signal"), "").unwrap();
        give(directory.path(), owner(&data));
        give(&copy, owner(&data));
        for file in ["backup_label", "standby.signal"] {
            give(&copy.join(file), owner(&data));
        }
        let source = format!("primary_conninfo=host={} user=postgres", primary.socket_dir().display());
        let server = Following::serve(primary, &copy, directory.path(), &[&source], None).await;
        let standby = Self { server, directory };
        let target = value(client, "select pg_current_wal_lsn()").await;
        let follower = connect(&standby.url()).await;
        while value(&follower, &format!("select pg_last_wal_replay_lsn() >= '{target}'")).await != "t" {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        standby
    }

    fn url(&self) -> String {
        assert!(self.server.0.id() > 0);
        url(self.directory.path())
    }
}

/// A server of a test's own, beside the sandboxes; it ends with the test.
struct Following(Child);

impl Following {
    /// No file of the server can grow beyond `limit` bytes, as if the disk were full there.
    async fn serve(
        like: &Sandbox,
        data: &Path,
        socket: &Path,
        settings: &[&str],
        limit: Option<u64>,
    ) -> Self {
        let limit = limit.map_or_else(|| "unlimited".to_owned(), |bytes| (bytes / 512).to_string());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("ulimit -S -f {limit}; exec \"$0\" \"$@\"")]);
        command.arg(like.server().programs().join("postgres")).arg("-D").arg(data).arg("-k").arg(socket);
        for setting in ["listen_addresses=", "fsync=off", "max_connections=200", "shared_buffers=16MB"]
            .iter()
            .chain(settings)
        {
            command.args(["-c", setting]);
        }
        let (user, group) = owner(data);
        if rustix::process::geteuid().is_root() {
            command.uid(user).gid(group);
        }
        let log = fs::File::create(socket.join("log.own")).unwrap();
        command.current_dir(socket).env("LC_ALL", "C").stdout(log.try_clone().unwrap()).stderr(log);
        let mut server = command.spawn().unwrap();
        while tokio_postgres::connect(&url(socket), NoTls).await.is_err() {
            let log = || fs::read_to_string(socket.join("log.own")).unwrap();
            assert!(server.try_wait().unwrap().is_none(), "the server ended\n{}", log());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self(server)
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.0), Signal::QUIT);
        let _ = self.0.wait();
    }
}

fn url(socket: &Path) -> String {
    format!("postgresql://postgres@/postgres?host={}&port=5432", socket.display())
}

fn owner(path: &Path) -> (u32, u32) {
    let found = fs::metadata(path).unwrap();
    (found.uid(), found.gid())
}

fn give(path: &Path, (user, group): (u32, u32)) {
    if rustix::process::geteuid().is_root() {
        chown(path, Some(user), Some(group)).unwrap();
    }
}
