//! The command's answers: for people, for programs, for GitHub and for GitLab; and its exit codes.
use crate::common::program::{Output, Program, pgtend};

const SQL: &str =
    "create table a (id bigint primary key);\ndrop index b_idx;\ncreate\tindex c_idx on c (d);\n";

fn lint(sql: &str) -> Program {
    pgtend(["migrate", "lint", "-"]).input(sql)
}

fn answer(format: &[&str]) -> Output {
    lint(SQL).args(format).run().code(3)
}

#[test]
fn people_see_the_line_and_a_caret() {
    let said = answer(&[]);
    let page = "\
error[index-not-concurrent]: nobody can write to the table while the index is built
 --> -:3:1
  |
3 | create index c_idx on c (d);
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^
  = lock: SHARE on the table, until the index is built and the transaction ends
  = instead: CREATE INDEX CONCURRENTLY, in a file that begins with `-- pgtend: no-transaction`
";
    assert!(said.stdout.ends_with(page), "{}", said.stdout);
    assert_eq!(said.stderr, "1 file: 1 error, 1 warning\n");
}

#[test]
fn programs_see_everything() {
    let document = answer(&["--json"]).json();
    assert_eq!(document["schema"], "pgtend.migrate.lint/1");
    assert_eq!((&document["exit_code"], &document["with_database"]), (&3.into(), &false.into()));
    let finding = &document["findings"][1];
    assert_eq!((&finding["rule"], &finding["level"]), (&"index-not-concurrent".into(), &"error".into()));
    assert_eq!((&finding["file"], &finding["line"], &finding["column"]), (&"-".into(), &3.into(), &1.into()));
    assert!(finding["impact"].is_null() && finding["waived"].is_null());
    let waived = lint("-- pgtend: allow=drop-table reason=\"old\"\ndrop table a")
        .args(["--json"])
        .run()
        .success()
        .json();
    assert_eq!(
        (&waived["waived"][0]["rule"], &waived["waived"][0]["waived"]),
        (&"drop-table".into(), &"old".into())
    );
    assert_eq!(waived["findings"].as_array().unwrap().len(), 1, "the semicolon is missing");
}

#[test]
fn github_sees_workflow_commands() {
    let said = answer(&["--github"]);
    let lines: Vec<&str> = said.stdout.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[1].starts_with(
            "::error file=-,line=3,col=1,endColumn=28,title=index-not-concurrent::nobody can write"
        ),
        "{}",
        lines[1]
    );
    assert!(lines[1].contains("%0Ainstead: CREATE INDEX CONCURRENTLY"));
    assert!(lines[0].starts_with("::warning "));
}

#[test]
fn gitlab_sees_a_code_quality_report() {
    let sql = "drop table a;\ndrop table b;\ndrop table a;\n";
    let report = lint(sql).args(["--gitlab"]).run().code(3).json();
    let issues = report.as_array().unwrap();
    assert_eq!(issues.len(), 3);
    assert_eq!(issues[1]["check_name"], "drop-table");
    assert_eq!(
        (&issues[1]["severity"], &issues[1]["location"]["lines"]["begin"]),
        (&"minor".into(), &2.into())
    );
    let mut fingerprints: Vec<&str> =
        issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 3);
    // A line more above changes no fingerprint.
    let moved = lint(&format!("select 1;\n{sql}")).args(["--gitlab"]).run().code(3).json();
    assert_eq!(moved[1]["fingerprint"], issues[1]["fingerprint"]);
    assert_eq!(lint("select 1;").args(["--gitlab"]).run().success().stdout.trim(), "[]");
}

#[test]
fn csv_and_markdown_have_a_row_for_each() {
    let said = answer(&["--format", "csv"]);
    assert_eq!(said.stdout.lines().next(), Some("file,line,column,level,rule,danger,here,instead"));
    assert_eq!(said.stdout.lines().count(), 3);
    assert!(answer(&["--format", "markdown"]).stdout.contains("| index-not-concurrent "));
}

#[test]
fn the_level_decides_the_exit_code() {
    let levels = |sql: &str| {
        ["info", "warning", "error"].map(|level| lint(sql).args(["--level", level]).run().code.unwrap())
    };
    assert_eq!(levels("truncate a;"), [3, 3, 3]);
    assert_eq!(levels("drop table a;"), [3, 3, 0]);
    assert_eq!(levels("create table a (at timestamp);"), [3, 0, 0]);
    assert_eq!(levels("select 1;"), [0, 0, 0]);
    assert_eq!(lint("create table a (at timestamp);").run().code, Some(0));
}

#[test]
fn wrong_use_is_exit_2() {
    for arguments in [
        &["migrate", "lint"][..],
        &["migrate", "lint", "/nonexistent.sql"],
        &["migrate", "lint", "/dev/null"],
        &["migrate", "lint", "-", "--level", "fatal"],
        &["migrate", "lint", "-", "--github", "--gitlab"],
        &["migrate", "lint", "-", "--github", "--json"],
        &["migrate", "lint", "--rules", "-"],
    ] {
        let said = pgtend([]).args(arguments).run().code(2);
        assert!(said.stdout.is_empty() && !said.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_rules_are_listed() {
    let said = pgtend(["migrate", "lint", "--rules"]).run().success();
    assert!(
        said.stdout.starts_with("indexes\n  index-not-concurrent (error): nobody can write"),
        "{}",
        said.stdout
    );
    let document = pgtend(["migrate", "lint", "--rules", "--json"]).run().success().json();
    let rules = document["rules"].as_array().unwrap();
    assert!(rules.len() >= 60, "{}", rules.len());
    for rule in rules {
        for key in ["name", "family", "level", "danger", "lock", "waits", "work", "instead"] {
            assert!(rule[key].as_str().is_some_and(|text| !text.is_empty()), "{rule}");
        }
        assert!(!rule["danger"].as_str().unwrap().ends_with('.'), "{rule}");
    }
}

#[test]
fn what_a_file_holds_moves_no_cursor() {
    let said = lint("drop table \"\x1b[2J\";").run().code(3);
    assert!(!said.stdout.contains('\x1b'), "{:?}", said.stdout);
    let long = format!("select '{}'; drop table a;", "x".repeat(100_000));
    let said = lint(&long).run().code(3);
    assert!(said.stdout.len() < 2_000 && said.stdout.contains("drop table a;"), "{}", said.stdout.len());
}
