//! `partition check` and `partition list`: each finding, the exit codes, and the formats.
use serde_json::Value;

use super::support::{NOW, contains, empty_events, events, fingerprint, leave_pending, mark, tend};
use crate::common::database::Database;
use crate::common::program::Output;

/// The findings' kinds of the one table.
fn kinds(said: &Output) -> Vec<String> {
    let document = said.json();
    assert_eq!(document["schema"], "pgtend.partition.check/1");
    let findings = document["tables"][0]["findings"].as_array().unwrap().clone();
    findings.iter().map(|finding| finding["kind"].as_str().unwrap().to_owned()).collect()
}

fn check(db: &Database) -> Output {
    tend(db, ["partition", "check", "events", "--every", "month", "--ahead", "1", "--json"]).run()
}

#[tokio::test]
async fn a_table_in_order() {
    let db = events(["2026-11", "2026-12"]).await;
    let said = check(&db).success();
    assert_eq!(kinds(&said), [""; 0]);
    let table = &said.json()["tables"][0];
    assert_eq!(table["table"], "public.events");
    assert_eq!(table["covered_until"], "2027-01-01 00:00:00+00");
    assert_eq!(table["has_default"], false);
    let said = tend(&db, ["partition", "check", "events", "--ahead", "1"]).run().success();
    contains(&said.stdout, "nothing to report");
    contains(&said.stdout, "2027-01-01 00:00:00+00");
}

#[tokio::test]
async fn no_partition_for_now() {
    let db = events(["2026-09", "2026-10"]).await;
    let said = check(&db).code(3);
    assert_eq!(kinds(&said), ["no_current_partition", "coverage"]);
    assert_eq!(said.json()["tables"][0]["covered_until"], Value::Null);
    contains(&said.stdout, "no partition for now: inserts fail");
    contains(
        &said.stdout,
        "2 of the configured partitions are missing, from 2026-11-01 00:00:00+00 to 2027-01-01",
    );
    db.batch("create table events_default partition of events default").await;
    contains(&check(&db).code(3).stdout, "inserts go into the default partition");
}

#[tokio::test]
async fn fewer_ahead_than_configured() {
    let db = events(["2026-11"]).await;
    assert_eq!(kinds(&check(&db).code(3)), ["coverage"]);
}

#[tokio::test]
async fn a_gap_and_a_partition_that_does_not_fit() {
    let db = events(["2026-08", "2026-11", "2026-12"]).await;
    db.batch("create table odd partition of events for values from ('2026-07-01 00:00+00') to ('2026-07-04 23:00+00')").await;
    let said = check(&db).code(3);
    assert_eq!(kinds(&said), ["gap", "gap", "misaligned"]);
    contains(&said.stdout, "no partition from 2026-09-01 00:00:00+00 to 2026-11-01 00:00:00+00");
    contains(
        &said.stdout,
        "public.odd (2026-07-01 00:00:00+00 to 2026-07-04 23:00:00+00) begins or ends within a month",
    );
}

#[tokio::test]
async fn rows_in_the_default_partition_and_a_check_left_on_it() {
    let db = events(["2026-11", "2026-12"]).await;
    db.batch("create table events_default partition of events default").await;
    assert_eq!(kinds(&check(&db).success()), [""; 0]);
    db.batch(
        "insert into events values (1, '2030-01-01'), (2, '2020-01-01'), (3, 'infinity');
         alter table events_default add constraint pgtend_default_window check (id > 0) not valid",
    )
    .await;
    let said = check(&db).code(3);
    assert_eq!(kinds(&said), ["default_rows", "leftover_check"]);
    contains(
        &said.stdout,
        "3 rows in the default partition public.events_default, keys 2020-01-01 00:00:00+00 to infinity",
    );
}

#[tokio::test]
async fn what_interrupted_runs_have_left() {
    let db = events(["2026-08", "2026-09", "2026-10", "2026-11", "2026-12"]).await;
    mark(&db, "events_p2026_08", "").await;
    db.batch("alter table events detach partition events_p2026_08").await;
    leave_pending(&db, "events_p2026_09").await;
    let said = check(&db).code(3);
    assert_eq!(kinds(&said), ["pending_detach", "stranded"]);
    contains(&said.stdout, "the detach of public.events_p2026_09 was interrupted: its rows are out of sight");
    contains(&said.stdout, "public.events_p2026_08 was detached to be dropped, and is still there");

    let said = tend(&db, ["partition", "list", "events", "--json"]).run().success();
    let states: Vec<Value> = said.json()["tables"][0]["partition_list"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["state"].clone())
        .collect();
    assert_eq!(states, ["past", "current", "ahead", "detach pending", "detached, to be dropped"]);
}

#[tokio::test]
async fn rows_older_than_what_is_kept() {
    let db = events(["2026-08", "2026-09", "2026-10", "2026-11", "2026-12"]).await;
    let said = tend(&db, ["partition", "check", "events", "--ahead", "1", "--keep", "2 months", "--json"])
        .run()
        .code(3);
    assert_eq!(kinds(&said), ["overdue_retention"]);
    contains(&said.stdout, "public.events_p2026_08 is older than 2 months");
}

#[tokio::test]
async fn a_table_that_cannot_be_checked_is_a_finding() {
    let db = empty_events().await;
    let said = tend(&db, ["partition", "check", "events", "nowhere", "--json"]).run().code(3);
    let document = said.json();
    let tables = document["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 2);
    for table in tables {
        assert_eq!(table["findings"][0]["kind"], "unknown", "{table}");
    }
}

#[tokio::test]
async fn rows_that_a_policy_would_hide_are_not_taken_for_none() {
    let db = events(["2026-11", "2026-12"]).await;
    let role = db.role("narrow").await;
    db.batch(&format!(
        "create table events_default partition of events default; insert into events values (1, '2030-01-01');
         alter table events_default enable row level security; grant select on events_default to {role}"
    ))
    .await;
    let said = db
        .pgtend_as(&role, ["partition", "check", "events", "--ahead", "1", "--json", "--now", NOW])
        .run()
        .code(3);
    assert_eq!(kinds(&said), ["unknown"]);
    contains(&said.stdout, "row-level security");
}

#[tokio::test]
async fn without_a_name_every_table_by_time_is_checked() {
    let db = events(["2026-11"]).await;
    db.batch(
        "create table tenants (id int) partition by list (id);
         create table logs (at date) partition by range (at);
         create table logs_p partition of logs for values from ('2026-11-01') to ('2026-12-01')",
    )
    .await;
    let said = tend(&db, ["partition", "check", "--json"]).run().code(3);
    let tables: Vec<Value> =
        said.json()["tables"].as_array().unwrap().iter().map(|t| t["table"].clone()).collect();
    assert_eq!(tables, ["public.events", "public.logs"]);
    contains(&said.stderr, "public.tenants: not checked");
}

#[tokio::test]
async fn a_check_changes_nothing_and_cannot() {
    let db = events(["2026-09"]).await;
    let before = fingerprint(&db).await;
    check(&db).code(3);
    tend(&db, ["partition", "list"]).run().success();
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn findings_as_csv_and_markdown() {
    let db = events(["2026-11"]).await;
    let said = tend(&db, ["partition", "check", "events", "--ahead", "1", "--format", "csv"]).run().code(3);
    let mut lines = said.stdout.lines();
    assert_eq!(lines.next(), Some("table,covered_until,kind,text"));
    assert_eq!(
        lines.next(),
        Some(
            "public.events,2026-12-01 00:00:00+00,coverage,\"1 of the configured partitions are missing, from 2026-12-01 00:00:00+00 to 2027-01-01 00:00:00+00\""
        )
    );
    let said =
        tend(&db, ["partition", "check", "events", "--ahead", "1", "--format", "markdown"]).run().code(3);
    contains(said.stdout.lines().next().unwrap(), "| Table ");
    contains(&said.stdout, "| coverage |");
}
