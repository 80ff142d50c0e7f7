//! `--dry-run`: the plan as SQL that psql runs, and as JSON; the server itself refuses every write meanwhile.
use std::fs;
use std::process::Command;

use serde_json::Value;

use super::support::{contains, events, fingerprint, names, partitions, tend};
use crate::common::database::Database;
use crate::common::server::server;

/// Runs the SQL as a person would: by psql where the server has it, else statement by statement.
async fn run(db: &Database, sql: &str) {
    let file = db.home().join("plan.sql");
    fs::write(&file, sql).unwrap();
    let psql = server().server().programs().join("psql");
    if psql.exists() {
        let done = Command::new(psql)
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", &db.url(), "-f"])
            .arg(&file)
            .output()
            .unwrap();
        assert!(done.status.success(), "{}\n{sql}", String::from_utf8_lossy(&done.stderr));
        return;
    }
    // Servers from a package for programs come without psql. No name or text in these plans holds a semicolon.
    let client = db.client().await;
    for statement in sql.split(";\n").filter(|statement| !statement.trim().is_empty()) {
        client.batch_execute(statement).await.unwrap_or_else(|error| panic!("{error:?}\n{statement}"));
    }
}

/// Partitions, and what is particular to each, without what differs between any two databases.
async fn state(db: &Database) -> String {
    let details = db
        .value(
            "select string_agg(format('%s %s %s %s', c.relname, c.relkind, c.reloptions, obj_description(c.oid)), E'\n' order by c.relname)
             from pg_class as c where c.relnamespace = 'public'::regnamespace",
        )
        .await;
    format!("{:?}\n{details}", partitions(db, "events").await)
}

async fn usual() -> Database {
    let db = events(["2026-07", "2026-08", "2026-10", "2026-11"]).await;
    db.batch(
        "alter table events_p2026_11 set (fillfactor = 80); comment on table events_p2026_11 is 'it''s';
         insert into events values (1, '2026-07-05')",
    )
    .await;
    db
}

#[tokio::test]
async fn what_it_prints_does_what_the_run_does() {
    for command in [
        &["partition", "create", "events", "--ahead", "3"][..],
        &["partition", "drop", "events", "--keep", "2 months", "--no-archive", "--yes"],
        &["partition", "maintain", "events", "--ahead", "2", "--keep", "2 months", "--no-archive", "--yes"],
    ] {
        let (planned, ran) = (usual().await, usual().await);
        fs::write(ran.home().join("pgtend.toml"), "[journal]\nenabled = false\n").unwrap();
        let before = fingerprint(&planned).await;
        let said = tend(&planned, []).args(command).args(["--dry-run"]).run().success();
        assert_eq!(fingerprint(&planned).await, before);
        assert_eq!(planned.value("select to_regnamespace('pgtend')").await, "");
        run(&planned, &said.stdout).await;
        tend(&ran, []).args(command).run().success();
        assert_eq!(state(&planned).await, state(&ran).await, "{command:?}\n{}", said.stdout);
        // Then there is nothing left to do.
        let said = tend(&planned, []).args(command).args(["--dry-run"]).run().success();
        assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", "nothing to do\n"));
    }
}

#[tokio::test]
async fn with_a_default_partition_too() {
    let make = async || {
        let db = usual().await;
        db.batch("create table events_default partition of events default; insert into events values (1, '2020-01-01')").await;
        db
    };
    let (planned, ran) = (make().await, make().await);
    let said = tend(&planned, ["partition", "create", "events", "--ahead", "2", "-n"]).run().success();
    contains(
        &said.stdout,
        "-- note: public.events_default has rows: it is read once without stopping anybody",
    );
    run(&planned, &said.stdout).await;
    tend(&ran, ["partition", "create", "events", "--ahead", "2"]).run().success();
    assert_eq!(state(&planned).await, state(&ran).await);
}

#[tokio::test]
async fn locks_losses_and_interruptions_stand_in_comments() {
    let db = usual().await;
    let said = tend(&db, ["partition", "drop", "events", "--keep", "3 months", "-n"]).run().success();
    for comment in [
        "-- public.events: ",
        "-- step 1: mark public.events_p2026_07 as one to be dropped",
        "-- lock: SHARE UPDATE EXCLUSIVE on public.events, for an instant",
        "-- if interrupted: the detach is pending: its rows are out of sight; the next run finalizes it",
        "-- has transactions of its own; cannot run inside one",
        "-- destroys: partition public.events_p2026_07",
    ] {
        contains(&said.stdout, comment);
    }
}

#[tokio::test]
async fn as_json() {
    let db = usual().await;
    let said =
        tend(&db, ["partition", "drop", "events", "--keep", "3 months", "-n", "--json"]).run().success();
    let document = said.json();
    assert_eq!(document["schema"], "pgtend.partition.drop/1");
    let plan = &document["plans"][0];
    assert_eq!(plan["target"], "public.events");
    let steps = plan["steps"].as_array().unwrap();
    let runs: Vec<&Value> = steps.iter().map(|step| &step["run"]).collect();
    assert_eq!(runs, ["transaction", "alone", "transaction", "transaction"]);
    let after_a_failure: Vec<&Value> = steps.iter().map(|step| &step["runs_after_a_failure"]).collect();
    assert_eq!(after_a_failure, [false, false, true, false]);
    assert_eq!(steps[1]["locks"][0]["mode"], "share_update_exclusive");
    assert_eq!(steps[3]["destroys"]["what"], "partition public.events_p2026_07");
    assert!(steps[3]["destroys"]["bytes"].as_i64().unwrap() > 0);
    contains(
        steps[1]["sql"][0].as_str().unwrap(),
        "detach partition \"public\".\"events_p2026_07\" concurrently;",
    );
    assert_eq!(names(&db, "events").await.len(), 4);
}

#[tokio::test]
async fn the_server_refuses_writes_in_it() {
    let db = usual().await;
    // The server's log has what the session was told, and when: before it read anything.
    let name = db.name().to_owned();
    db.batch(&format!("alter database {name} set log_statement = 'all'")).await;
    let before = fs::metadata(server().log()).unwrap().len();
    tend(&db, ["partition", "create", "events", "--ahead", "3", "-n"]).run().success();
    let log = fs::read(server().log()).unwrap();
    let log = String::from_utf8_lossy(&log[usize::try_from(before).unwrap()..]).into_owned();
    let pinned =
        log.find("set default_transaction_read_only = on").expect("the session was told to refuse writes");
    let read = log.find("from pg_catalog.pg_partitioned_table").expect("the session has read the tables");
    assert!(pinned < read);
}
