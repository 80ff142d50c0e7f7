//! What goes wrong in silence: inserts that fail, commits that hang, standbys that went away, counters that stand still.
use std::fs;
use std::time::Duration;

use pgtend::sandbox::Sandbox;

use super::support::{check, comes_to, verdict};
use crate::common::database::Database;
use crate::common::program::{Output, pgtend};
use crate::common::server::options;
use crate::common::standby::{Pair, connect};
use crate::support::contains;

fn ask(server: &Sandbox, role: &str, only: &str) -> Output {
    pgtend(["health", "--json", "--only", only, "-d", &server.url_as(role, "postgres")]).run()
}

#[tokio::test]
async fn inserts_that_fail_are_seen_whatever_the_key() {
    let db = Database::create().await;
    // October 2026, in seconds and as what an expression makes of it.
    db.batch(
        "create table ep (at bigint not null) partition by range (at);
         create table ep1 partition of ep for values from (1790812800) to (1793491200)",
    )
    .await;
    let name = "partition_horizon";
    comes_to(&check(&db, name, &[]).code(2), name, "critical", "public.ep has partitions for 0 periods");
    db.batch(
        "drop table ep; create table ex (at timestamptz) partition by range ((at at time zone 'UTC'));
         create table ex1 partition of ex for values from ('2026-10-01') to ('2026-11-01')",
    )
    .await;
    comes_to(&check(&db, name, &[]).code(2), name, "critical", "public.ex has partitions for 0 periods");
    // What cannot be read is not fine.
    db.batch(
        "drop table ex; create table years (at date) partition by range (extract(year from at));
         create table years1 partition of years for values from (2024) to (2025);
         create table more (at date) partition by range (extract(year from at))",
    )
    .await;
    for name in [name, "partition_upkeep"] {
        let said = check(&db, name, &[]).code(3);
        comes_to(&said, name, "unknown", "public.years");
        contains(verdict(&said, name)["remedy"].as_str().unwrap(), "compare the newest partition's bound");
    }
    // Neither names nor ids are times.
    db.batch(
        "drop table years, more; create table names (n text) partition by range (lower(n));
         create table names1 partition of names for values from ('a') to ('m');
         create table ids (id bigint) partition by range (id);
         create table ids1 partition of ids for values from (0) to (1000000)",
    )
    .await;
    comes_to(&check(&db, name, &[]), name, "skipped", "no table is partitioned by time");
}

#[tokio::test]
async fn rows_in_default_partitions_are_counted_for_every_kind_of_key() {
    let db = Database::create().await;
    db.batch(
        "create table l (k text) partition by list (k); create table l_other partition of l default;
         create table r (id int) partition by range (id); create table r_other partition of r default",
    )
    .await;
    let name = "partition_upkeep";
    check(&db, name, &[]).success();
    db.batch("insert into l values ('a'), ('b'); insert into r values (7)").await;
    let said = check(&db, name, &[]).code(1);
    comes_to(&said, name, "warning", "public.l: 2 rows in the default partition public.l_other");
    comes_to(&said, name, "warning", "public.r: 1 rows in the default partition public.r_other");
    let role = db.role("plain").await;
    let said = db.pgtend_as(&role, ["health", "--json", "--only", name]).run().code(3);
    contains(verdict(&said, name)["remedy"].as_str().unwrap(), "grant select on");
}

#[tokio::test]
async fn several_tables_that_cannot_be_read_are_summed_up() {
    let db = Database::create().await;
    db.batch(
        "create table a (at date, b int) partition by range (at, b); create table b (at date, b int) partition by range (at, b);
         create table a1 partition of a for values from ('2026-01-01', 1) to ('2026-02-01', 5);
         create table b1 partition of b for values from ('2026-01-01', 1) to ('2026-02-01', 5)",
    )
    .await;
    let name = "partition_horizon";
    let said = check(&db, name, &[]).code(3);
    comes_to(&said, name, "unknown", "public.a, public.b: a bound says more than a time");
    assert!(verdict(&said, name)["remedy"].is_string(), "{}", said.stdout);
}

#[tokio::test]
async fn commits_that_wait_for_a_standby_that_is_not_there() {
    let server = Sandbox::start(&options()).unwrap();
    let client = connect(&server).await;
    client.batch_execute("create table t (id int)").await.unwrap();
    let name = "synchronous_standbys";
    comes_to(&ask(&server, "postgres", name), name, "skipped", "synchronous_standby_names is empty");
    client.batch_execute("alter system set synchronous_standby_names = 'nosuch'").await.unwrap();
    client.batch_execute("select pg_reload_conf()").await.unwrap();
    let writer = connect(&server).await;
    let stuck = tokio::spawn(async move { writer.batch_execute("insert into t values (1)").await });
    let waiting = "select count(*) > 0 from pg_stat_activity where wait_event = 'SyncRep'";
    while !client.query_one(waiting, &[]).await.unwrap().get::<_, bool>(0) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let said = ask(&server, "postgres", name).code(2);
    comes_to(&said, name, "critical", "0 synchronous standbys are connected, of 1 that commits wait for");
    comes_to(&said, name, "critical", "commits hang, some just now");
    client.batch_execute("alter system reset synchronous_standby_names").await.unwrap();
    client.batch_execute("select pg_reload_conf()").await.unwrap();
    stuck.await.unwrap().unwrap();

    // A slot that nobody reads, and upkeep that is off for all.
    client.batch_execute("select pg_create_physical_replication_slot('away', true)").await.unwrap();
    let slots = "replication_slots";
    let said = ask(&server, "postgres", "replication_lag,replication_slots").code(1);
    comes_to(&said, slots, "warning", "slot away (inactive");
    client.batch_execute("select pg_drop_replication_slot('away')").await.unwrap();
    client.batch_execute("alter system set autovacuum = off").await.unwrap();
    client.batch_execute("select pg_reload_conf()").await.unwrap();
    while verdict(&ask(&server, "postgres", "autovacuum"), "autovacuum")["state"] == "ok" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let said = ask(&server, "postgres", "autovacuum").code(1);
    comes_to(&said, "autovacuum", "warning", "autovacuum is off for the whole server");
}

#[tokio::test]
async fn synchronous_standbys_of_a_primary_and_statistics_of_a_standby() {
    let pair = Pair::start(&[]);
    let client = pair.on_primary().await;
    client
        .batch_execute(
            "create table never (id int) with (autovacuum_enabled = off);
             insert into never select generate_series(1, 1000); create role plain login",
        )
        .await
        .unwrap();
    pair.caught_up().await;
    let statistics = ask(&pair.standby, "postgres", "statistics").code(1);
    comes_to(&statistics, "statistics", "warning", "public.never");
    let name = "synchronous_standbys";
    client.batch_execute("alter system set synchronous_standby_names = 'standby'").await.unwrap();
    client.batch_execute("select pg_reload_conf()").await.unwrap();
    while verdict(&ask(&pair.primary, "postgres", name), name)["state"] != "ok" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let hidden = ask(&pair.primary, "plain", name).code(3);
    contains(verdict(&hidden, name)["remedy"].as_str().unwrap(), "grant pg_read_all_stats to \"plain\"");
    client
        .batch_execute("alter system set synchronous_standby_names = 'FIRST 2 (standby, other)'")
        .await
        .unwrap();
    client.batch_execute("select pg_reload_conf()").await.unwrap();
    while verdict(&ask(&pair.primary, "postgres", name), name)["state"] == "ok" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    comes_to(
        &ask(&pair.primary, "postgres", name).code(2),
        name,
        "critical",
        "1 synchronous standbys are connected, of 2",
    );
    // Who sees nothing of the one standby knows all the same that two are not there.
    comes_to(&ask(&pair.primary, "plain", name).code(2), name, "critical", "of 2 that commits wait for");
}

#[tokio::test]
async fn statements_that_nobody_counts_are_unknown() {
    let db = Database::create().await;
    db.batch("create extension pg_stat_statements").await;
    db.batch(&format!("alter database \"{}\" set pg_stat_statements.track = 'none'", db.name())).await;
    for name in ["slow_queries", "statements_fill"] {
        comes_to(&check(&db, name, &[]).code(3), name, "unknown", "pg_stat_statements.track is none");
    }
}

#[tokio::test]
async fn a_sequence_that_was_set_and_not_called_is_as_full_as_it_will_be() {
    let db = Database::create().await;
    db.batch(
        "create table t (id smallserial); create sequence fresh;
         create sequence down increment -1 minvalue -100 maxvalue -1",
    )
    .await;
    comes_to(&check(&db, "sequences", &[]).success(), "sequences", "ok", "is used to 0.0 %");
    db.batch("select setval('t_id_seq', 32767, false)").await;
    comes_to(
        &check(&db, "sequences", &[]).code(2),
        "sequences",
        "critical",
        "public.t_id_seq is used to 100.0 %",
    );
    let report = db.pgtend(["report", "sequences", "--json"]).run().success().json();
    let row = |name: &str| {
        let rows = report["rows"].as_array().unwrap();
        rows.iter().find(|row| row["sequence"] == name).cloned().unwrap_or_else(|| panic!("{report:#}"))
    };
    assert_eq!(row("public.t_id_seq")["last_value"], 32_766);
    assert!(row("public.t_id_seq")["used_pct"].as_f64().unwrap() > 99.9);
    assert_eq!(
        (&row("public.fresh")["last_value"], &row("public.fresh")["used_pct"]),
        (&serde_json::Value::Null, &0.0.into())
    );
    let people = db.pgtend(["report", "sequences"]).run().success().stdout;
    contains(&people, "9,223,372,036,854,775,807");
    db.batch("select setval('t_id_seq', 1); alter sequence down restart with -96").await;
    comes_to(&check(&db, "sequences", &[]).code(2), "sequences", "critical", "public.down is used to 95.0 %");
    // Who may only call it does not see where it stands.
    let role = db.role("plain").await;
    db.batch(&format!("grant usage on all sequences in schema public to {role}")).await;
    db.pgtend_as(&role, ["health", "--json", "--only", "sequences"]).run().code(3);
}

#[tokio::test]
async fn autovacuum_may_be_off_for_a_toast_table_alone() {
    let db = Database::create().await;
    db.batch("create table t (v text) with (toast.autovacuum_enabled = off)").await;
    let said = check(&db, "autovacuum", &[]).code(1);
    comes_to(&said, "autovacuum", "warning", "public.t (its TOAST table)");
    db.batch(verdict(&said, "autovacuum")["remedy"].as_str().unwrap()).await;
    check(&db, "autovacuum", &[]).success();
}

#[test]
fn nagios_is_told_in_one_line_what_is_wrong_before_anything_is_read() {
    let said = pgtend(["health", "--format", "nagios", "--config", "/nope.toml"]).run().code(3);
    contains(&said.stdout, "PGTEND UNKNOWN - ");
    assert_eq!(said.stdout.lines().count(), 1, "{}", said.stdout);
    let said = pgtend(["health", "--format", "nagios", "-d", "postgresql://u@127.0.0.1:1/d"]).run().code(2);
    let first = said.stdout.lines().next().unwrap();
    assert_eq!(first.matches("there is no connection").count(), 1, "{first}");
    assert_eq!(said.stdout.lines().count(), 3, "{}", said.stdout);
}

#[tokio::test]
async fn a_running_query_is_cancelled_and_an_idle_session_ended() {
    let db = Database::create().await;
    fs::write(
        db.home().join("pgtend.toml"),
        "[health]\nlong_queries = { warning = 0 }\nidle_in_transaction = { warning = 0 }\n",
    )
    .unwrap();
    let (idle, busy) = (db.client().await, db.client().await);
    idle.batch_execute("begin").await.unwrap();
    let busy = tokio::spawn(async move { busy.batch_execute("select pg_sleep(60)").await });
    while db
        .value("select count(*) from pg_stat_activity where query like '%pg_sleep(60)' and state = 'active'")
        .await
        == "0"
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    for (name, remedy) in [
        ("long_queries", "select pg_cancel_backend("),
        ("idle_in_transaction", "select pg_terminate_backend("),
    ] {
        contains(verdict(&check(&db, name, &[]), name)["remedy"].as_str().unwrap(), remedy);
    }
    busy.abort();
}

#[tokio::test]
async fn the_statistics_of_its_own_tables_are_no_matter_of_advice() {
    let db = Database::create().await;
    db.pgtend(["stats", "init"]).run().success();
    db.batch(
        "create table pgtend.mine (id int) with (autovacuum_enabled = off);
         insert into pgtend.mine select generate_series(1, 1000)",
    )
    .await;
    // The counters of a session's rows are there when it has ended.
    tokio::time::sleep(Duration::from_millis(1200)).await;
    check(&db, "statistics", &[]).success();
}
