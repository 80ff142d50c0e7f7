//! The documents and their columns, the same on every version of the server.
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::Value;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use super::support::{REPORTS, contains, report, row, shop, somebody_waits};
use crate::common::database::Database;

/// Something to see in every report: a slow statement, a lock that is waited for, a command in progress.
async fn busy() -> (Database, Vec<Client>, JoinHandle<()>) {
    let db = shop().await;
    db.batch("create table copied (id int)").await;
    let holder = db.client().await;
    holder.batch_execute("select pg_sleep(0.15); begin; lock table orders").await.unwrap();
    let copier = db.client().await;
    // It goes on until rows come, or the connection ends.
    let copy = copier.copy_in::<_, bytes::Bytes>("copy copied from stdin").await.unwrap();
    std::mem::forget(copy);
    let waiter = db.client().await;
    let waiting =
        tokio::spawn(async move { waiter.batch_execute("select count(*) from orders").await.unwrap() });
    somebody_waits(&db).await;
    (db, vec![holder, copier], waiting)
}

/// What programs rely on: the keys in their order, and what kind of value each has; only ever more within a major version
/// of the schema. `PGTEND_GOLDEN=write` writes the files anew.
#[tokio::test]
async fn documents_have_the_same_columns_everywhere() {
    let (db, clients, waiting) = busy().await;
    for name in REPORTS {
        holds_to(name, &report(&db, name).success().json());
    }
    let slow = db.pgtend(["report", "slow-queries", "--since-reset", "--json"]).run().success().json();
    let id = slow["rows"][0]["id"].as_str().unwrap().to_owned();
    let query = db.pgtend(["report", "query", &id, "--since-reset", "--json"]).run().success();
    holds_to("query", &query.json());
    drop(clients);
    waiting.await.unwrap();
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/database/report/golden/{name}.json"))
}

#[track_caller]
fn holds_to(name: &str, document: &Value) {
    let (file, shape) = (golden(name), shape(document));
    if env::var("PGTEND_GOLDEN").is_ok_and(|what| what == "write") {
        fs::write(&file, format!("{}\n", serde_json::to_string_pretty(&shape).unwrap())).unwrap();
    }
    let kept: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let found = differences(name, &kept, &shape);
    assert!(found.is_empty(), "{}\n{document:#}", found.join("\n"));
}

/// The kinds of the values; a list by all of its elements together.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => "null".into(),
        Value::Bool(_) => "boolean".into(),
        Value::Number(_) => "number".into(),
        Value::String(_) => "string".into(),
        Value::Array(list) => {
            let elements = list.iter().map(shape).reduce(|one, other| merged(&one, &other));
            Value::Array(elements.into_iter().collect())
        }
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| {
                let word = if key == "schema" { value.clone() } else { shape(value) };
                (key.clone(), word)
            });
            Value::Object(fields.collect())
        }
    }
}

fn merged(one: &Value, other: &Value) -> Value {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let both = one.iter().map(|(key, value)| {
                (key.clone(), other.get(key).map_or_else(|| value.clone(), |also| merged(value, also)))
            });
            Value::Object(both.collect())
        }
        (Value::String(word), known) | (known, Value::String(word)) if word == "null" => known.clone(),
        _ => one.clone(),
    }
}

/// Where a document is not what the golden one is. What is null, or an empty list, has no kind.
fn differences(place: &str, golden: &Value, shape: &Value) -> Vec<String> {
    match (golden, shape) {
        (Value::Object(golden), Value::Object(shape)) => {
            let keys = |fields: &serde_json::Map<String, Value>| fields.keys().cloned().collect::<Vec<_>>();
            if keys(golden) != keys(shape) {
                return vec![format!("{place}: {:?}, and not {:?}", keys(shape), keys(golden))];
            }
            let deeper = golden.iter().flat_map(|(key, value)| {
                differences(&format!("{place}.{key}"), value, shape.get(key).unwrap_or(&Value::Null))
            });
            deeper.collect()
        }
        (Value::Array(golden), Value::Array(shape)) => match (golden.first(), shape.first()) {
            (Some(golden), Some(shape)) => differences(place, golden, shape),
            _ => Vec::new(),
        },
        (golden, shape) if golden == shape || [golden, shape].iter().any(|kind| **kind == "null") => {
            Vec::new()
        }
        (golden, shape) => vec![format!("{place} is {shape}, and not {golden}")],
    }
}

#[tokio::test]
async fn every_column_that_people_see_is_one_of_the_document() {
    let db = shop().await;
    for name in REPORTS {
        let listed = db.pgtend(["report", name, "--format", "csv"]).run().success();
        let header = listed.stdout.lines().next().unwrap_or_default();
        let kept: Value = serde_json::from_str(&fs::read_to_string(golden(name)).unwrap()).unwrap();
        let columns = kept["rows"][0].as_object().unwrap_or_else(|| panic!("{name} has no rows"));
        for column in header.split(',') {
            assert!(columns.contains_key(column), "{name}: `{column}` is in no document");
        }
    }
}

#[tokio::test]
async fn partitions_are_one_table_until_they_are_asked_for() {
    let db = shop().await;
    let sizes = report(&db, "sizes").success().json();
    assert_eq!(row(&sizes, "table", "public.events")["partitions"], 2);
    assert!(sizes["rows"].as_array().unwrap().iter().all(|row| row["table"] != "public.events_p1"));
    for name in ["sizes", "table-access", "vacuum", "bloat", "cache"] {
        let document = db.pgtend(["report", name, "--partitions", "--json"]).run().success().json();
        assert_eq!(row(&document, "table", "public.events_p1")["partitions"], 1, "{name}");
    }
}

#[tokio::test]
async fn lists_are_sorted_and_cut_as_asked() {
    let db = shop().await;
    let run =
        db.pgtend(["report", "sizes", "--sort", "rows_estimate", "--limit", "1", "--json"]).run().success();
    let document = run.json();
    assert_eq!(document["rows"].as_array().unwrap().len(), 1);
    assert_eq!(document["rows"][0]["table"], "public.orders");
    assert_eq!(document["rows_total"], 3);
    let run = db.pgtend(["report", "sizes", "--sort", "total"]).run().success();
    contains(&run.stdout, "Sizes: 3 tables");
    let wrong = db.pgtend(["report", "sizes", "--sort", "beauty"]).run().code(2);
    contains(&wrong.stderr, "no column `beauty`");
    contains(&wrong.stderr, "total_bytes");
}
