//! `pgtend doctor`: what each role is told that it lacks, the configuration against the database, and the way out.
use std::fs;

use serde_json::Value;

use crate::common::database::Database;
use crate::common::program::Output;
use crate::support::{contains, fingerprint};

#[track_caller]
fn finding(said: &Output, subject: &str) -> Value {
    let document = said.json();
    assert_eq!(document["schema"], "pgtend.doctor/1");
    let findings = document["findings"].as_array().unwrap().clone();
    let found = findings.into_iter().find(|finding| finding["subject"] == subject);
    found.unwrap_or_else(|| panic!("no finding of {subject} in {document:#}"))
}

#[tokio::test]
async fn a_plain_role_is_told_each_grant_and_the_grants_help() {
    let db = Database::create().await;
    db.batch("create extension if not exists pg_stat_statements; create table t (id int)").await;
    let role = db.role("plain").await;
    let run = || db.pgtend_as(&role, ["doctor", "--json"]).run();
    let said = run().code(3);
    let rights = finding(&said, "report, health, metrics");
    assert_eq!(rights["level"], "problem");
    assert_eq!(rights["remedy"], format!("grant pg_read_all_stats to \"{role}\""));
    assert_eq!(finding(&said, "health: sequences, table_bloat, partition_upkeep")["level"], "advice");
    contains(
        finding(&said, "partition, index, normalize, migrate")["message"].as_str().unwrap(),
        "1 of 1 tables belong to postgres",
    );
    assert_eq!(finding(&said, "journal and stats")["level"], "advice");
    db.batch(rights["remedy"].as_str().unwrap()).await;
    assert_eq!(finding(&run(), "report, health, metrics")["level"], "fine");
}

#[tokio::test]
async fn what_a_role_was_denied_is_named_here_and_by_the_report() {
    let db = Database::create().await;
    db.batch("create schema \"Ext S\"; create extension pg_stat_statements schema \"Ext S\"").await;
    let role = db.role("plain").await;
    db.batch(&format!("grant pg_read_all_stats to {role}")).await;
    let run = || db.pgtend_as(&role, ["doctor", "--json"]).run();
    let report = || db.pgtend_as(&role, ["report", "slow-queries", "--since-reset"]).run();
    let usage = format!("grant usage on schema \"Ext S\" to {role}");
    let execute = format!("grant execute on function \"Ext S\".pg_stat_statements(boolean) to {role}");
    db.batch("revoke execute on function \"Ext S\".pg_stat_statements(boolean) from public").await;
    for grants in [format!("{usage}; {execute}"), execute] {
        let found = finding(&run().code(3), "pg_stat_statements");
        assert_eq!(found["level"], "problem");
        assert_eq!(found["remedy"], grants);
        let said = report().code(4);
        contains(&said.stderr, "this role may not read pg_stat_statements: ");
        contains(&said.stderr, &format!("{grants};"));
        db.batch(grants.split(';').next().unwrap()).await;
    }
    report().success();
    assert_ne!(finding(&run(), "pg_stat_statements")["level"], "problem");

    db.batch("revoke execute on function pg_lock_status(), pg_stat_get_activity(integer) from public").await;
    db.batch(&format!("alter database \"{}\" set pg_stat_statements.track = none", db.name())).await;
    let said = run().code(3);
    let rights = finding(&said, "report, health, metrics");
    assert_eq!(rights["level"], "problem");
    contains(rights["message"].as_str().unwrap(), "function pg_catalog.pg_lock_status() is denied");
    db.batch(rights["remedy"].as_str().unwrap()).await;
    let said = run().code(3);
    assert_eq!(finding(&said, "report, health, metrics")["level"], "fine");
    let found = finding(&said, "pg_stat_statements");
    assert_eq!(found["level"], "problem");
    contains(found["message"].as_str().unwrap(), "pg_stat_statements.track is none");
    contains(&report().success().stdout, "note: pg_stat_statements.track is none: no statement is counted");
}

#[tokio::test]
async fn a_window_that_only_a_hidden_store_knows_names_the_grant() {
    let db = Database::create().await;
    db.batch("create extension pg_stat_statements").await;
    db.pgtend(["stats", "capture"]).run().success();
    let role = db.role("plain").await;
    for window in [["--since", "1h"], ["--from", "2026-01-01T00:00:00Z"]] {
        let said = db.pgtend_as(&role, ["report", "table-access"]).args(window).run().code(4);
        contains(&said.stderr, "the snapshots in schema \"pgtend\" are hidden from this role");
        contains(&said.stderr, "grant usage on schema \"pgtend\"");
    }
    // Without a window of one's own there are the counters.
    db.pgtend_as(&role, ["report", "table-access"]).run().success();
}

#[tokio::test]
async fn what_the_server_lacks() {
    let db = Database::create().await;
    let said = db.pgtend(["doctor", "--json"]).run().code(3);
    // The server of the tests does without.
    assert_eq!(finding(&said, "fsync")["level"], "problem");
    assert_eq!(finding(&said, "pg_stat_statements")["remedy"], "create extension pg_stat_statements");
    assert_eq!(finding(&said, "pooler")["level"], "fine");
    assert_eq!(finding(&said, "clocks")["level"], "fine");
    assert_eq!(finding(&said, "report, health, metrics")["level"], "fine");
    let said = db.pgtend(["doctor"]).run().code(3);
    let levels: Vec<&str> =
        said.stdout.lines().skip(1).map(|line| line.split_whitespace().next().unwrap()).collect();
    assert_eq!(levels.first(), Some(&"problem"));
    assert_eq!(levels.last(), Some(&"fine"));
}

#[tokio::test]
async fn the_configuration_is_held_against_the_database() {
    let db = Database::create().await;
    db.batch(
        "create table events (id int, at timestamptz) partition by range (at);
         create table e11 partition of events for values from ('2026-11-01 00:00+00') to ('2026-12-01 00:00+00');
         create table plain (at date); create table twice (at date) partition by range (at);
         create table t11 partition of twice for values from ('2026-11-01') to ('2026-12-01')",
    )
    .await;
    let section = |table: &str, more: &str| format!("[[partition]]\ntable = \"{table}\"\n{more}\n");
    let config = [
        section("events", "by = \"id\""),
        section("plain", ""),
        section("nowhere", ""),
        section("twice", ""),
        section("public.twice", ""),
    ];
    fs::write(db.home().join("pgtend.toml"), config.concat()).unwrap();
    let said = db.pgtend(["doctor", "--json"]).run().code(3);
    for (name, level, words) in [
        ("events", "problem", "id"),
        ("plain", "problem", "an ordinary table, not a partitioned table"),
        ("nowhere", "problem", "no table `nowhere`"),
        ("twice", "fine", "1 partitions, one each month"),
        ("public.twice", "problem", "the same table as section twice"),
    ] {
        let finding = finding(&said, &format!("[[partition]] {name}"));
        assert_eq!(finding["level"], level, "{finding:#}");
        contains(finding["message"].as_str().unwrap(), words);
    }
}

/// A database with the journal of one change.
async fn with_journal() -> Database {
    let db = Database::create().await;
    db.batch("create table events (id int, at timestamptz) partition by range (at)").await;
    db.pgtend(["partition", "create", "events", "--every", "month", "--ahead", "0"]).run().success();
    assert_ne!(db.value("select to_regclass('pgtend.run')").await, "");
    db
}

#[tokio::test]
async fn uninstalling_drops_the_schema_and_nothing_else() {
    let db = with_journal().await;
    let before = fingerprint(&db).await;
    let said = db.pgtend(["doctor", "--uninstall", "--dry-run"]).run().success();
    contains(&said.stdout, "drop schema \"pgtend\" cascade");
    let said = db.pgtend(["doctor", "--uninstall"]).run().code(2);
    contains(&said.stderr, "schema \"pgtend\", for good?");
    assert_eq!(fingerprint(&db).await, before, "without consent nothing happens");

    db.pgtend(["doctor", "--uninstall", "--yes"]).run().success();
    assert_eq!(db.value("select to_regnamespace('pgtend')").await, "");
    assert_eq!(db.value("select count(*) from pg_inherits where inhparent = 'events'::regclass").await, "1");
    let said = db.pgtend(["doctor", "--uninstall", "--yes"]).run().success();
    contains(&said.stderr, "nothing to do");
}

#[tokio::test]
async fn a_schema_that_is_not_pgtends_or_that_others_use_stays() {
    let db = Database::create().await;
    db.batch("create schema pgtend; create table pgtend.mine (id int)").await;
    contains(&db.pgtend(["doctor", "--uninstall", "--yes"]).run().success().stderr, "nothing to do");
    assert_ne!(db.value("select to_regclass('pgtend.mine')").await, "");

    let db = with_journal().await;
    // What stands in the schema goes with it.
    db.batch("create view pgtend.recent as select * from pgtend.run").await;
    db.pgtend(["doctor", "--uninstall", "--dry-run"]).run().success();
    db.batch("create view history as select * from pgtend.run").await;
    contains(
        &db.pgtend(["doctor", "--uninstall", "--yes"]).run().code(1).stderr,
        "view public.history depends on pgtend.run",
    );
    let role = db.role("other").await;
    db.batch(&format!("drop view history; grant usage on schema pgtend to {role}")).await;
    let said = db.pgtend_as(&role, ["doctor", "--uninstall", "--yes"]).run().code(4);
    contains(&said.stderr, "schema \"pgtend\" belongs to role postgres");
    assert_ne!(db.value("select to_regclass('pgtend.run')").await, "");
}
