//! What becomes of each kind of malformed value: once as the load reads it, and once as the triggers do.
use super::support::{configure, contains, messages, run};
use crate::common::database::Database;

/// A document of `readBy`, and what is expected: the rows as `user@time`, and the rejects as `path reason`.
const READS: &[(&str, &str, &str)] = &[
    ("null", "", ""),
    ("[]", "", ""),
    ("{}", "", ""),
    (r#""text""#, "", "$ column_wrong_type"),
    ("12", "", "$ column_wrong_type"),
    ("true", "", "$ column_wrong_type"),
    (r#"{"userId": 1}"#, "", "$ column_wrong_type"),
    ("[null]", "", "$[0] element_wrong_type"),
    ("[12]", "", "$[0] element_wrong_type"),
    (r#"["12"]"#, "", "$[0] element_wrong_type"),
    ("[[]]", "", "$[0] element_wrong_type"),
    ("[{}]", "", "$[0] field_missing"),
    (r#"[{"user_id": 1}]"#, "", "$[0] field_missing"),
    (r#"[{"userId": null}]"#, "", "$[0] field_null"),
    (r#"[{"userId": "abc"}]"#, "", "$[0] int_syntax"),
    (r#"[{"userId": "12x"}]"#, "", "$[0] int_syntax"),
    (r#"[{"userId": ""}]"#, "", "$[0] int_syntax"),
    (r#"[{"userId": true}]"#, "", "$[0] int_syntax"),
    (r#"[{"userId": [1]}]"#, "", "$[0] int_syntax"),
    (r#"[{"userId": 12.5}]"#, "", "$[0] int_not_integral"),
    (r#"[{"userId": 9999999999}]"#, "", "$[0] int_range"),
    (r#"[{"userId": -9999999999999999999999999999999999999999999999}]"#, "", "$[0] int_range"),
    (r#"[{"userId": "99999999999"}]"#, "", "$[0] int_range"),
    (r#"[{"userId": 12.0}]"#, "12@2024-01-01 00:00:00.5", ""),
    (r#"[{"userId": "12"}, {"userId": " +13 "}]"#, "12@2024-01-01 00:00:00.5 13@2024-01-01 00:00:00.5", ""),
    (r#"[{"userId": 1e3, "readAt": null}]"#, "1000@2024-01-01 00:00:00.5", ""),
    (r#"[{"userId": 1, "readAt": "2024-05-01T10:00:00Z"}]"#, "1@2024-05-01 10:00:00", ""),
    (r#"[{"userId": 1, "readAt": "2024-05-01T10:00:00+05:30"}]"#, "1@2024-05-01 04:30:00", ""),
    (r#"[{"userId": 1, "readAt": "2024-05-01 10:00"}]"#, "1@2024-05-01 10:00:00", ""),
    (r#"[{"userId": 1, "readAt": "2024-05-01T10:00:00.1234565-0100"}]"#, "1@2024-05-01 11:00:00.123456", ""),
    (r#"[{"userId": 1, "readAt": "2024-02-29"}]"#, "1@2024-02-29 00:00:00", ""),
    (r#"[{"userId": 1, "readAt": "yesterday"}]"#, "", "$[0] ts_special"),
    (r#"[{"userId": 1, "readAt": " NOW "}]"#, "", "$[0] ts_special"),
    (r#"[{"userId": 1, "readAt": "infinity"}]"#, "", "$[0] ts_special"),
    (r#"[{"userId": 1, "readAt": "n/a"}]"#, "", "$[0] ts_syntax"),
    (r#"[{"userId": 1, "readAt": ""}]"#, "", "$[0] ts_syntax"),
    (r#"[{"userId": 1, "readAt": "01/02/2024"}]"#, "", "$[0] ts_syntax"),
    (r#"[{"userId": 1, "readAt": "2024-05-01T24:00:00"}]"#, "", "$[0] ts_syntax"),
    (r#"[{"userId": 1, "readAt": "2024-05-01T10:00:60Z"}]"#, "", "$[0] ts_syntax"),
    (r#"[{"userId": 1, "readAt": "2024-13-45"}]"#, "", "$[0] ts_range"),
    (r#"[{"userId": 1, "readAt": "2023-02-29T00:00:00Z"}]"#, "", "$[0] ts_range"),
    (r#"[{"userId": 1, "readAt": "0000-01-01"}]"#, "", "$[0] ts_range"),
    (r#"[{"userId": 1, "readAt": 1714557600000}]"#, "", "$[0] ts_numeric"),
    (r#"[{"userId": 1, "readAt": {"at": 1}}]"#, "", "$[0] ts_wrong_type"),
    (
        r#"[{"userId": 1, "readAt": "2024-05-02"}, {"userId": "1", "readAt": "2024-05-01"}, {"userId": 2, "userId": 3}]"#,
        "1@2024-05-02 00:00:00 3@2024-01-01 00:00:00.5",
        "",
    ),
    (
        r#"[{"userId": 1}, {"userId": "x\"y\\"}, 7, {"userId": 2, "u": [{"userId": 9}]}]"#,
        "1@2024-01-01 00:00:00.5 2@2024-01-01 00:00:00.5",
        "$[1] int_syntax $[2] element_wrong_type",
    ),
];

const REACTIONS: &[(&str, &str, &str)] = &[
    (r#"{"👍": [1, 2]}"#, "👍1 👍2", ""),
    (r#"[{"emoji": "👍", "userId": 1}]"#, "👍1", ""),
    (r#"{"👩🏻‍❤️‍💋‍👩🏿": ["3"]}"#, "👩🏻‍❤️‍💋‍👩🏿3", ""),
    (r#"{"❤": [1], "❤️": [1]}"#, "❤1 ❤️1", ""),
    (r#"{"👍": []}"#, "", ""),
    (r#"{"👍": 2}"#, "", r#"$."👍" value_wrong_type"#),
    (r#"{"👍": null}"#, "", r#"$."👍" value_wrong_type"#),
    (r#"{"👍": {"1": true}}"#, "", r#"$."👍" value_wrong_type"#),
    (
        r#"{"👍": [null, 1.5, {"id": 1}, 4]}"#,
        "👍4",
        r#"$."👍"[0] element_wrong_type $."👍"[1] int_not_integral $."👍"[2] int_syntax"#,
    ),
    (r#"{":very_long_party_parrot:": [1]}"#, "", r#"$.":very_long_party_parrot:"[0] text_too_long"#),
    (r#"{"": [1]}"#, "", r#"$.""[0] text_empty"#),
    (r#"{"a\"b": [1, 1, "1"]}"#, "a\"b1", ""),
    (r#"[{"emoji": null, "userId": 1}]"#, "", "$[0] field_null"),
    (r#"[{"emoji": "x"}, {"userId": 1}]"#, "", "$[0] field_missing $[1] field_missing"),
    ("3", "", "$ column_wrong_type"),
];

async fn rows(db: &Database, mapping: &str, id: &str) -> String {
    let rows = match mapping {
        "reads" => "select string_agg(user_id || '@' || read_at, ' ' order by user_id) from message_reads",
        _ => {
            "select string_agg(emoji || user_id, ' ' order by emoji collate \"C\", user_id) from message_reactions"
        }
    };
    db.value(&format!("{rows} where message_id = '{id}'")).await
}

async fn rejects(db: &Database, mapping: &str, id: &str) -> String {
    db.value(&format!(
        "select string_agg(path || ' ' || reason, ' ' order by path collate \"C\") from pgtend.reject
         where name = '{mapping}' and source_key = '{id}'"
    ))
    .await
}

async fn expect(db: &Database, mapping: &str, table: &[(&str, &str, &str)], prefix: &str) {
    for (number, (document, expected_rows, expected_rejects)) in table.iter().enumerate() {
        let id = format!("{prefix}{number:03}");
        assert_eq!(rows(db, mapping, &id).await, *expected_rows, "{prefix} {document}");
        assert_eq!(rejects(db, mapping, &id).await, *expected_rejects, "{prefix} {document}");
    }
}

async fn insert(db: &Database, column: &str, table: &[(&str, &str, &str)], prefix: &str) {
    let client = db.client().await;
    for (number, (document, ..)) in table.iter().enumerate() {
        let id = format!("{prefix}{number:03}");
        let insert = format!("insert into messages (id, {column}) values ($1, $2::text::jsonb)");
        client
            .execute(&insert, &[&id, document])
            .await
            .unwrap_or_else(|error| panic!("{error:?} {document}"));
    }
}

/// A message for each document.
pub async fn insert_all(db: &Database) {
    insert(db, "\"readBy\"", READS, "load").await;
    insert(db, "reactions", REACTIONS, "react").await;
}

#[tokio::test]
async fn every_malformed_kind_has_the_same_fate_in_the_load_and_in_the_triggers() {
    let db = messages().await;
    insert_all(&db).await;
    let plan = run(&db, ["plan", "--json"]).success().json();
    run(&db, ["run"]).success();
    expect(&db, "reads", READS, "load").await;
    expect(&db, "reactions", REACTIONS, "react").await;
    let status = run(&db, ["status", "--json"]).success().json();
    assert_eq!(plan["mappings"][0]["counts"], status["mappings"][0]["counts"]);
    assert_eq!(status["mappings"][0]["counts"]["duplicate"], 1);
    assert_eq!(status["mappings"][0]["counts"]["duplicate_differs"], 1);

    insert(&db, "\"readBy\"", READS, "sync").await;
    insert(&db, "reactions", REACTIONS, "syncr").await;
    expect(&db, "reads", READS, "sync").await;
    expect(&db, "reactions", REACTIONS, "syncr").await;
    run(&db, ["verify"]).success();
}

/// Elements of a document, one for each value that a type may meet.
const ELEMENTS: &[&str] = &[
    r#"{"s": -32768, "b": 9223372036854775807, "n": 123456789.000012345, "d": 123456.78, "t": "", "v": "äöü"}"#,
    r#"{"s": 32768}"#,
    r#"{"b": "9223372036854775808"}"#,
    r#"{"n": "-0.00001"}"#,
    r#"{"n": 1e300}"#,
    r#"{"n": "1e5"}"#,
    r#"{"n": "1."}"#,
    r#"{"n": ".5"}"#,
    r#"{"n": "."}"#,
    r#"{"n": 0.0}"#,
    r#"{"n": 100000000}"#,
    r#"{"n": -20000.0001}"#,
    r#"{"d": 1.005}"#,
    r#"{"d": 1234567}"#,
    r#"{"d": 1.500}"#,
    r#"{"d": "999999.99"}"#,
    r#"{"t": 12.50}"#,
    r#"{"t": true}"#,
    r#"{"t": []}"#,
    r#"{"v": "four"}"#,
    r#"{"truth": "true"}"#,
    r#"{"truth": 1}"#,
    r#"{"truth": false}"#,
    r#"{"u": "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}"#,
    r#"{"u": "a0eebc999c0b4ef8bb6d6bb9bd380a11"}"#,
    r#"{"day": "2024-02-29"}"#,
    r#"{"day": "2024-02-30"}"#,
    r#"{"day": "2024-02-29T00:00:00"}"#,
    r#"{"day": "today"}"#,
    r#"{"ts": "1999-12-31T23:59:59.9995Z"}"#,
    r#"{"ts": "0001-01-01T00:00:00.0005+14:00"}"#,
    r#"{"ts": "9999-12-31T23:59:59.999-12"}"#,
    r#"{"tz": "2024-05-01T10:00:00-03"}"#,
    r#"{"tz": "2024-05-01T10:00:00,5Z"}"#,
    r#"{"tz": "2024-05-01t10:00:00z"}"#,
    r#"{"ms": 1714557600123}"#,
    r#"{"ms": -1.5}"#,
    r#"{"ms": 1e18}"#,
    r#"{"ms": "2024-05-01"}"#,
    r#"{"sec": 1714557600}"#,
    r#"{"sec": -0.25}"#,
    r#"{"sec": 1.12345}"#,
    r#"{"sec": 1e37}"#,
    r#"{"sec": -1e37}"#,
    r#"{"sec": 1e40}"#,
    r#"{"b": 1e37}"#,
    r#"{"b": 1e400}"#,
    r#"{"b": 1e-400}"#,
    r#"{"s": -0}"#,
    r#"{"n": 1e10000}"#,
    r#"{"n": 1e-10000}"#,
    r#"{"d": 1e10000}"#,
    r#"{"t": "a\u001f\\ \ud83d\ude00 \"q\" \/"}"#,
    r#"{"j": {"b": 1, "a": [1.50, null]}}"#,
    r#"{"j": null}"#,
    r#"{"j": "text"}"#,
];

const ODD: [&str; 6] = [
    r#"{"items": 1}"#,
    r#"{"item": []}"#,
    r#"{"items": null}"#,
    "[]",
    "[1]",
    r#"{"items": [{"place": 1}, {"place": 1, "s": 2}]}"#,
];

/// Documents with values of every type, and their table; the configuration stands in the test's folder.
pub async fn documents() -> Database {
    let db = Database::create().await;
    db.batch(
        "create table docs (id bigint primary key, doc jsonb, at timestamptz default '2024-01-01 00:00+00');
         create table rows_of_docs (doc_id bigint, place integer, s smallint, b bigint, n numeric, d numeric(8,2), t text,
             v varchar(3), truth boolean, u uuid, day date, ts timestamp(3), tz timestamptz, ms timestamptz, sec timestamptz,
             j jsonb,
             primary key (doc_id, place))",
    )
    .await;
    configure(&db, &documents_config());
    insert_documents(&db, 0).await;
    db
}

pub fn documents_config() -> String {
    let optional = |column: &str, more: &str| {
        format!("{column} = {{ from = \"element.{column}\", optional = true{more} }}\n")
    };
    let columns: String = ["s", "b", "n", "d", "t", "v", "truth", "u", "day", "ts", "tz", "j"]
        .map(|c| optional(c, ""))
        .concat();
    format!(
        "[[normalize]]\nname = \"docs\"\nsource = {{ table = \"docs\", key = \"id\", column = \"doc\" }}\ntarget = \"rows_of_docs\"\n\
         elements = \"$.items[*]\"\nunique = [\"doc_id\", \"place\"]\nkeep = \"max:place\"\n[normalize.columns]\ndoc_id = \"source.id\"\n\
         place = \"element.place\"\n{columns}{}{}",
        optional("ms", ", epoch = \"ms\""),
        optional("sec", ", epoch = \"s\"")
    )
}

async fn insert_documents(db: &Database, first: i64) {
    let items: Vec<String> = ELEMENTS
        .iter()
        .enumerate()
        .map(|(place, element)| element.replacen('{', &format!("{{\"place\": {place}, "), 1))
        .collect();
    let document = format!("{{\"items\": [{}]}}", items.join(", "));
    let client = db.client().await;
    for (number, document) in std::iter::once(document.as_str()).chain(ODD).enumerate() {
        let id = first + number as i64;
        let insert = "insert into docs (id, doc) values ($1, $2::text::jsonb)";
        client.execute(insert, &[&id, &document]).await.unwrap();
    }
}

#[tokio::test]
async fn every_type_is_read_alike_by_the_load_and_by_the_triggers() {
    let db = documents().await;
    run(&db, ["run"]).success();
    insert_documents(&db, 100).await;
    let rows = async |first: i64| {
        db.value(&format!(
            "select string_agg((to_jsonb(r) - 'doc_id')::text || (doc_id - {first}), E'\\n' order by doc_id, place)
             from rows_of_docs as r where doc_id between {first} and {first} + 99"
        ))
        .await
    };
    let rejects = async |first: i64| {
        db.value(&format!(
            "select string_agg((source_key::bigint - {first}) || path || element || reason, E'\\n' order by source_key::bigint, path)
             from pgtend.reject where source_key::bigint between {first} and {first} + 99"
        ))
        .await
    };
    assert_eq!(rows(0).await, rows(100).await);
    let (loaded, synced) = (rejects(0).await, rejects(100).await);
    for (loaded, synced) in loaded.lines().zip(synced.lines()) {
        assert_eq!(loaded, synced);
    }
    assert_eq!(loaded, synced);
    // The server rounds halves away from 2000.
    contains(&rows(0).await, "\"ts\": \"1999-12-31T23:59:59.999\"");
    contains(&rejects(0).await, "text_too_long");
    contains(&rejects(0).await, "numeric_scale");
    contains(&rejects(0).await, "1$.\"items\"");
    run(&db, ["verify"]).success();
}

#[tokio::test]
async fn a_row_that_the_target_refuses_is_a_reject_and_no_failure() {
    let db = messages().await;
    db.batch(
        r#"create table users (id integer primary key);
           insert into users select generate_series(1, 5);
           alter table message_reads add foreign key (user_id) references users, add check (user_id <> 3);
           insert into messages (id, "readBy")
           select 'm' || n, jsonb_build_array(jsonb_build_object('userId', n)) from generate_series(1, 7) as n;"#,
    )
    .await;
    run(&db, ["run", "reads"]).success();
    let reasons =
        "select string_agg(source_key || ' ' || reason, ' ' order by source_key) from pgtend.reject";
    assert_eq!(db.value(reasons).await, "m3 constraint_23514 m6 constraint_23503 m7 constraint_23503");
    assert_eq!(db.value("select count(*) from message_reads").await, "4");
    // The application's own writes do not fail either.
    db.batch(r#"update messages set "readBy" = '[{"userId": 77}]' where id = 'm1'"#).await;
    contains(&db.value(reasons).await, "m1 constraint_23503");
    assert_eq!(
        db.value("select bool_and(convalidated)::text from pg_constraint where conrelid = 'message_reads'::regclass").await,
        "true"
    );
}
