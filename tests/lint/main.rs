//! The lint over lists of statements: each dangerous one is found, by the rule that is meant and no other; in a harmless
//! one nothing is found.
#![expect(clippy::unwrap_used, reason = "what helps a test may panic as the test may")]

#[path = "../common/mod.rs"]
#[expect(dead_code, reason = "these tests need a part of what the tests share")]
mod common;

mod answers;
mod files;
mod waivers;

use std::collections::BTreeSet;

use pgtend::operations::lint::{FAMILIES, File, check};

/// A block of a list: its first line without the number, and the file.
struct Case {
    title: String,
    text: String,
}

fn cases(list: &str) -> Vec<Case> {
    let blocks = list.split("\n\n").skip(1).filter(|block| !block.trim().is_empty());
    blocks
        .map(|block| {
            let (title, text) = block.trim_start().split_once('\n').unwrap();
            Case { title: title.trim_start_matches("-- ").to_owned(), text: text.to_owned() }
        })
        .collect()
}

fn found(text: &str) -> BTreeSet<&'static str> {
    let findings = check(&File::read("V1__case.sql", text), None);
    findings.into_iter().filter(|finding| finding.waived.is_none()).map(|finding| finding.rule).collect()
}

#[test]
fn dangerous_statements_are_found_by_the_rule_that_is_meant() {
    let cases = cases(include_str!("dangerous.sql"));
    assert!(cases.len() >= 60, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let (_, rules) = case.title.split_once(' ').unwrap();
        let expected: BTreeSet<&str> = rules.split(", ").collect();
        let found = found(&case.text);
        if found != expected {
            wrong.push(format!("{}: found {found:?}\n{}", case.title, case.text));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn nothing_is_found_in_harmless_statements() {
    let cases = cases(include_str!("harmless.sql"));
    assert!(cases.len() >= 30, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in cases {
        let found = found(&case.text);
        if !found.is_empty() {
            wrong.push(format!("{}: found {found:?}\n{}", case.title, case.text));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What comes with pgtend is held to its own rules; what is known and meant is declared in the file.
#[test]
fn nothing_is_found_in_the_migrations_that_come_with_pgtend() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let said =
        common::program::pgtend(["migrate", "lint", "--level", "warning", "--json"]).args([folder]).run();
    let document = said.success().json();
    assert!(document["files"].as_u64().unwrap() > 0);
    let findings = document["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["level"] == "info"), "{findings:#?}");
}

#[test]
fn every_rule_has_a_case_or_needs_a_database() {
    let listed = include_str!("dangerous.sql");
    // Those that only a database or a byte that no list can hold brings out have tests of their own.
    let elsewhere = [
        "concurrently-on-partitioned",
        "concurrently-unsafe",
        "attach-beside-default-rows",
        "set-local-without-transaction",
        "waiver",
        "unused-waiver",
        "empty-file",
        "crlf",
        "bom",
    ];
    for rule in FAMILIES.iter().flat_map(|family| family.rules) {
        let cased = listed.lines().filter(|line| line.starts_with("-- ")).any(|line| {
            line.split_once(' ')
                .is_some_and(|(_, title)| title[2..].split(", ").any(|name| name.trim() == rule.name))
        });
        assert!(cased || elsewhere.contains(&rule.name), "{} is in no case", rule.name);
    }
}

/// Pieces of statements, and what stands between them in files that people write.
const PIECES: &[&str] = &[
    "alter table",
    "orders",
    "\"A b\"",
    "add column",
    "x int",
    "default",
    "now()",
    "(",
    ")",
    ",",
    ";",
    "\n",
    " ",
    "--",
    "/*",
    "*/",
    "'",
    "$$",
    "$a$",
    "create",
    "index",
    "concurrently",
    "on",
    "only",
    "if not exists",
    "using",
    "where",
    "drop",
    "table",
    "cascade",
    "attach partition",
    "for values",
    "references",
    "constraint",
    "check",
    "not valid",
    "unique",
    "primary key",
    "insert into",
    "select",
    "from",
    "with",
    "as",
    "update",
    "set",
    "delete",
    "do",
    "execute",
    "vacuum",
    "full",
    "lock",
    "${v}",
    "${é",
    "é",
    "\r\n",
    "\u{feff}",
    "-- pgtend: allow=rename reason=",
    "-- squawk-ignore",
    "partition by range",
    "generated always as",
    "extract",
    ".",
    "*",
    "1",
    "end",
];

proptest::proptest! {
    #[test]
    fn no_text_makes_the_lint_fail(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..40), glue in "[ \n]?") {
        let text = pieces.join(&glue);
        for finding in check(&File::read("V1__case.sql", text.as_str()), None) {
            assert!(finding.line >= 1 && finding.column >= 1 && finding.width >= 1);
            assert!(finding.line <= text.matches('\n').count() + 1);
        }
    }
}
