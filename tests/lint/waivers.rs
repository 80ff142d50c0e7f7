//! Waivers, ours and squawk's, and the rules about files.
use pgtend::operations::lint::{File, Finding, check};

fn findings(text: &str) -> Vec<Finding> {
    check(&File::read("V1__case.sql", text), None)
}

/// `rule` or `rule (reason)`.
fn told(text: &str) -> Vec<String> {
    let tell = |finding: Finding| match finding.waived {
        Some(reason) => format!("{} ({reason})", finding.rule),
        None => finding.rule.to_owned(),
    };
    findings(text).into_iter().map(tell).collect()
}

#[test]
fn a_waiver_in_the_head_is_for_the_whole_file() {
    let text = "-- a title\n-- pgtend: allow=drop-table,rename reason=\"ticket 12\"\n\ndrop table a;\nalter table b rename to c;\ndrop index d;\n";
    assert_eq!(told(text), ["drop-table (ticket 12)", "rename (ticket 12)", "drop-index-not-concurrent"]);
}

#[test]
fn a_waiver_before_a_statement_is_for_that_one() {
    let text = "select 1;\n-- pgtend: allow=drop-table reason=\"empty\"\ndrop table a;\ndrop table b;\n";
    assert_eq!(told(text), ["drop-table (empty)", "drop-table"]);
    let behind = "select 1;\ndrop table a; -- pgtend: allow=drop-table reason=empty\ndrop table b;\n";
    assert_eq!(told(behind), ["drop-table (empty)", "drop-table"]);
    let within = "select 1;\ndrop table\n  -- pgtend: allow=drop-table reason=empty\n  a;\ndrop table b;\n";
    assert_eq!(told(within), ["drop-table (empty)", "drop-table"]);
    let first = "-- a title\n\n-- pgtend: allow=drop-table reason=empty\ndrop table a;\ndrop table b;\n";
    assert_eq!(told(first), ["drop-table (empty)", "drop-table"]);
}

#[test]
fn a_waiver_in_a_literal_is_none() {
    assert_eq!(
        told("select '\n-- pgtend: allow=drop-table reason=x\n';\ndrop table a"),
        ["drop-table", "missing-semicolon"]
    );
}

#[test]
fn a_waiver_that_cannot_stand_waives_nothing_and_is_an_error() {
    for (comment, note) in [
        ("-- pgtend: allow=drop-tabel reason=x", "did you mean `drop-table`?"),
        ("-- pgtend: allow=drop-table", "it gives no reason"),
        ("-- pgtend: allow=drop-table,nonsense reason=x", "there is no rule `nonsense`"),
        ("-- pgtend: allow=waiver,drop-tabel reason=x", "`drop-tabel`"),
    ] {
        let findings = findings(&format!("{comment}\ndrop table a;\n"));
        let waiver = findings.iter().find(|finding| finding.rule == "waiver").unwrap();
        assert!(waiver.note.as_ref().unwrap().contains(note), "{waiver:?}");
        assert!(
            waiver.waived.is_none() && findings.iter().all(|finding| finding.waived.is_none()),
            "{comment}"
        );
        assert_eq!((waiver.line, waiver.column), (1, 1));
    }
}

#[test]
fn a_waiver_that_nothing_needs_is_told() {
    assert_eq!(told("-- pgtend: allow=truncate reason=x\n\nselect 1;\n"), ["unused-waiver"]);
}

#[test]
fn squawks_comments_are_honoured() {
    let text =
        "select 1;\n-- squawk-ignore ban-drop-table, prefer-robust-stmts\ndrop table a;\ndrop table b;\n";
    assert_eq!(told(text), ["drop-table (squawk-ignore)", "drop-table"]);
    let file = "-- squawk-ignore-file require-concurrent-index-creation\nselect 1;\ncreate index i on a (b);\ndrop table b;\n";
    assert_eq!(told(file), ["index-not-concurrent (squawk-ignore)", "drop-table"]);
}

#[test]
fn the_head_says_how_the_file_runs() {
    let set_local = "set local work_mem = '64MB';\n";
    assert_eq!(told(set_local), [""; 0]);
    for head in [
        "-- pgtend: no-transaction\n",
        "-- no-transaction\n",
        "-- +goose NO TRANSACTION\n",
        "--! no-transaction\n",
    ] {
        assert_eq!(told(&format!("{head}{set_local}")), ["set-local-without-transaction"], "{head}");
    }
    assert_eq!(told(&format!("select 1;\n-- pgtend: no-transaction\n{set_local}")), ["waiver"]);
}

#[test]
fn files_as_editors_leave_them() {
    assert_eq!(told(""), ["empty-file"]);
    assert_eq!(told("-- nothing yet\n;;\n"), ["empty-file"]);
    assert_eq!(told("select 1;\r\nselect 2;\r\n"), ["crlf"]);
    assert_eq!(
        told("\u{feff}-- pgtend: allow=drop-table reason=x\r\ndrop table a;\n"),
        ["bom", "crlf", "drop-table (x)"]
    );
    assert_eq!(told("create table events (id bigint) partition by list (id);\n"), [""; 0]);
}

#[test]
fn an_index_of_a_partitioned_table_of_the_file() {
    let text = "-- pgtend: no-transaction\ncreate table e (id bigint) partition by list (id);\ncreate index concurrently i on e (id);\n";
    assert_eq!(told(text), ["concurrently-on-partitioned"]);
}

#[test]
fn variables_are_taken_for_names() {
    let text = "-- pgtend: vars=schema,months\n\ncreate index i on ${schema:ident}.orders (status);\nselect '${months:literal}';\n";
    let findings = findings(text);
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0].rule, findings[0].line, findings[0].column), ("index-not-concurrent", 3, 1));
}

#[test]
fn places_are_of_lines_and_characters() {
    let text = "select 'é', 'ü'; /* ✓ */ drop table a;\nalter table b\n  add column c int,\n  drop column \"d é\";\n";
    let places: Vec<_> =
        findings(text).iter().map(|finding| (finding.rule, finding.line, finding.column)).collect();
    assert_eq!(places, [("drop-table", 1, 26), ("drop-column", 4, 3)]);
}

#[test]
fn what_cannot_be_taken_apart_is_a_finding_with_its_place() {
    for (text, rule, line, column) in [
        ("select 1;\nselect 'open", "syntax", 2, 8),
        ("select (1;", "syntax", 1, 8),
        ("select 1);", "syntax", 1, 9),
        ("do $x$ begin", "syntax", 1, 4),
        ("/* open", "syntax", 1, 1),
        ("select 1;\n\\i other.sql\n", "psql-command", 2, 1),
        ("copy t from stdin;\n", "copy-from-stdin", 1, 13),
        ("create function f() returns int language sql begin atomic select 1;", "syntax", 1, 52),
    ] {
        let findings = findings(text);
        let places: Vec<_> = findings.iter().map(|f| (f.rule, f.line, f.column)).collect();
        assert_eq!(places, [(rule, line, column)], "{text}");
    }
}
