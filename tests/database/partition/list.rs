//! `partition list`: what is there, tended or not, in each format.
use serde_json::json;

use super::support::{contains, events, tend};

#[tokio::test]
async fn all_partitioned_tables() {
    let db = events(["2026-10", "2026-11"]).await;
    db.batch(
        "create table tenants (id int) partition by list (id);
         create table tenants_1 partition of tenants for values in (1);
         create table hashed (id int) partition by hash (id);
         insert into events select g, '2026-11-05' from generate_series(1, 1000) as g; analyze events",
    )
    .await;
    let said = tend(&db, ["partition", "list", "--json"]).run().success();
    let document = said.json();
    assert_eq!(document["schema"], "pgtend.partition.list/1");
    let tables = document["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 3);
    let events = &tables[0];
    assert_eq!(
        [&events["table"], &events["key"], &events["every"], &events["first"], &events["covered_until"]],
        [
            &json!("public.events"),
            &json!("RANGE (at)"),
            &json!("month"),
            &json!("2026-10-01 00:00:00+00"),
            &json!("2026-12-01 00:00:00+00")
        ]
    );
    assert_eq!((&events["partitions"], &events["rows_estimate"]), (&json!(2), &json!(1000.0)));
    assert!(events["size_bytes"].as_i64().unwrap() > 8192);
    assert_eq!((&events["not_tended"], &events["partition_list"]), (&json!(null), &json!(null)));
    contains(tables[1]["not_tended"].as_str().unwrap(), "it is partitioned by hash");
    contains(tables[2]["not_tended"].as_str().unwrap(), "it is partitioned by list");
}

#[tokio::test]
async fn the_partitions_of_one() {
    let db = events(["2026-10", "2026-11", "2026-12"]).await;
    db.batch(
        "create table events_default partition of events default;
         create table events_p2027_01 partition of events
             for values from ('2027-01-01 00:00+00') to ('2027-02-01 00:00+00') partition by list (note)",
    )
    .await;
    let said = tend(&db, ["partition", "list", "events", "--json"]).run().success();
    let document = said.json();
    let rows = document["tables"][0]["partition_list"].as_array().unwrap();
    let told: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", row["partition"].as_str().unwrap(), row["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "public.events_p2026_10 past",
            "public.events_p2026_11 current",
            "public.events_p2026_12 ahead",
            "public.events_p2027_01 partitioned",
            "public.events_default default",
        ]
    );
    assert_eq!(rows[0]["from"], "2026-10-01 00:00:00+00");
    assert_eq!(rows[0]["to"], "2026-11-01 00:00:00+00");
}

#[tokio::test]
async fn the_partitions_of_several_are_one_list() {
    let db = events(["2026-10", "2026-11"]).await;
    db.batch(
        "create table audit (at timestamptz) partition by range (at);
         create table audit_p2026_11 partition of audit for values from ('2026-11-01 00:00+00') to ('2026-12-01 00:00+00')",
    )
    .await;
    let said = tend(&db, ["partition", "list", "events", "audit", "--format", "csv"]).run().success();
    let starts: Vec<&str> = said.stdout.lines().map(|line| line.split(",2026").next().unwrap()).collect();
    assert_eq!(
        starts,
        [
            "table,partition,from,to,rows_estimate,size_bytes,state",
            "public.events,public.events_p2026_10",
            "public.events,public.events_p2026_11",
            "public.audit,public.audit_p2026_11",
        ]
    );
}

#[tokio::test]
async fn what_cannot_be_tended_is_listed_with_its_own_bounds() {
    let db = events([]).await;
    db.batch("create table tenants (id int) partition by list (id); create table tenants_1 partition of tenants for values in (1, 2)")
        .await;
    let said = tend(&db, ["partition", "list", "tenants"]).run().success();
    contains(&said.stdout, "public.tenants_1");
    contains(&said.stdout, "FOR VALUES IN (1, 2)");
}

#[tokio::test]
async fn piped_lists_are_one_line_a_record_in_every_format() {
    let db = events(["2026-10", "2026-11"]).await;
    let said = tend(&db, ["partition", "list", "events"]).run().success();
    assert_eq!(said.stdout.lines().count(), 3, "{}", said.stdout);
    assert!(!said.stdout.contains(['|', '\u{2502}', '\u{1b}']), "{}", said.stdout);
    let said = tend(&db, ["partition", "list", "events", "--format", "csv"]).run().success();
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines[0], "partition,from,to,rows_estimate,size_bytes,state");
    assert_eq!(lines[1], "public.events_p2026_10,2026-10-01 00:00:00+00,2026-11-01 00:00:00+00,,8192,past");
    let said = tend(&db, ["partition", "list", "events", "--format", "markdown"]).run().success();
    let lines: Vec<&str> = said.stdout.lines().collect();
    contains(lines[1], "|--");
    contains(lines[3], "| public.events_p2026_11 |");
}

#[tokio::test]
async fn a_reader_who_goes_away_is_no_error() {
    use std::io::Read as _;
    let db = events(["2026-10", "2026-11"]).await;
    let mut child = tend(&db, ["partition", "list", "events"]).spawn();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}
