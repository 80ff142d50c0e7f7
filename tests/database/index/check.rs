//! `index check`: what is found, what never is, and that the SQL of each finding does and undoes it.
use serde_json::Value;

use super::create::KINDS;
use super::support::{contains, indexes, tables};
use crate::common::database::Database;

fn findings(db: &Database, arguments: &[&str]) -> Vec<Value> {
    let said = db.pgtend(["index", "check", "--json"]).args(arguments).run();
    let document = said.json();
    let findings = document["findings"].as_array().unwrap().clone();
    said.code(if findings.is_empty() { 0 } else { 3 });
    findings
}

/// `kind index`, sorted.
fn told(findings: &[Value]) -> Vec<String> {
    let text = |one: &Value, name: &str| one[name].as_str().unwrap_or("-").to_owned();
    let mut told: Vec<String> =
        findings.iter().map(|one| format!("{} {}", text(one, "kind"), text(one, "index"))).collect();
    told.sort();
    told
}

#[tokio::test]
async fn duplicates_and_prefixes_are_found_and_near_misses_are_not() {
    let db = tables().await;
    db.batch(
        "alter table plain add primary key (id);
         create index dup_pkey on plain (id);
         create index short on plain (at); create index long on plain (at, id);
         create index twin_a on plain (name, at); create index twin_b on plain (name, at);
         create index covered on plain (tags) include (id); create index covers on plain (tags) include (id, at);
         -- None of these says what another one says.
         create unique index u on plain (at, name, id);
         create index d on plain (at desc); create index n on plain (at nulls first);
         create index c on plain (name collate \"C\"); create index o on plain (name varchar_pattern_ops);
         create index p on plain (at) where id > 5; create index h on plain using hash (at);
         create index e on plain (lower(name)); create index e2 on plain (upper(name));
         create index parts on events (id); create index parts_too on events (id)",
    )
    .await;
    assert_eq!(
        told(&findings(&db, &[])),
        [
            "duplicate public.covered",
            "duplicate public.dup_pkey",
            "duplicate public.parts_too",
            "duplicate public.twin_b",
            "prefix public.short",
        ]
    );
}

#[tokio::test]
async fn what_others_rely_on_is_never_proposed() {
    let db = tables().await;
    db.batch(
        "alter table plain alter name set not null, add primary key (id), add unique (id),
             add exclude using gist (area with &&);
         create unique index target on plain (id, at); create unique index identity on plain (id);
         alter table plain replica identity using index identity;
         create table refers (id int, at timestamptz, foreign key (id, at) references plain (id, at));
         create index on refers (id, at)",
    )
    .await;
    assert_eq!(told(&findings(&db, &["--since", "0s"])), ["unused public.refers_id_at_idx"]);
}

#[tokio::test]
async fn what_is_unused_is_told_only_when_the_counters_are_old_enough() {
    let db = tables().await;
    db.batch("create index idle on plain (at); create index used on plain (id); create unique index u on plain (tags, id)")
        .await;
    db.batch("set enable_seqscan = off; set enable_bitmapscan = off; select * from plain where id = 5").await;
    let scans = "select idx_scan from pg_stat_user_indexes where indexrelname = 'used'";
    for _ in 0..200 {
        if db.value(scans).await != "0" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(db.value(scans).await, "1");
    assert_eq!(told(&findings(&db, &["plain", "--since", "0s"])), ["unused public.idle"]);
    let said = db.pgtend(["index", "check", "plain", "--since", "30 days"]).run().success();
    contains(&said.stderr, "uses are counted since ");
}

#[tokio::test]
async fn a_foreign_key_without_an_index_is_found() {
    let db = Database::create().await;
    db.batch(
        "create table users (id int primary key, a int, b int, unique (a, b));
         create table bare (user_id int references users);
         create table served (user_id int references users); create index on served (user_id);
         create table partly (user_id int references users); create index on partly (user_id) where user_id is not null;
         create table wrong (user_id int references users, x int); create index on wrong (x, user_id);
         create index on wrong (user_id) where x > 1;
         create table two (b int, a int, foreign key (a, b) references users (a, b)); create index on two (b, a);
         create table parts (at date, \"User\" int references users) partition by range (at);
         create table parts_1 partition of parts for values from ('2026-01-01') to ('2026-02-01')",
    )
    .await;
    let found = findings(&db, &[]);
    let tables: Vec<&str> = found.iter().map(|one| one["table"].as_str().unwrap()).collect();
    assert_eq!(tables, ["public.bare", "public.parts", "public.wrong"]);
    for one in &found {
        db.batch(one["sql"].as_str().unwrap()).await;
    }
    assert!(findings(&db, &[]).is_empty());
    for one in &found {
        db.batch(one["undo_sql"].as_str().unwrap()).await;
    }
    assert_eq!(findings(&db, &[]).len(), 3);
    // The commands do the same.
    for one in &found {
        let words = one["command"].as_str().unwrap().replace('\'', "");
        let (before, columns) = words.split_once(" --columns ").unwrap();
        let table = before.rsplit(' ').next().unwrap();
        db.pgtend(["index", "create", table, "--columns", columns]).run().success();
    }
    assert_eq!(findings(&db, &[]), Vec::<Value>::new());
}

#[tokio::test]
async fn what_is_dropped_can_be_had_back_as_it_was() {
    let db = tables().await;
    for table in ["plain", "events"] {
        for kind in KINDS {
            db.batch(&format!("create index on {table} {kind}")).await;
        }
    }
    let before = indexes(&db).await;
    let found: Vec<Value> = findings(&db, &["--since", "0s"])
        .into_iter()
        .filter(|one| one["kind"] == "unused" || one["kind"] == "prefix")
        .collect();
    assert!(found.len() >= 2 * KINDS.len() - 4, "{}", found.len());
    for one in &found {
        db.batch(one["sql"].as_str().unwrap()).await;
        db.batch(one["undo_sql"].as_str().unwrap()).await;
    }
    assert_eq!(indexes(&db).await, before);
}
