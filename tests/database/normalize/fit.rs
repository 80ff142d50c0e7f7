//! Which tables a mapping fits: keys of every type, and what is refused before anything is changed.
use super::support::{CONFIG, TABLES, configure, contains, messages, run};
use crate::common::database::Database;

const TAGS: &str = "[[normalize]]\nname = \"tags\"\nsource = { table = \"docs\", key = \"id\", column = \"doc\" }\n\
    target = \"tags\"\nunique = [\"id\", \"tag\"]\n[normalize.columns]\nid = \"source.id\"\ntag = \"element\"\n";

/// Documents of two tags each, by keys of this type, and of that in the target.
async fn keyed(db: &Database, of_source: &str, of_target: &str, value: &str, documents: u32) {
    db.batch(&format!(
        "drop table if exists docs, tags; drop schema if exists pgtend cascade;
         create table docs (id {of_source} primary key, doc jsonb);
         create table tags (id {of_target} not null, tag text not null, primary key (id, tag));
         insert into docs select {value}, jsonb_build_array('a', 'b' || n) from generate_series(1, {documents}) as n"
    ))
    .await;
    run(db, ["run"]).success();
    let counted = run(db, ["verify"]).success();
    let rows = 2 * documents;
    contains(&counted.stderr, &format!("{rows} equal, 0 missing, 0 stale, 0 extra"));
    db.batch("update docs set doc = doc || '[\"c\"]' where doc ? 'b7'; delete from docs where doc ? 'b8'; delete from tags where tag = 'b9'")
        .await;
    let said = run(db, ["verify"]).code(3);
    contains(&said.stderr, &format!("{} equal, 1 missing, 0 stale, 0 extra", rows - 2));
}

#[tokio::test]
async fn keys_may_be_of_any_type() {
    let db = Database::create().await;
    db.batch("create domain code as text; create type size as enum ('s', 'm', 'l')").await;
    configure(&db, TAGS);
    for (of, value) in [
        ("char(9)", "'k' || n"),
        ("bytea", "int4send(n)"),
        ("double precision", "n / 3.0"),
        ("interval", "n * interval '1 hour 1 second'"),
        ("inet", "inet '10.0.0.0' + n"),
        ("bit(13)", "n::bit(13)"),
        ("int4range", "int4range(n, n + 3)"),
        ("code", "'k' || n"),
        ("size[]", "array_fill('m'::size, array[n])"),
    ] {
        keyed(&db, of, of, value, 300).await;
    }
    // Of another type in the target, with another order.
    keyed(&db, "integer", "text", "n", 5000).await;
    keyed(&db, "numeric", "numeric(12, 4)", "n / 4.0", 5000).await;
    db.batch("insert into tags values (-1, 'stray')").await;
    contains(&run(&db, ["verify"]).code(3).stderr, "1 missing, 0 stale, 1 extra");
}

#[tokio::test]
async fn what_would_lose_rows_is_refused() {
    let config = CONFIG.split("\n[[normalize]]\nname = \"reactions\"").next().unwrap();
    for (change, said) in [
        (
            "alter table messages drop constraint messages_pkey cascade, alter id drop not null; alter table messages add unique (id)",
            "the key column `id` of public.messages may be null",
        ),
        ("create table more () inherits (messages)", "other tables inherit from public.messages"),
        (
            "alter table messages enable row level security, force row level security",
            "row level security hides rows of public.messages",
        ),
        (
            "alter table message_reads enable row level security, force row level security",
            "row level security hides rows of public.message_reads",
        ),
        (
            "alter table message_reads add room integer not null",
            "column `room` of public.message_reads may not be null",
        ),
        (
            "alter table message_reads alter message_id type text collate \"POSIX\"",
            "have different collations",
        ),
    ] {
        let db = Database::create().await;
        db.batch(&format!("{TABLES}; {change}")).await;
        configure(&db, config);
        contains(&run(&db, ["run"]).code(1).stderr, said);
        contains(&run(&db, ["plan"]).code(1).stderr, said);
        assert_eq!(db.value("select count(*) from pg_trigger where not tgisinternal").await, "0");
    }
}

#[tokio::test]
async fn two_mappings_do_not_share_a_target() {
    let db = messages().await;
    configure(
        &db,
        &CONFIG
            .replace("name = \"reactions\"", "name = \"reads_too\"")
            .replace("message_reactions", "message_reads"),
    );
    db.batch("alter table message_reads add emoji text, add created_at timestamp, alter read_at drop not null, add unique (message_id, emoji, user_id)").await;
    let said = run(&db, ["run"]);
    assert_ne!(said.code, Some(0));
    contains(&said.stderr, "the rows of public.message_reads are those of mapping `reads`");
}

#[tokio::test]
async fn a_partitioned_target_has_its_foreign_keys_again() {
    let db = Database::create().await;
    db.batch(
        "create table docs (id integer primary key, doc jsonb);
         create table allowed (tag text primary key); insert into allowed select 'a' union select 'b' || n from generate_series(1, 299) as n;
         create table tags (id integer references docs on delete cascade, tag text references allowed, primary key (id, tag))
             partition by hash (id);
         create table tags_0 partition of tags for values with (modulus 2, remainder 0);
         create table tags_1 partition of tags for values with (modulus 2, remainder 1);
         insert into docs select n, jsonb_build_array('a', 'b' || n) from generate_series(1, 300) as n",
    )
    .await;
    configure(&db, TAGS);
    run(&db, ["run"]).success();
    assert_eq!(
        db.value("select string_agg(concat_ws(' ', source_key, path, reason), ',') from pgtend.reject").await,
        "300 $[1] constraint_23503"
    );
    contains(&run(&db, ["verify"]).success().stderr, "599 equal, 0 missing");
    let sound = "select count(*) from pg_constraint where conrelid = 'tags'::regclass and contype = 'f' and convalidated";
    assert_eq!(db.value(sound).await, "2");
}

#[tokio::test]
async fn the_plan_names_its_locks() {
    let db = messages().await;
    let said = run(&db, ["plan", "reads"]).success();
    contains(&said.stderr, "ACCESS EXCLUSIVE on public.messages, ACCESS EXCLUSIVE on public.message_reads");
    db.batch("alter table message_reads drop constraint message_reads_message_id_fkey").await;
    let said = run(&db, ["plan", "reads", "--json"]).success().json();
    assert_eq!(said["mappings"][0]["locks"][0]["mode"], "SHARE ROW EXCLUSIVE");
}
