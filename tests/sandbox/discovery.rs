//! Which of the machine's servers is taken, and what is said when there is none.
use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use pgtend::sandbox::discover;
use tempfile::TempDir;

use crate::common::program::pgtend;
use crate::common::server::version;

/// A directory with a `postgres` and an `initdb` that do not start, open to whom the server runs as.
fn broken() -> TempDir {
    let directory = TempDir::with_prefix_in("pgtend-broken-", "/tmp").unwrap();
    for program in ["postgres", "initdb"] {
        let path = directory.path().join(program);
        fs::write(&path, "#!/bin/sh\necho \"$0: libxml2.so.2 is missing\" >&2\nexit 127\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

fn path_with(first: &TempDir) -> std::ffi::OsString {
    let path = env::var_os("PATH").unwrap();
    env::join_paths([first.path().to_owned()].into_iter().chain(env::split_paths(&path))).unwrap()
}

#[test]
fn a_broken_server_that_comes_first_is_passed_over_and_named() {
    let broken = broken();
    let found =
        pgtend(["sandbox", "servers", "--json"]).env("PATH", path_with(&broken)).run().success().json();
    let servers = found["servers"].as_array().unwrap();
    let rejected = servers.iter().find(|one| one["programs"].as_str() == broken.path().to_str()).unwrap();
    assert!(rejected["version"].is_null());
    assert!(rejected["reason"].as_str().unwrap().contains("libxml2.so.2 is missing"), "{rejected}");
    assert!(servers.iter().any(|one| one["version"].is_string()), "{found}");
}

#[test]
fn a_broken_server_that_was_asked_for_is_an_error() {
    let broken = broken();
    let run = pgtend(["sandbox", "run", "true"]).env("PGTEND_PG_BIN", broken.path()).run().code(1);
    assert!(run.stderr.contains("which PGTEND_PG_BIN names"), "{}", run.stderr);
    assert!(run.stderr.contains("libxml2.so.2 is missing"), "{}", run.stderr);
}

#[test]
fn no_server_is_an_error_with_the_line_that_gets_one() {
    let broken = broken();
    let run = pgtend(["sandbox", "run", "--pg-version", "99", "true"])
        .env("PATH", path_with(&broken))
        .run()
        .code(1);
    for part in ["found no PostgreSQL 99 server", "libxml2.so.2 is missing", "pgtend sandbox fetch 99"] {
        assert!(run.stderr.contains(part), "{part}: {}", run.stderr);
    }
}

#[test]
fn the_server_that_was_asked_for_is_taken() {
    let programs = discover(version()).unwrap().programs().to_owned();
    let run = pgtend([
        "sandbox",
        "run",
        "--",
        "sh",
        "-c",
        "readlink /proc/$(head -n 1 $PGHOST/data/postmaster.pid)/exe",
    ]);
    let told = run.env("PGTEND_PG_BIN", &programs).run().success().stdout;
    let told = PathBuf::from(told.trim());
    assert_eq!(told, fs::canonicalize(programs.join("postgres")).unwrap());
}
