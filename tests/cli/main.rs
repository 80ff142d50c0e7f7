//! The command line itself: helps, topics, completions, wrong use. No server is asked.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as the test may")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of what the tests share")]
mod common;

use std::fs;

use clap::{Command, CommandFactory as _};
use common::program::pgtend;
use pgtend::cli::Cli;

/// Every command's words, from the root down.
fn commands(command: &Command, words: &[String]) -> Vec<Vec<String>> {
    let mut all = vec![words.to_vec()];
    for below in command.get_subcommands() {
        let words: Vec<String> = words.iter().cloned().chain([below.get_name().to_owned()]).collect();
        all.extend(commands(below, &words));
    }
    all
}

#[test]
fn every_command_has_a_help_that_is_the_same_both_ways() {
    let all = commands(&Cli::command(), &[]);
    assert!(all.len() > 12, "{all:?}");
    for words in all.iter().filter(|words| !words.is_empty()) {
        let flag = pgtend([]).args(words).args(["--help"]).run();
        let command = pgtend(["help"]).args(words).run();
        assert_eq!((flag.code, command.code), (Some(0), Some(0)), "{words:?}");
        assert_eq!(flag.stdout, command.stdout, "{words:?}");
        assert!(flag.stdout.contains(&format!("Usage: pgtend {}", words.join(" "))), "{}", flag.stdout);
    }
}

#[test]
fn who_reads_no_further_changes_no_exit_code() {
    for format in ["table", "json", "nagios"] {
        let health = || pgtend(["health", "-d", "host=/nowhere", "--format", format]);
        let mut child = health().spawn();
        drop(child.stdout.take());
        assert_eq!((health().run().code, child.wait().unwrap().code()), (Some(2), Some(2)), "{format}");
    }
}

#[test]
fn wrong_use_is_exit_2_and_nothing_on_stdout() {
    let wrong: [&[&str]; 8] = [
        &["partition", "create", "t", "--password", "x"],
        &["partitoin", "list"],
        &["partition", "create", "t", "--every", "fortnight"],
        &["partition", "drop", "t", "--keep", "0 months"],
        &["partition", "drop", "t", "--keep=-1 year 360 days"],
        &["partition", "create", "t", "--name", "{tabel}"],
        &["partition", "create", "t", "--quiet", "--verbose"],
        &["help", "nothing"],
    ];
    for arguments in wrong {
        let output = pgtend([]).args(arguments).run();
        assert_eq!(output.code, Some(2), "{arguments:?}: {}", output.stderr);
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}: {}", output.stdout);
    }
}

#[test]
fn exit_codes_are_told_alike_by_program_and_readme() {
    let told = pgtend(["help", "exit-codes"]).run().success().stdout;
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for code in ["0", "1", "2", "3", "4", "5", "6", "130, 143"] {
        assert!(
            told.lines().any(|line| line.trim_start().starts_with(&format!("{code} "))),
            "{code}: {told}"
        );
        assert!(readme.contains(&format!("| {code} |")), "{code} in README.md");
    }
}

#[test]
fn completions_and_man_pages_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = pgtend(["completions"]).args([shell]).run().success().stdout;
        assert!(script.contains("maintain") && script.contains("max-drop"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    pgtend(["completions", "--man"]).args([folder.path()]).run().success();
    let page = fs::read_to_string(folder.path().join("pgtend-partition-create.1")).unwrap();
    assert!(page.contains("ahead"), "{page}");
}
