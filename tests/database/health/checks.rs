//! Single checks where the truth has more than one shape.
use std::fs;

use super::support::{NOW, check, comes_to, verdict};
use crate::common::database::Database;
use crate::support::contains;

#[tokio::test]
async fn an_empty_database_is_fine() {
    let db = Database::create().await;
    db.batch("create extension if not exists pg_stat_statements").await;
    // The server of the tests does without fsync, and others load it.
    let said = db
        .pgtend([
            "health",
            "--json",
            "--skip",
            "settings,connect,blocked,pending_restart,replication_slots,snapshots",
        ])
        .args(["--skip", "connections,long_queries,idle_in_transaction,statements_fill,slow_queries"])
        .run()
        .success();
    assert_eq!(said.json()["state"], "ok");
    assert_eq!(said.json()["exit_code"], 0);
}

#[tokio::test]
async fn a_sequence_is_measured_by_the_column_that_it_fills() {
    let db = Database::create().await;
    db.batch(
        "create table a (id int primary key); create sequence big;
         alter table a alter id set default nextval('big'); select setval('big', 2000000000)",
    )
    .await;
    comes_to(&check(&db, "sequences", &[]).code(2), "sequences", "critical", "of what its column can hold");
    db.batch("alter table a alter id type bigint").await;
    comes_to(&check(&db, "sequences", &[]).success(), "sequences", "ok", "public.big is used to 0.0 %");
    db.batch(
        "create sequence down increment -1 minvalue -100 maxvalue 0 start 0; select setval('down', -80)",
    )
    .await;
    comes_to(&check(&db, "sequences", &[]).code(1), "sequences", "warning", "public.down is used to 80.2 %");
    db.batch("drop sequence down; create sequence round maxvalue 10 cycle; select setval('round', 10)").await;
    check(&db, "sequences", &[]).success();
}

#[tokio::test]
async fn what_a_role_may_not_see_is_unknown_until_it_is_granted() {
    let db = Database::create().await;
    let role = db.role("plain").await;
    db.batch("create sequence s; select nextval('s')").await;
    let run = || db.pgtend_as(&role, ["health", "--json", "--only", "sequences"]).run();
    let said = run().code(3);
    comes_to(&said, "sequences", "unknown", "may not see the value of public.s");
    let grant = verdict(&said, "sequences")["remedy"].as_str().unwrap().to_owned();
    db.batch(&grant).await;
    comes_to(&run().success(), "sequences", "ok", "public.s is used");
}

#[tokio::test]
async fn a_locked_sequence_holds_up_nothing() {
    let db = Database::create().await;
    db.batch("create table t (id serial)").await;
    let holder = db.client().await;
    holder.batch_execute("begin; alter sequence t_id_seq as bigint; lock table t").await.unwrap();
    let said = db.pgtend(["health", "--json", "--skip", "settings"]).run();
    assert_ne!(verdict(&said, "sequences")["state"], "ok");
    assert_eq!(verdict(&said, "invalid_indexes")["state"], "ok");
}

#[tokio::test]
async fn the_horizon_of_partitions_is_counted_in_periods() {
    let db = Database::create().await;
    db.batch(
        "create table events (id int, at timestamptz) partition by range (at);
         create table e10 partition of events for values from ('2026-10-01 00:00+00') to ('2026-11-01 00:00+00');
         create table e11 partition of events for values from ('2026-11-01 00:00+00') to ('2026-12-01 00:00+00')",
    )
    .await;
    let name = "partition_horizon";
    comes_to(&check(&db, name, &[]).code(2), name, "critical", "public.events has partitions for 0 periods");
    db.batch("create table e12 partition of events for values from ('2026-12-01 00:00+00') to ('2027-01-01 00:00+00')")
        .await;
    comes_to(&check(&db, name, &[]).code(1), name, "warning", "for 1 period ahead");
    // Who wants no more than one has what is wanted.
    fs::write(db.home().join("pgtend.toml"), "[[partition]]\ntable = \"events\"\nahead = 1\n").unwrap();
    comes_to(&check(&db, name, &[]).success(), name, "ok", "for 1 period ahead");
    fs::write(db.home().join("pgtend.toml"), "[[partition]]\ntable = \"event\"\n").unwrap();
    db.batch("create table e01 partition of events for values from ('2027-01-01 00:00+00') to ('2027-02-01 00:00+00')")
        .await;
    comes_to(&check(&db, name, &[]).code(3), name, "unknown", "no table `event`");
}

#[tokio::test]
async fn leftovers_and_overdue_retention_of_partitions() {
    let db = Database::create().await;
    db.batch(
        "create table events (id int, at timestamptz) partition by range (at);
         create table e09 partition of events for values from ('2026-09-01 00:00+00') to ('2026-10-01 00:00+00');
         create table e10 partition of events for values from ('2026-10-01 00:00+00') to ('2026-11-01 00:00+00');
         create table e11 partition of events for values from ('2026-11-01 00:00+00') to ('2026-12-01 00:00+00')",
    )
    .await;
    let name = "partition_upkeep";
    comes_to(&check(&db, name, &[]).success(), name, "ok", "nothing is overdue");
    fs::write(db.home().join("pgtend.toml"), "[[partition]]\ntable = \"events\"\nkeep = \"1 month\"\n")
        .unwrap();
    comes_to(&check(&db, name, &[]).code(1), name, "warning", "public.e09 is older than 1 month");
    db.batch("create table ed partition of events default; insert into events values (1, '2030-01-01')")
        .await;
    comes_to(&check(&db, name, &[]).code(2), name, "critical", "1 rows in the default partition");
}

#[tokio::test]
async fn indexes_of_partitions_are_told_once() {
    let db = Database::create().await;
    db.batch(
        "create table events (id int, at timestamptz) partition by range (at);
         create table e10 partition of events for values from ('2026-10-01 00:00+00') to ('2026-11-01 00:00+00');
         create table e11 partition of events for values from ('2026-11-01 00:00+00') to ('2026-12-01 00:00+00');
         create index one on events (id); create index two on events (id)",
    )
    .await;
    let said = check(&db, "duplicate_indexes", &[]).code(1);
    comes_to(&said, "duplicate_indexes", "warning", "public.two (as public.one)");
    assert_eq!(verdict(&said, "duplicate_indexes")["value"], 1.0);
}

#[tokio::test]
async fn a_foreign_key_is_served_by_columns_in_any_order_that_lead() {
    let db = Database::create().await;
    db.batch(
        "create table p (a int, b int, primary key (a, b)); create table c (x int, y int, z int,
         foreign key (x, y) references p); create index on c (z, x, y)",
    )
    .await;
    comes_to(&check(&db, "foreign_keys", &[]).code(1), "foreign_keys", "warning", "public.c (c_x_y_fkey)");
    db.batch("create index on c (y, x, z)").await;
    check(&db, "foreign_keys", &[]).success();
}

#[tokio::test]
async fn an_unused_index_wants_statistics_of_thirty_days() {
    let db = Database::create().await;
    db.batch(
        "create table t (a int); insert into t select generate_series(1, 1000); create index i on t (a); analyze t",
    )
    .await;
    fs::write(db.home().join("pgtend.toml"), "[health.unused_indexes]\nat_least = \"1 kB\"\n").unwrap();
    comes_to(&check(&db, "unused_indexes", &[]), "unused_indexes", "skipped", "30 d are needed");
}

#[tokio::test]
async fn without_the_extension_slow_queries_are_unknown() {
    let db = Database::create().await;
    let said = check(&db, "slow_queries", &[]).code(3);
    comes_to(&said, "slow_queries", "unknown", "pg_stat_statements is not in this database");
    contains(verdict(&said, "slow_queries")["remedy"].as_str().unwrap(), "create extension");
    check(&db, "slow_queries", &["--unknown-as", "ok"]).success();
    check(&db, "slow_queries", &["--unknown-as", "critical"]).code(2);
}

#[tokio::test]
async fn connections_count_against_the_limit_of_the_role_as_well() {
    let db = Database::create().await;
    let role = db.role("narrow").await;
    db.batch(&format!("alter role {role} connection limit 2")).await;
    let said =
        db.pgtend_as(&role, ["health", "--json", "--only", "connections", "--warn", "connections=40"]).run();
    comes_to(&said.code(1), "connections", "warning", &format!("1 of 2 connections of role \"{role}\""));
}

#[tokio::test]
async fn health_changes_nothing() {
    let db = Database::create().await;
    db.batch("create table t (id serial primary key)").await;
    let before = crate::support::fingerprint(&db).await;
    db.pgtend(["health", "--now", NOW]).run();
    assert_eq!(crate::support::fingerprint(&db).await, before);
}

#[tokio::test]
async fn a_materialized_view_is_as_old_as_its_last_refresh() {
    let db = Database::create().await;
    db.batch("create materialized view daily as select 1 as one").await;
    fs::write(db.home().join("pgtend.toml"), "[[matview]]\nname = \"daily\"\nmax_age = \"1h\"\n").unwrap();
    let name = "matview_age";
    let run = |arguments: &[&str]| db.pgtend(["health", "--json", "--only", name]).args(arguments).run();
    comes_to(&run(&[]).code(3), name, "unknown", "there is no log of refreshes");
    db.pgtend(["matview", "refresh", "daily"]).run().success();
    comes_to(&run(&[]).success(), name, "ok", "daily is ");
    db.batch("update pgtend.matview_refresh set finished = finished - interval '90 min'").await;
    comes_to(&run(&[]).code(1), name, "warning", "daily is 1.5 h old, of 1 h allowed");
    db.batch("update pgtend.matview_refresh set finished = finished - interval '1 h'").await;
    comes_to(&run(&[]).code(2), name, "critical", "daily is 2.5 h old");
    let role = db.role("plain").await;
    let said = db.pgtend_as(&role, ["health", "--json", "--only", name]).run().code(3);
    db.batch(verdict(&said, name)["remedy"].as_str().unwrap()).await;
    db.pgtend_as(&role, ["health", "--json", "--only", name]).run().code(2);
}
