//! Which files are linted: folders, what git shows as changed, and what cannot be read.
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::common::program::{Output, pgtend};

fn folder<const N: usize>(files: [(&str, &str); N]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

fn lint(folder: &Path, arguments: &[&str]) -> Output {
    pgtend(["migrate", "lint", "--json"]).args(arguments).directory(folder).run()
}

/// The files with findings, in order.
fn files(said: &Output) -> Vec<String> {
    let document = said.json();
    let findings = document["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["file"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_folder_is_read_in_the_order_of_the_versions() {
    let drop = "drop table a;\n";
    let folder = folder([
        ("m/V10__c.sql", drop),
        ("m/V9__b.sql", drop),
        ("m/V1__a.sql", drop),
        ("m/notes.txt", drop),
        ("m/.hidden/V2__x.sql", drop),
        ("m/sub/V2__d.sql", drop),
        ("m/V3__fine.sql", "select 1;\n"),
    ]);
    let said = lint(folder.path(), &["m"]).code(3);
    assert_eq!(files(&said), ["m/V1__a.sql", "m/V9__b.sql", "m/V10__c.sql", "m/sub/V2__d.sql"]);
    assert_eq!(said.json()["files"], 5);
    assert_eq!(
        files(&lint(folder.path(), &["m/notes.txt", "m/V1__a.sql"]).code(3)),
        ["m/notes.txt", "m/V1__a.sql"]
    );
}

#[test]
fn an_empty_folder_has_nothing_to_find() {
    let folder = folder([]);
    let said = lint(folder.path(), &["."]).success();
    assert_eq!(said.json()["files"], 0);
}

#[test]
fn a_file_that_is_no_text_is_named() {
    let folder = folder([]);
    fs::write(folder.path().join("V1__x.sql"), b"select '\xff';").unwrap();
    let said = lint(folder.path(), &["."]).code(2);
    assert!(
        said.stderr.contains("V1__x.sql") && said.stderr.contains("not UTF-8 from byte 8 on"),
        "{}",
        said.stderr
    );
}

fn git(folder: &Path, arguments: &[&str]) {
    let done = Command::new("git")
        .args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"])
        .args(arguments)
        .current_dir(folder)
        .env("HOME", folder)
        .output()
        .unwrap();
    assert!(done.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn since_a_commit_only_what_has_changed_is_linted() {
    let drop = "drop table a;\n";
    let folder = folder([("m/V1__a.sql", drop), ("m/V2__b.sql", drop), ("other/V1__o.sql", drop)]);
    let here = folder.path();
    git(here, &["init", "--quiet"]);
    git(here, &["add", "."]);
    git(here, &["commit", "--quiet", "--message", "first"]);
    git(here, &["branch", "base"]);
    assert_eq!(lint(here, &["--since", "base"]).success().json()["files"], 0);

    fs::write(here.join("m/V2__b.sql"), "drop table a, b;\n").unwrap();
    fs::write(here.join("m/V3 é__new.sql"), drop).unwrap();
    fs::write(here.join("other/V2__o.sql"), drop).unwrap();
    git(here, &["add", "other"]);
    git(here, &["commit", "--quiet", "--message", "second"]);
    fs::remove_file(here.join("m/V1__a.sql")).unwrap();
    // What was changed, committed, or is new; not what is gone.
    assert_eq!(
        files(&lint(here, &["--since", "base"]).code(3)),
        ["m/V2__b.sql", "m/V3 é__new.sql", "other/V2__o.sql"]
    );
    assert_eq!(files(&lint(here, &["m", "--since", "base"]).code(3)), ["m/V2__b.sql", "m/V3 é__new.sql"]);
    assert_eq!(files(&lint(&here.join("m"), &["--since", "base"]).code(3)), ["V2__b.sql", "V3 é__new.sql"]);
}

#[test]
fn a_commit_that_there_is_not_is_wrong_use() {
    let folder = folder([("V1__a.sql", "select 1;")]);
    for reference in ["nowhere", "--help", ""] {
        let said = lint(folder.path(), &[".", &format!("--since={reference}")]).code(2);
        assert!(said.stdout.is_empty() || said.json()["exit_code"] == 2, "{}", said.stdout);
    }
    git(folder.path(), &["init", "--quiet"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "--message", "first"]);
    let said = lint(folder.path(), &[".", "--since", "nowhere"]).code(2);
    assert!(
        said.stderr.contains("nowhere") && said.stderr.contains("hint: a shallow clone"),
        "{}",
        said.stderr
    );
}

#[test]
fn without_a_name_it_is_what_the_configuration_says() {
    let folder = folder([
        ("pgtend.toml", "[migrate]\ndir = \"db/migrations\"\nsets = [\"coffeebiz\"]\n"),
        ("db/migrations/V1__a.sql", "drop table a;\n"),
        ("other.sql", "drop table b;\n"),
        ("below/x", ""),
    ]);
    let said = lint(folder.path(), &[]).code(3);
    assert_eq!(files(&said), ["db/migrations/V1__a.sql"]);
    assert!(said.json()["files"].as_u64().unwrap() > 1, "the set is linted as well");
    let from_below =
        pgtend(["migrate", "lint", "--json"]).directory(&folder.path().join("below")).run().code(3);
    assert!(files(&from_below)[0].ends_with("/db/migrations/V1__a.sql"), "{}", from_below.stdout);
    assert_eq!(files(&lint(folder.path(), &["other.sql"]).code(3)), ["other.sql"]);
    assert_eq!(files(&lint(folder.path(), &["--dir", "db"]).code(3)), ["db/migrations/V1__a.sql"]);
}

#[test]
fn nothing_named_at_all_is_wrong_use() {
    let folder = folder([]);
    let said = lint(folder.path(), &[]).code(2);
    assert!(said.stderr.contains("write `dir` into [migrate] of pgtend.toml"), "{}", said.stderr);
}

#[test]
fn of_files_of_dbmate_and_sqlx_only_the_way_up_counts() {
    let dbmate = "-- migrate:up transaction:false\n\ncreate index concurrently i on t (a);\n\n\
                  -- migrate:down\ndrop table t;\n";
    let folder = folder([
        ("m/20240101120000_i.sql", dbmate),
        ("m/20240102120000_t.up.sql", "alter table t drop column a;\n"),
        ("m/20240102120000_t.down.sql", "drop table t;\n"),
    ]);
    let said = lint(folder.path(), &["m"]).code(3);
    assert_eq!(files(&said), ["m/20240102120000_t.up.sql"]);
    // Named by itself it is looked at.
    lint(folder.path(), &["m/20240102120000_t.down.sql"]).code(3);
    let wrong = dbmate.replace("concurrently ", "");
    fs::write(folder.path().join("m/20240101120000_i.sql"), wrong).unwrap();
    let found = lint(folder.path(), &["m"]).code(3).json();
    assert_eq!(
        (&found["findings"][0]["line"], &found["findings"][0]["rule"]),
        (&3.into(), &"index-not-concurrent".into())
    );
}
