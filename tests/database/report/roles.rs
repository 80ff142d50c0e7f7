//! Four roles look at the same truth: nobody is told a zero, or that all is well, where the truth is hidden.
use serde_json::Value;

use super::support::{REPORTS, contains, of_database, report_as, row, shop, somebody_waits};
use crate::common::database::Database;
use crate::support::said;

async fn roles(db: &Database) -> [String; 3] {
    let (plain, stats, monitor) = (db.role("plain").await, db.role("stats").await, db.role("monitor").await);
    db.batch(&format!("grant pg_read_all_stats to {stats}; grant pg_monitor to {monitor}")).await;
    [plain, stats, monitor]
}

fn notes(document: &Value) -> String {
    document["notes"].to_string()
}

#[tokio::test]
async fn every_report_answers_every_role() {
    let db = shop().await;
    for role in roles(&db).await {
        for name in REPORTS {
            report_as(&db, &role, name).success();
        }
    }
}

/// Of the rows about this database: how many, and how many of their values are null. Statements are those of the whole
/// server, where other tests run at the same time.
fn seen(db: &Database, document: &Value) -> (usize, usize) {
    let ours = |row: &&Value| match (row.get("database"), row.get("query")) {
        (Some(name), _) => name.as_str() == Some(db.name()),
        (None, Some(query)) => query.as_str().is_some_and(|query| query.contains(db.name())),
        (None, None) => true,
    };
    let rows: Vec<&Value> = document["rows"].as_array().unwrap().iter().filter(ours).collect();
    let nulls = rows.iter().flat_map(|row| row.as_object().unwrap().values()).filter(|value| value.is_null());
    (rows.len(), nulls.count())
}

/// Who sees less than the superuser is told that it is so, and what would show it.
#[tokio::test]
async fn no_report_passes_over_what_a_role_cannot_see() {
    let db = shop().await;
    db.batch(&said(&db, "slow", "pg_sleep(0.15)")).await;
    let holder = db.client().await;
    holder.batch_execute("begin; lock table events").await.unwrap();
    let waiter = db.client().await;
    let cancel = waiter.cancel_token();
    let waiting = tokio::spawn(async move { waiter.batch_execute("select count(*) from events").await });
    somebody_waits(&db).await;
    let roles = roles(&db).await;
    let mut silent = Vec::new();
    for name in REPORTS {
        let truth = seen(&db, &db.pgtend(["report", name, "--json"]).run().success().json());
        for role in &roles {
            let document = report_as(&db, role, name).success().json();
            let (rows, nulls) = seen(&db, &document);
            let is_told = notes(&document).contains("grant ");
            if (rows < truth.0 || nulls > truth.1) && !is_told {
                silent.push(format!("{name} {role}: {truth:?} {rows} {nulls} {document:#}"));
            }
        }
    }
    cancel.cancel_query(tokio_postgres::NoTls).await.unwrap();
    waiting.await.unwrap().unwrap_err();
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[tokio::test]
async fn a_sequence_that_is_hidden_is_not_fine() {
    let db = shop().await;
    for role in roles(&db).await {
        let document = report_as(&db, &role, "sequences").success().json();
        let sequence = row(&document, "sequence", "public.orders_id_seq");
        assert_eq!((&sequence["hidden"], &sequence["used_pct"]), (&true.into(), &Value::Null));
        assert!(!document["verdict"].as_str().unwrap().contains("none is past"), "{document:#}");
        contains(&notes(&document), &format!("grant select on all sequences in schema public to {role};"));
        db.batch(&format!("grant select on all sequences in schema public to {role}")).await;
        let document = report_as(&db, &role, "sequences").success().json();
        contains(document["verdict"].as_str().unwrap(), "public.orders_id_seq is at 93.1%");
        contains(document["next"][0].as_str().unwrap(), "alter column id type bigint");
    }
}

#[tokio::test]
async fn waste_that_is_hidden_is_not_none() {
    let db = shop().await;
    for role in roles(&db).await {
        let document = report_as(&db, &role, "bloat").success().json();
        let orders = row(&document, "table", "public.orders");
        assert_eq!(orders["wasted_bytes"], Value::Null, "{role}");
        assert!(orders["unknown_bytes"].as_i64().unwrap() > 1_000_000);
        contains(document["verdict"].as_str().unwrap(), "nothing is known of");
        contains(&notes(&document), &format!("grant pg_read_all_data to {role};"));
    }
    let document = db.pgtend(["report", "bloat", "--json"]).run().success().json();
    let orders = row(&document, "table", "public.orders");
    assert!(orders["wasted_pct"].as_f64().unwrap() > 80.0, "{orders:#}");
}

#[tokio::test]
async fn sessions_and_statements_of_others_are_hidden_from_a_plain_role_alone() {
    let db = shop().await;
    let [plain, stats, monitor] = roles(&db).await;
    let holder = db.client().await;
    holder.batch_execute("begin; lock table orders").await.unwrap();
    let waiter = db.client().await;
    let cancel = waiter.cancel_token();
    let waiting = tokio::spawn(async move { waiter.batch_execute("select count(*) from orders").await });
    somebody_waits(&db).await;
    for name in ["locks", "activity", "slow-queries"] {
        let document = report_as(&db, &plain, name).success().json();
        contains(&notes(&document), &format!("grant pg_read_all_stats to {plain};"));
        for role in [&stats, &monitor] {
            let document = report_as(&db, role, name).success().json();
            assert!(!notes(&document).contains("hidden"), "{name} {role}: {document:#}");
        }
    }
    // Hidden is what they do, not that they wait.
    let document = report_as(&db, &plain, "locks").success().json();
    let rows = of_database(&db, &document);
    assert_eq!((&rows[1]["relation"], &rows[1]["query"]), (&"public.orders".into(), &Value::Null));
    cancel.cancel_query(tokio_postgres::NoTls).await.unwrap();
    waiting.await.unwrap().unwrap_err();
}

#[tokio::test]
async fn settings_are_the_servers_and_not_those_of_the_report_itself() {
    let db = shop().await;
    let document = db.pgtend(["report", "settings", "--json"]).run().success().json();
    let truth =
        db.value("select setting from pg_settings where name = 'idle_in_transaction_session_timeout'").await;
    assert_eq!(row(&document, "name", "idle_in_transaction_session_timeout")["setting"], truth);
}

#[tokio::test]
async fn a_setting_that_is_hidden_is_named() {
    let db = shop().await;
    let [plain, _, monitor] = roles(&db).await;
    let document = report_as(&db, &plain, "settings").success().json();
    contains(&notes(&document), "shared_preload_libraries");
    contains(&notes(&document), &format!("grant pg_read_all_settings to {plain};"));
    let document = report_as(&db, &monitor, "settings").success().json();
    assert_eq!(notes(&document), "[]");
    contains(document["verdict"].as_str().unwrap(), "2 settings dangerous");
}
