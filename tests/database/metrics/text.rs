//! The numbers themselves, and the file that they are written into.
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::common::database::Database;
use crate::common::program::pgtend;
use crate::support::contains;

/// The format as its manual has it: each family once, described before its samples, no sample twice.
#[track_caller]
pub fn well_formed(text: &str) -> Vec<String> {
    let (mut families, mut samples, mut current) = (BTreeSet::new(), BTreeSet::new(), String::new());
    assert!(text.ends_with('\n'), "{text}");
    for line in text.lines() {
        if let Some(described) = line.strip_prefix("# HELP ") {
            current = described.split(' ').next().unwrap().to_owned();
            assert!(families.insert(current.clone()), "{current} twice");
        } else if let Some(typed) = line.strip_prefix("# TYPE ") {
            assert!(
                typed == format!("{current} gauge") || typed == format!("{current} counter"),
                "{line} after {current}"
            );
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            assert_eq!(series.split('{').next(), Some(current.as_str()), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
            assert!(samples.insert(series.to_owned()), "{series} twice");
        }
    }
    samples.into_iter().collect()
}

async fn partitioned() -> Database {
    let db = Database::create().await;
    db.batch(
        "create table events (id int primary key, at int) partition by range (id);
         create table events_1 partition of events for values from (0) to (1000);
         create table events_2 partition of events for values from (1000) to (2000);
         insert into events select n, n from generate_series(0, 1999) as n; analyze events_1; analyze events_2;
         create table \"a \"\"b\\c\" (id int); insert into \"a \"\"b\\c\" select 1; analyze \"a \"\"b\\c\"",
    )
    .await;
    db
}

#[tokio::test]
async fn partitions_are_rolled_up_and_names_are_escaped() {
    let db = partitioned().await;
    db.batch("create table \"two\nlines \t 'é' {}\" (id int)").await;
    let said = db.pgtend(["metrics"]).run().success();
    assert_eq!(said.stderr, "");
    contains(&said.stdout, "relname=\"two\\nlines \t 'é' {}\"");
    let series = well_formed(&said.stdout);
    assert!(series.len() <= 300, "{} series", series.len());
    let labels = format!("{{datname=\"{}\",schemaname=\"public\",relname=\"events\"}}", db.name());
    contains(&said.stdout, &format!("pgtend_table_partitions{labels} 2\n"));
    contains(&said.stdout, "relname=\"a \\\"b\\\\c\"");
    assert!(!said.stdout.contains("events_1"), "{}", said.stdout);
    for name in [
        "pg_up 1\n",
        "pg_settings_max_connections ",
        "pg_stat_database_xact_commit{datid=",
        "pg_database_size_bytes{datname=",
        "pgtend_check_status{check=\"connections\"",
        "pgtend_last_success_timestamp_seconds ",
        "pgtend_scrape_errors 0\n",
        "pgtend_series_dropped_total 0\n",
    ] {
        contains(&said.stdout, name);
    }
    let said = db.pgtend(["metrics", "--partitions"]).run().success();
    well_formed(&said.stdout);
    contains(&said.stdout, "relname=\"events_1\"");
}

#[tokio::test]
async fn no_more_series_than_allowed() {
    let db = partitioned().await;
    let said = db.pgtend(["metrics", "--max-series", "20"]).run().success();
    assert_eq!(well_formed(&said.stdout).len(), 21);
    contains(&said.stdout, "pg_up 1\n");
    assert!(!said.stdout.contains("pgtend_series_dropped_total 0\n"), "{}", said.stdout);
}

#[tokio::test]
async fn a_role_without_rights_gets_what_it_may_see() {
    let db = partitioned().await;
    let role = db.role("plain").await;
    let said = db.pgtend_as(&role, ["metrics"]).run().success();
    well_formed(&said.stdout);
    contains(&said.stdout, "pgtend_check_status{check=\"sequences\"");
    contains(&said.stdout, "pg_stat_database_xact_commit{");
}

#[tokio::test]
async fn of_hidden_sessions_nothing_is_made_up() {
    let db = partitioned().await;
    let _other = db.client().await;
    let role = db.role("plain").await;
    let of_hidden = |said: &str, family: &str| {
        let own = format!("{family}{{datname=\"{}\",state=\"unknown\"", db.name());
        said.lines().filter(|line| line.starts_with(&own)).count()
    };
    let said = db.pgtend_as(&role, ["metrics"]).run().success().stdout;
    assert_eq!(of_hidden(&said, "pg_stat_activity_count"), 1, "{said}");
    assert_eq!(of_hidden(&said, "pg_stat_activity_max_tx_duration"), 0, "{said}");
    let said = db.pgtend(["metrics"]).run().success().stdout;
    contains(&said, &format!("pg_stat_activity_max_tx_duration{{datname=\"{}\",state=\"idle\"", db.name()));
}

#[tokio::test]
async fn names_that_differ_in_what_cannot_be_seen_are_different_series() {
    let db = Database::create().await;
    db.batch(
        "create table q (id int); create table \"q\u{1b}[31m\" (id int); create table \"q\u{7}\" (id int)",
    )
    .await;
    let said = db.pgtend(["metrics"]).run().success();
    well_formed(&said.stdout);
    for label in ["q", "q\\\\u{1b}[31m", "q\\\\u{7}"] {
        contains(&said.stdout, &format!("relname=\"{label}\""));
    }
    let said = db.pgtend(["report", "sizes", "--format", "csv"]).run().success();
    contains(&said.stdout, "q\\u{1b}[31m");
    contains(&said.stdout, "q\\u{7}");
}

#[tokio::test]
async fn the_file_is_replaced_in_one_act_and_never_left_green() {
    let db = partitioned().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pgtend.prom");
    db.pgtend(["metrics", "--textfile"]).run().code(2);
    db.pgtend(["metrics"]).args(["--textfile".as_ref(), file.as_os_str()]).run().success();
    let text = fs::read_to_string(&file).unwrap();
    well_formed(&text);
    contains(&text, "pg_up 1\n");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);

    let said = pgtend(["metrics", "-d", "postgresql://u@127.0.0.1:1/d"]);
    said.args(["--textfile".as_ref(), file.as_os_str()]).run().code(4);
    let text = fs::read_to_string(&file).unwrap();
    well_formed(&text);
    contains(&text, "pg_up 0\n");
    contains(&text, "pgtend_check_status{check=\"connect\",group=\"server\"} 2\n");
    contains(&text, "pgtend_check_status{check=\"sequences\",group=\"tables\"} 3\n");
    assert!(!text.contains("last_success"), "{text}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");

    contains(&text, "\npgtend_textfile_written_timestamp_seconds ");

    let bad = folder.path().join("bad.toml");
    let write = |arguments: &[&str]| {
        db.pgtend(["metrics"]).args(["--textfile".as_ref(), file.as_os_str()]).args(arguments).run()
    };
    for (config, arguments) in [
        ("[nonsense]\n", ["--config", bad.to_str().unwrap()]),
        ("[health.nonsense]\nwarning = 1\n", ["--config", bad.to_str().unwrap()]),
        ("", ["--tables", "xx"]),
        ("", ["--format", "csv"]),
    ] {
        fs::write(&bad, config).unwrap();
        write(&[]).success();
        contains(&fs::read_to_string(&file).unwrap(), "pg_up 1\n");
        write(&arguments).code(2);
        let text = fs::read_to_string(&file).unwrap();
        well_formed(&text);
        contains(&text, "pg_up 0\n");
        contains(&text, "\npgtend_textfile_written_timestamp_seconds ");
    }
    write(&[]).success();
    let said = pgtend(["metrics", "-d", "postgresql://[bad"]);
    said.args([format!("--textfile={}", file.display())]).run().code(2);
    contains(&fs::read_to_string(&file).unwrap(), "pg_up 0\n");
    fs::remove_file(&bad).unwrap();

    let nowhere = folder.path().join("no/pgtend.prom");
    let said = db.pgtend(["metrics"]).args(["--textfile".as_ref(), nowhere.as_os_str()]).run().code(1);
    contains(&said.stderr, "replace ");
}

#[tokio::test]
async fn a_locked_table_holds_up_nothing() {
    let db = partitioned().await;
    let holder = db.client().await;
    holder.batch_execute("begin; lock table events").await.unwrap();
    let said = db.pgtend(["metrics"]).run().success();
    contains(&said.stdout, "pgtend_scrape_errors 0\n");
    contains(&said.stdout, "relname=\"events\"");
}
