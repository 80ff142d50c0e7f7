//! Where statements end, whatever stands in them; and that no text at all makes the lexer stumble.
use proptest::prelude::*;

use crate::pg::script::{Position, Script, TokenKind};

fn statements(text: &str) -> Vec<String> {
    let script = Script::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    script.statements.iter().map(|statement| statement.text.to_owned()).collect()
}

fn error(text: &str) -> String {
    Script::parse(text).expect_err(text).to_string()
}

#[test]
fn a_semicolon_ends_a_statement_only_where_it_does() {
    for text in [
        "select 'a;b', E'c\\';d', U&'e;\\0041', N'f;', \"g;\"\"h\", U&\"i;\"",
        "select $$a;b$$, $t$c;$$;d$t$, $é$;$é$, a$1$b",
        "select 1 /* a; /* b; */ c; */ + 2 -- d;\n + 3",
        "create rule r as on insert to t do also (insert into a values (1); insert into b values (2))",
        "create or replace function f(a int) returns int language sql begin atomic \
         select case when a > 0 then 1 else 2 end as end; select t.end, t.case from t; end",
        "create procedure p() begin atomic insert into t values (1); end",
        "do $$ begin perform 1; end $$",
        "select a[1:2], b::int, '{}'::jsonb #>> '{a}', 1.5e-3, .5, x.y, @ -5, a<-1",
    ] {
        assert_eq!(statements(text), [text]);
        assert_eq!(statements(&format!("-- head;\n;{text} ;\n;select 2;")), [text, "select 2"]);
    }
    // Outside of a routine's body these words are a statement and a column.
    assert_eq!(
        statements("begin; select begin, atomic; end; select 1"),
        ["begin", "select begin, atomic", "end", "select 1"]
    );
    assert_eq!(
        statements("select case a when 1 then 2 end; select 1"),
        ["select case a when 1 then 2 end", "select 1"]
    );
    assert!(statements(" -- nothing\n/* at all */ ; ;").is_empty());
}

#[test]
fn what_cannot_be_run_says_where() {
    for (text, expected) in [
        ("select 1;\n  \\copy t from 'f'", "line 2, column 3: `\\copy` is a command of psql"),
        ("copy t (a) from stdin;\n1\n\\.", "line 3, column 1: `\\.` is a command of psql"),
        ("copy t from STDIN", "line 1, column 13: `copy` from or to the client (`stdin`)"),
        ("copy (select 1) to stdout", "line 1, column 20: `copy` from or to the client (`stdout`)"),
        ("select 'é', 'a", "line 1, column 13: this string is never closed"),
        ("select E'a\\'", "line 1, column 9: this string is never closed"),
        ("select $a$ $b$", "line 1, column 8: this string is never closed by `$a$`"),
        ("select \"a", "line 1, column 8: this quoted identifier is never closed"),
        ("\n/* /* */", "line 2, column 1: this comment is never closed"),
        ("select (1;", "line 1, column 8: this parenthesis is never closed"),
        ("select 1);", "line 1, column 9: this parenthesis was never opened"),
        ("create function f() begin atomic select 1;", "line 1, column 27: this `begin atomic` has no `end`"),
        ("select $", "line 1, column 8: this dollar sign"),
        ("select \0", "line 1, column 8: a NUL byte"),
        ("select {", "line 1, column 8: no token of SQL begins with '{'"),
    ] {
        let error = error(text);
        assert!(error.starts_with(expected), "{error}");
    }
    assert_eq!(statements("copy t from '/tmp/f'"), ["copy t from '/tmp/f'"]);
}

#[test]
fn a_keyword_is_no_quoted_name() {
    let script = Script::parse("CREATE index \"CONCURRENTLY\" on \"My\"\"T\" (Área)").unwrap();
    let statement = &script.statements[0];
    assert!(statement.begins_with("create index") && !statement.holds("index concurrently"));
    assert!(!statement.begins_with("create index concurrently on my t area x y z"));
    let names: Vec<_> = statement.tokens.iter().filter_map(|token| token.identifier()).collect();
    assert_eq!(names, ["create", "index", "CONCURRENTLY", "on", "My\"T", "Área"]);
    let kinds: Vec<_> = Script::parse("a->>'b' <= $1 := ..").unwrap().statements[0]
        .tokens
        .iter()
        .map(|token| (token.kind, token.text))
        .collect();
    use TokenKind::{Operator, Parameter, String, Symbol, Word};
    assert_eq!(
        kinds,
        [
            (Word, "a"),
            (Operator, "->>"),
            (String, "'b'"),
            (Operator, "<="),
            (Parameter, "$1"),
            (Symbol, ":="),
            (Symbol, "..")
        ]
    );
}

#[test]
fn a_place_is_told_in_lines_and_characters() {
    let text = "é;\r\nselect ü, x";
    assert_eq!(Position::of(text, text.find('x').unwrap()), Position { line: 2, column: 11 });
    assert_eq!(Position::of(text, text.len()), Position { line: 2, column: 12 });
    assert_eq!(Script::parse(text).unwrap().statements[1].position, Position { line: 2, column: 1 });
}

/// A piece of a statement without a semicolon of its own.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zé_][a-z0-9_$é]{0,5}",
        "[^']{0,8}".prop_map(|inner| format!("'{}'", inner.replace('\0', ""))),
        "[^'\\\\]{0,8}".prop_map(|inner| format!("E'\\'{}'", inner.replace('\0', ""))),
        "[^\"]{0,8}".prop_map(|inner| format!("\"{}\"", inner.replace('\0', ""))),
        "[^$]{0,8}".prop_map(|inner| format!("$q${inner}$q$")),
        "[a-z;' ]{0,8}".prop_map(|inner| format!("/* {inner} /* ; */ */")),
        "[a-z;'\"$(/ ]{0,8}".prop_map(|inner| format!("--{inner}\n")),
        "[0-9]{1,4}(\\.[0-9]{1,3})?",
        "[a-z;]{0,6}".prop_map(|inner| format!("({inner})")),
        "[-+*/<>=~!@#%^&|?]{1,3}".prop_filter("no comment", |run| !run.contains("--") && !run.contains("/*")),
    ]
}

proptest! {
    #[test]
    fn any_text_is_taken_apart_without_a_gap(text in "([-a-z0-9 \\n;()'\"$E\\\\/*:.,&é]|\\PC){0,60}") {
        let Ok(script) = Script::parse(&text) else { return Ok(()) };
        let mut seen = vec![false; text.len()];
        let comments = script.comments.iter().map(|comment| comment.span.clone());
        let tokens = script.statements.iter().flat_map(|s| &s.tokens).map(|token| token.span.clone());
        for span in comments.chain(tokens) {
            prop_assert!(!span.is_empty());
            for covered in &mut seen[span] {
                prop_assert!(!*covered);
                *covered = true;
            }
        }
        for statement in &script.statements {
            prop_assert_eq!(statement.position, Position::of(&text, statement.span.start));
        }
        for (at, character) in text.char_indices() {
            prop_assert!(seen[at] || character.is_ascii_whitespace() || character == '\x0b' || character == ';');
        }
    }

    #[test]
    fn statements_put_together_come_apart_again(
        statements in prop::collection::vec(prop::collection::vec(piece(), 1..6), 1..5),
    ) {
        let texts: Vec<String> = statements.iter().map(|pieces| format!("x {} x", pieces.join(" "))).collect();
        let script = texts.join("\n;");
        let found: Vec<String> =
            Script::parse(&script).unwrap().statements.iter().map(|s| s.text.to_owned()).collect();
        prop_assert_eq!(found, texts);
    }
}
