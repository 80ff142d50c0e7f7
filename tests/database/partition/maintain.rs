//! `partition maintain`: what cron runs.
use std::fs;

use super::support::{add_month, contains, events, fingerprint, names, tend};
use crate::common::database::Database;
use crate::common::program::Program;

fn config(db: &Database, text: &str) {
    fs::write(db.home().join("pgtend.toml"), text).unwrap();
}

fn maintain(db: &Database) -> Program {
    tend(db, ["partition", "maintain", "--yes"])
}

const LOGS: &str = "create table logs (at date) partition by range (at)";

#[tokio::test]
async fn makes_ahead_and_lets_go_behind_in_every_table_of_the_configuration() {
    let db = events(["2026-08", "2026-09", "2026-10", "2026-11"]).await;
    db.batch(LOGS).await;
    config(
        &db,
        r#"
        [[partition]]
        table = "events"
        ahead = 2
        keep = "2 months"
        archive = false
        [[partition]]
        table = "public.logs"
        every = "week"
        ahead = 1
        "#,
    );
    let said = maintain(&db).run().success();
    assert_eq!(
        names(&db, "events").await,
        ["events_p2026_09", "events_p2026_10", "events_p2026_11", "events_p2026_12", "events_p2027_01"]
    );
    assert_eq!(names(&db, "logs").await, ["logs_p2026_w46", "logs_p2026_w47"]);
    assert_eq!(said.stdout, "");
    // One line for each change: two creations, and what went.
    assert_eq!(said.stderr.lines().count(), 3, "{}", said.stderr);
    for line in said.stderr.lines() {
        assert!(line.starts_with("public.events: ") || line.starts_with("public.logs: "), "{line}");
    }
    let before = fingerprint(&db).await;
    let said = maintain(&db).run().success();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn one_failing_table_does_not_stop_the_others() {
    let db = events(["2026-11"]).await;
    db.batch(LOGS).await;
    config(
        &db,
        r#"
        [[partition]]
        table = "gone"
        [[partition]]
        table = "logs"
        [[partition]]
        table = "events"
        ahead = 1
        "#,
    );
    let said = maintain(&db).run().code(6);
    assert_eq!(names(&db, "events").await, ["events_p2026_11", "events_p2026_12"]);
    assert_eq!(said.stderr.matches("error:").count(), 2, "each failure is told once\n{}", said.stderr);
    contains(&said.stderr, "no table `gone`");
    contains(&said.stderr, "read the partitions of public.logs");
    contains(&said.stderr, "2 failed, the others are finished");
}

#[tokio::test]
async fn when_all_fail_the_exit_code_is_theirs() {
    let db = events([]).await;
    db.batch(LOGS).await;
    config(&db, "[[partition]]\ntable = \"logs\"\n[[partition]]\ntable = \"events\"\n");
    let said = maintain(&db).run().code(1);
    assert_eq!(said.stderr.matches("error:").count(), 2, "{}", said.stderr);
    // The only table there is: not partly done.
    config(&db, "[[partition]]\ntable = \"events\"\nkeep = \"1 year\"\n");
    maintain(&db).run().code(1);
}

#[tokio::test]
async fn a_table_whose_way_is_blocked_has_its_own_exit_code() {
    let db = events(["2026-11"]).await;
    db.batch("create table events_default partition of events default; insert into events values (1, '2026-12-03')").await;
    config(&db, "[[partition]]\ntable = \"events\"\nahead = 1\n");
    let said = maintain(&db).run().code(1);
    contains(&said.stderr, "1 rows for public.events_p2026_12");
}

#[tokio::test]
async fn consent_is_asked_for_and_nobody_is_there() {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    config(&db, "[[partition]]\ntable = \"events\"\nahead = 1\nkeep = \"2 months\"\narchive = false\n");
    let said = tend(&db, ["partition", "maintain"]).run().code(2);
    contains(&said.stderr, "pass --yes to agree beforehand");
    // What needs no consent is done.
    assert_eq!(
        names(&db, "events").await,
        ["events_p2026_08", "events_p2026_10", "events_p2026_11", "events_p2026_12"]
    );
}

#[tokio::test]
async fn flags_go_over_the_configuration_and_the_environment_names_it() {
    let db = events(["2026-11"]).await;
    let elsewhere = db.home().join("elsewhere.toml");
    fs::write(&elsewhere, "[[partition]]\ntable = \"events\"\nahead = 5\n").unwrap();
    tend(&db, ["partition", "maintain", "--ahead", "1"]).env("PGTEND_CONFIG", &elsewhere).run().success();
    assert_eq!(names(&db, "events").await, ["events_p2026_11", "events_p2026_12"]);
    tend(&db, ["partition", "maintain"]).args(["--config".as_ref(), elsewhere.as_os_str()]).run().success();
    assert_eq!(names(&db, "events").await.len(), 6);
}

#[tokio::test]
async fn the_configuration_is_found_from_a_folder_below() {
    let db = events(["2026-11"]).await;
    config(&db, "[[partition]]\ntable = \"events\"\nahead = 1\n");
    let below = db.home().join("a/b");
    fs::create_dir_all(&below).unwrap();
    tend(&db, ["partition", "maintain"]).directory(&below).run().success();
    assert_eq!(names(&db, "events").await.len(), 2);
    // Not with --no-config: then no table is named.
    let said = tend(&db, ["partition", "maintain", "--no-config"]).run().code(2);
    contains(&said.stderr, "no table is named, and no configuration names one");
}

#[tokio::test]
async fn two_tables_are_worked_on_at_a_time_by_two_sessions() {
    let db = events(["2026-11"]).await;
    for table in ["b", "c", "d"] {
        db.batch(&format!("create table {table} (at timestamptz) partition by range (at)")).await;
        add_month(&db, table, "2026-11").await;
    }
    let tables =
        ["events", "b", "c", "d"].map(|table| format!("[[partition]]\ntable = \"{table}\"\nahead = 1\n"));
    config(&db, &tables.concat());
    maintain(&db).run().success();
    for table in ["events", "b", "c", "d"] {
        assert_eq!(names(&db, table).await.len(), 2, "{table}");
    }
    assert_eq!(db.value("select count(distinct pid) || ' ' || count(*) from pgtend.run").await, "2 4");
}

#[tokio::test]
async fn a_role_that_may_open_one_connection_only_gets_its_work_done() {
    let db = events(["2026-11"]).await;
    db.batch("create table b (at timestamptz) partition by range (at)").await;
    add_month(&db, "b", "2026-11").await;
    let role = db.role("lonely").await;
    db.batch(&format!(
        "alter role {role} connection limit 1; grant create on schema public to {role};
         alter table events owner to {role}; alter table b owner to {role};
         alter table events_p2026_11 owner to {role}; alter table b_p2026_11 owner to {role}"
    ))
    .await;
    config(&db, "[[partition]]\ntable = \"events\"\nahead = 1\n[[partition]]\ntable = \"b\"\nahead = 1\n");
    db.pgtend_as(&role, ["partition", "maintain", "--now", super::support::NOW]).run().success();
    assert_eq!(names(&db, "events").await.len() + names(&db, "b").await.len(), 4);
}

#[tokio::test]
async fn two_runs_at_once_end_in_the_same_state() {
    for _ in 0..10 {
        let db = events(["2026-08", "2026-10", "2026-11"]).await;
        db.batch("create table logs (at date) partition by range (at)").await;
        config(
            &db,
            r#"
            [[partition]]
            table = "events"
            ahead = 3
            keep = "2 months"
            archive = false
            [[partition]]
            table = "logs"
            every = "month"
            ahead = 3
            "#,
        );
        let runs = [maintain(&db).spawn(), maintain(&db).spawn()];
        for run in runs {
            let said = run.wait_with_output().unwrap();
            let stderr = String::from_utf8_lossy(&said.stderr).into_owned();
            assert!(matches!(said.status.code(), Some(0 | 5)), "{:?}\n{stderr}", said.status);
        }
        assert_eq!(
            names(&db, "events").await.join(" "),
            "events_p2026_10 events_p2026_11 events_p2026_12 events_p2027_01 events_p2027_02"
        );
        assert_eq!(
            names(&db, "logs").await.join(" "),
            "logs_p2026_11 logs_p2026_12 logs_p2027_01 logs_p2027_02"
        );
        assert_eq!(db.value("select to_regclass('events_p2026_08')").await, "");
        assert_eq!(db.value("select string_agg(distinct outcome, ' ') from pgtend.run").await, "done");
    }
}

#[tokio::test]
async fn partitioned_tables_are_analyzed_as_a_whole_once_a_day() {
    let db = events(["2026-11"]).await;
    db.batch("insert into events select n, '2026-11-10', 'x' from generate_series(1, 100) as n").await;
    let run = |arguments: &[&str]| {
        db.pgtend(["partition", "maintain", "events", "--analyze"]).args(arguments).run().success()
    };
    contains(&run(&["--dry-run"]).stdout, "-- step 1: analyze");
    let whole = "select count(*) from pg_stats where tablename = 'events' and inherited";
    assert_eq!(db.value(whole).await, "0");
    contains(&run(&[]).stderr, "public.events: analyze, ");
    assert_ne!(db.value(whole).await, "0");
    let analyzed = "select pg_stat_get_last_analyze_time('events'::regclass) is not null";
    while db.value(analyzed).await != "t" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(run(&[]).stderr, "");
}
