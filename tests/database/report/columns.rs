//! The documents and their columns, the same on every version of the server.
use super::support::{REPORTS, contains, report, row, shop, somebody_waits};

/// What programs rely on: only ever longer within a major version of the schema.
const COLUMNS: [(&str, &str, &str); 12] = [
    (
        "slow-queries",
        "pgtend.report.slow_queries/1",
        "id share_pct total_ms calls mean_ms deviation_ms max_ms plan_ms rows_per_call hit_pct io_ms temp_bytes wal_bytes \
         hourly_ms mean_change_pct calls_change_pct query",
    ),
    (
        "table-access",
        "pgtend.report.table_access/1",
        "table partitions size_bytes rows_estimate rows_read seq_scans seq_rows rows_per_seq_scan index_scans index_rows \
         index_pct inserted updated deleted hot_pct hit_pct last_read",
    ),
    (
        "index-usage",
        "pgtend.report.index_usage/1",
        "index table partitions size_bytes scans entries_read last_read unique constraint finding other",
    ),
    (
        "locks",
        "pgtend.report.locks/1",
        "depth pid blocked_by blocks waits_s mode lock_type relation role database application state transaction_s query",
    ),
    (
        "activity",
        "pgtend.report.activity/1",
        "pid kind role database application client state waits_for transaction_s query_s state_s holds_back_transactions \
         query",
    ),
    (
        "vacuum",
        "pgtend.report.vacuum/1",
        "table partitions live_rows dead_rows dead_pct due due_pct last_vacuum last_analyze changed_since_analyze freeze_age \
         freeze_pct multixact_age autovacuum_off parent_analyzed",
    ),
    (
        "sequences",
        "pgtend.report.sequences/1",
        "sequence type last_value last_possible used_pct column column_type cycles hidden locked",
    ),
    (
        "sizes",
        "pgtend.report.sizes/1",
        "table partitions rows_estimate table_bytes index_bytes toast_bytes total_bytes estimated",
    ),
    ("bloat", "pgtend.report.bloat/1", "table partitions table_bytes wasted_bytes wasted_pct unknown_bytes"),
    (
        "cache",
        "pgtend.report.cache/1",
        "table partitions size_bytes blocks blocks_read hit_pct table_hit_pct index_hit_pct",
    ),
    (
        "progress",
        "pgtend.report.progress/1",
        "pid command database relation phase done total unit done_pct elapsed_s hidden",
    ),
    ("settings", "pgtend.report.settings/1", "name setting unit source level why"),
];

#[tokio::test]
async fn documents_have_the_same_columns_everywhere() {
    let db = shop().await;
    // Something to see in locks and activity, and in slow-queries.
    let holder = db.client().await;
    holder.batch_execute("select pg_sleep(0.15); begin; lock table orders").await.unwrap();
    let waiter = db.client().await;
    let waiting = tokio::spawn(async move { waiter.batch_execute("select count(*) from orders").await });
    somebody_waits(&db).await;
    for (name, schema, columns) in COLUMNS {
        let document = report(&db, name).success().json();
        assert_eq!(document["schema"], schema);
        for key in ["tool", "generated_at", "server", "rows_total", "verdict", "window", "notes", "next"] {
            assert!(document.get(key).is_some(), "no {key} in {name}");
        }
        if name == "progress" {
            continue;
        }
        let first =
            document["rows"][0].as_object().unwrap_or_else(|| panic!("{name} has no row\n{document:#}"));
        let keys: Vec<&str> = first.keys().map(String::as_str).collect();
        assert_eq!(keys.join(" "), columns.split_whitespace().collect::<Vec<_>>().join(" "), "{name}");
    }
    holder.batch_execute("rollback").await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test]
async fn every_column_that_people_see_is_one_of_the_document() {
    let db = shop().await;
    for name in REPORTS {
        let listed = db.pgtend(["report", name, "--format", "csv"]).run().success();
        let header = listed.stdout.lines().next().unwrap_or_default();
        let (_, _, columns) = COLUMNS.iter().find(|(known, ..)| *known == name).unwrap();
        let columns: Vec<&str> = columns.split_whitespace().collect();
        for column in header.split(',') {
            assert!(columns.contains(&column), "{name}: `{column}` is in no document");
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
