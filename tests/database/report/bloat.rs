//! What indexes waste, as far as statistics tell: nothing of a new index, most of one whose rows are gone, whatever its
//! kind; and not known where it cannot be known.
use serde_json::Value;

use super::support::{contains, report, report_as, row};
use crate::common::database::Database;

/// One table for each kind of index, because the report sums up those of a table.
const KINDS: [(&str, &str); 7] = [
    ("plain", "(id)"),
    ("equal", "(few)"),
    ("words", "(word)"),
    ("pairs", "(few, word)"),
    ("lowered", "(lower(word))"),
    ("nulls", "(part)"),
    ("more", "(id) include (few)"),
];

async fn filled() -> Database {
    let db = Database::create().await;
    for (name, columns) in KINDS {
        db.batch(&format!(
            "create table {name} (id bigint, few int, word text, part int) with (autovacuum_enabled = off);
             insert into {name} select i, i % 20, 'word ' || i * 7919 % 40000, case when i % 2 = 0 then i end
             from generate_series(1, 40000) as i;
             create index on {name} {columns}; analyze {name}"
        ))
        .await;
    }
    db
}

fn wasted(document: &Value, table: &str) -> f64 {
    row(document, "table", &format!("public.{table}"))["index_wasted_pct"].as_f64().unwrap()
}

#[tokio::test]
async fn a_new_index_wastes_nothing_and_an_emptied_one_most() {
    let db = filled().await;
    let document = report(&db, "bloat").success().json();
    for (name, _) in KINDS {
        assert!(wasted(&document, name) < 12.0, "{name}\n{document:#}");
    }
    for (name, _) in KINDS {
        db.batch(&format!("delete from {name} where id % 10 < 7")).await;
        db.batch(&format!("vacuum analyze {name}")).await;
    }
    let document = report(&db, "bloat").success().json();
    for (name, _) in KINDS {
        let share = wasted(&document, name);
        assert!((50.0..85.0).contains(&share), "{name} {share}\n{document:#}");
    }
}

#[tokio::test]
async fn what_no_statistics_tell_of_is_not_known() {
    let db = filled().await;
    db.batch("create table hashed (id int); insert into hashed select generate_series(1, 20000)").await;
    db.batch("create index on hashed using hash (id); analyze hashed").await;
    let document = report(&db, "bloat").success().json();
    let hashed = row(&document, "table", "public.hashed");
    assert_eq!((&hashed["index_wasted_bytes"], &hashed["index_wasted_pct"]), (&Value::Null, &Value::Null));
    assert_eq!(hashed["index_unknown_bytes"], hashed["index_bytes"]);
    let role = db.role("stranger").await;
    let document = report_as(&db, &role, "bloat").success().json();
    let plain = row(&document, "table", "public.plain");
    assert_eq!(plain["index_wasted_bytes"], Value::Null);
    assert!(plain["index_unknown_bytes"].as_i64() > Some(100_000), "{plain}");
    contains(&document["notes"].to_string(), &format!("grant pg_read_all_data to {role};"));
}

#[tokio::test]
async fn partitions_indexes_are_one() {
    let db = Database::create().await;
    db.batch(
        "create table events (id int, at date) partition by range (at);
         create table events_1 partition of events for values from ('2026-01-01') to ('2026-02-01');
         create table events_2 partition of events for values from ('2026-02-01') to ('2026-03-01');
         create index events_id on events (id);
         insert into events select i, date '2026-01-01' + i % 50 from generate_series(1, 30000) as i;
         analyze events",
    )
    .await;
    let document = report(&db, "bloat").success().json();
    let bytes =
        |document: &Value, table: &str| row(document, "table", table)["index_bytes"].as_i64().unwrap();
    let whole = bytes(&document, "public.events");
    assert!(whole > 500_000, "{document:#}");
    let each = db.pgtend(["report", "bloat", "--partitions", "--json"]).run().success().json();
    assert_eq!(bytes(&each, "public.events_1") + bytes(&each, "public.events_2"), whole);
}
