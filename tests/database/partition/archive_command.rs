//! Archives in a store of somebody's own, behind a program: what it gives back is what counts, no shell reads its
//! arguments, and none of them is told.
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::support::{contains, events, fingerprint, names, tend};
use crate::common::database::Database;

pub const KEEPS: &str = r#"
case "$PGTEND_ARCHIVE_ACTION" in
put) mkdir -p "$(dirname "store/$PGTEND_ARCHIVE_NAME")" && cat > "store/$PGTEND_ARCHIVE_NAME" ;;
get) cat "store/$PGTEND_ARCHIVE_NAME" ;;
esac
"#;

async fn filled() -> Database {
    let db = events(["2026-08", "2026-10", "2026-11"]).await;
    db.batch(
        "insert into events select g, timestamptz '2026-08-02Z' + g * interval '1 minute', md5(g::text)
             from generate_series(1, 5000) as g;
         create table before as select * from events",
    )
    .await;
    db
}

/// A program of the database's home.
pub fn store(db: &Database, script: &str) {
    let file = db.home().join("keep");
    fs::write(&file, format!("#!/bin/sh\n{script}")).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
}

fn drop(command: &str) -> [&str; 8] {
    ["partition", "drop", "events", "--keep", "2 months", "--yes", "--archive-command", command]
}

/// The manifest's name, as the drop told the file's.
fn manifest(said: &str) -> String {
    let file = said.split("read back and equal: ").nth(1).unwrap().lines().next().unwrap();
    file.replace(".csv.zst", ".json")
}

#[tokio::test]
async fn what_is_kept_by_a_program_can_be_had_back() {
    let db = filled().await;
    store(&db, KEEPS);
    let said = tend(&db, drop("./keep")).run().success();
    let manifest = manifest(&said.stderr);
    assert!(manifest.starts_with("public.events/events_p2026_08."), "{manifest}");
    assert_eq!(names(&db, "events").await, ["events_p2026_10", "events_p2026_11"]);
    let verify = ["partition", "archive", "verify", &manifest, "--archive-command", "./keep", "--json"];
    assert_eq!(tend(&db, verify).run().success().json()["archives"][0]["verified"], true);
    let restore = ["partition", "restore", &manifest, "--attach", "--archive-command", "./keep"];
    tend(&db, restore).run().success();
    let differing = "select count(*) from ((table events except all table before) union all (table before except all table events)) as d";
    assert_eq!(db.value(differing).await, "0");
    fs::remove_file(db.home().join("store").join(manifest.replace(".json", ".csv.zst"))).unwrap();
    tend(&db, verify).run().code(3);
    let list = ["partition", "archive", "list", "--archive-command", "./keep"];
    contains(&tend(&db, list).run().code(2).stderr, "a command cannot be asked which there are");
}

/// Who writes into a partition by its name, from the detach on, is refused: the archive would not have the row.
#[tokio::test]
async fn a_detached_table_takes_no_row_that_its_archive_would_lack() {
    let db = filled().await;
    store(&db, &format!("case \"$PGTEND_ARCHIVE_NAME\" in *p2026_08*) exit 3 ;; esac\n{KEEPS}"));
    contains(&tend(&db, drop("./keep")).run().code(1).stderr, "the archive command has failed");
    let late = "insert into events_p2026_08 values (9999, '2026-08-05Z', 'late')";
    let error = db.client().await.batch_execute(late).await.unwrap_err();
    assert_eq!(error.as_db_error().unwrap().constraint(), Some("pgtend_archived"));
    store(&db, KEEPS);
    let said = tend(&db, drop("./keep")).run().success();
    contains(&said.stderr, "archived 5000 rows");
    assert_eq!(db.value("select to_regclass('events_p2026_08')").await, "");
}

#[tokio::test]
async fn a_program_that_loses_bytes_loses_no_row() {
    let db = filled().await;
    let before = fingerprint(&db).await;
    for (script, why) in [
        ("cat > /dev/null; exit 3", "the archive command has failed: exit status: 3"),
        ("cat > /dev/null", "it does not give back what it was sent"),
        ("exit 0", "try the archive command ./keep"),
    ] {
        store(&db, script);
        contains(&tend(&db, drop("./keep")).run().code(1).stderr, why);
        assert_eq!(fingerprint(&db).await, before, "{script}");
    }
    contains(
        &tend(&db, drop("./there_is_none")).run().code(1).stderr,
        "try the archive command ./there_is_none",
    );
    assert_eq!(fingerprint(&db).await, before);
    // Only of large files, or when it gives them back.
    let cut = KEEPS.replace("&& cat >", "&& head -c 20000 >");
    let changed = KEEPS.replace("get) cat", "get) sed s/a/b/");
    let late = KEEPS.replace(
        "get) cat \"store/$PGTEND_ARCHIVE_NAME\"",
        "get) cat \"store/$PGTEND_ARCHIVE_NAME\"; case $PGTEND_ARCHIVE_NAME in *.zst) exit 1 ;; esac",
    );
    for script in [cut, changed, late] {
        store(&db, &script);
        tend(&db, drop("./keep")).run().code(1);
        assert_eq!(db.value("select count(*) from events_p2026_08").await, "5000", "{script}");
    }
    store(&db, KEEPS);
    let said = tend(&db, drop("./keep")).run().success();
    contains(&said.stderr, "archived 5000 rows");
    assert_eq!(db.value("select to_regclass('events_p2026_08')").await, "");
}

#[tokio::test]
async fn no_shell_reads_it_and_its_arguments_are_not_told() {
    let db = filled().await;
    store(&db, &format!("for a; do echo \"$a\" >> arguments; done\n{KEEPS}"));
    let command = "./keep '$(touch ran)' \"a b\" token=hunter2 ; touch ran";
    let said = tend(&db, drop(command)).args(["-v"]).run().success();
    assert!(!db.home().join("ran").exists());
    let arguments = fs::read_to_string(db.home().join("arguments")).unwrap();
    assert!(arguments.starts_with("$(touch ran)\na b\ntoken=hunter2\n;\ntouch\nran\n"), "{arguments}");
    let manifest = manifest(&said.stderr);
    let mut all = format!("{}{}", said.stdout, said.stderr);
    all.push_str(&fs::read_to_string(db.home().join("store").join(manifest)).unwrap());
    all.push_str(&db.value("select coalesce(string_agg(r::text, ' '), '') from pgtend.run as r").await);
    store(&db, "exit 1");
    db.batch(
        "create table events_p2026_07 partition of events for values from ('2026-07-01Z') to ('2026-08-01Z')",
    )
    .await;
    for command in ["./keep token=hunter2", "./keep 'token=hunter2", "'' token=hunter2"] {
        for more in ["--json", "-v"] {
            let said = tend(&db, drop(command)).args([more]).run();
            assert_ne!(said.code, Some(0));
            all.push_str(&said.stdout);
            all.push_str(&said.stderr);
        }
    }
    let said = tend(&db, drop("./keep token=hunter2")).args(["--dry-run"]).run().success();
    all.push_str(&said.stdout);
    assert!(!all.contains("hunter2"), "{all}");
    contains(&said.stdout, "the store of ./keep");
}

#[tokio::test]
async fn the_configuration_names_it() {
    let db = filled().await;
    store(&db, KEEPS);
    let config = |archive: &str| {
        let text = format!(
            "[[partition]]\ntable = \"events\"\nkeep = \"2 months\"\nahead = 0\narchive = {archive}\n"
        );
        fs::write(db.home().join("pgtend.toml"), text).unwrap();
    };
    config("{ command = \"./keep 'open\" }");
    tend(&db, ["partition", "maintain", "--yes"]).run().code(2);
    config("{ command = \"./keep\" }");
    let said = tend(&db, ["partition", "maintain", "--yes"]).run().success();
    contains(&said.stderr, "archived 5000 rows");
}
