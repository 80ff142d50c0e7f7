//! `normalize run` and `plan`: into an empty target, into one that has rows, and for sources of every kind.
use super::support::{configure, contains, fill, messages, rows_by_sql, rows_in_targets, run};
use crate::common::database::Database;

/// Names and definitions of a table's indexes, constraints and triggers.
async fn definitions(db: &Database) -> String {
    db.value(
        "select string_agg(x, E'\\n' order by x) from (
             select pg_get_indexdef(indexrelid) || indisvalid from pg_index where indrelid::regclass::text ~ '^message_re'
             union all
             select conname || pg_get_constraintdef(oid) || convalidated from pg_constraint
             where conrelid::regclass::text ~ '^message_re'
         ) as t(x)",
    )
    .await
}

#[tokio::test]
async fn an_empty_target_is_filled_and_has_its_keys_again() {
    let db = messages().await;
    fill(&db, 3000).await;
    let before = definitions(&db).await;
    let plan = run(&db, ["plan", "--json"]).success().json();
    let done = run(&db, ["run"]).success();
    assert_eq!(rows_in_targets(&db).await, rows_by_sql(&db).await);
    assert_eq!(definitions(&db).await, before);
    let status = run(&db, ["status", "--check", "--json"]).success().json();
    for (forecast, state) in
        plan["mappings"].as_array().unwrap().iter().zip(status["mappings"].as_array().unwrap())
    {
        assert_eq!(forecast["counts"], state["counts"]);
        assert_eq!((state["phase"].as_str(), state["queued"].as_u64()), (Some("direct"), Some(0)));
    }
    contains(
        &done.stderr,
        "public.message_reads: 10500 elements of 3000 source rows = 10500 inserted + 0 duplicate",
    );
    contains(&run(&db, ["verify"]).success().stderr, "10500 equal, 0 missing, 0 stale, 0 extra");
}

#[tokio::test]
async fn a_second_run_changes_nothing() {
    let db = messages().await;
    fill(&db, 200).await;
    run(&db, ["run"]).success();
    let before = rows_in_targets(&db).await;
    run(&db, ["run"]).success();
    assert_eq!(rows_in_targets(&db).await, before);
}

#[tokio::test]
async fn rows_stay_in_step_afterwards() {
    let db = messages().await;
    fill(&db, 100).await;
    run(&db, ["run"]).success();
    db.batch(
        r#"update messages set "readBy" = "readBy" || '[{"userId": 999, "readAt": "2024-03-01T00:00:00Z"}]' where id < 'm00000050' and "readBy" is not null;
           update messages set "readBy" = null where id = 'm00000060';
           update messages set reactions = '{"🎉": [1, 2, 3]}' where id = 'm00000061';
           delete from messages where id = 'm00000062';
           insert into messages (id, "readBy") values ('new', '[{"userId": 5, "readAt": "2024-03-01T00:00:00+02:00"}]');"#,
    )
    .await;
    assert_eq!(rows_in_targets(&db).await, rows_by_sql(&db).await);
    run(&db, ["verify"]).success();
}

#[tokio::test]
async fn the_surrogate_id_of_a_row_that_stays_is_kept() {
    let db = messages().await;
    db.batch(r#"insert into messages (id, "readBy") values ('a', '[{"userId": 1}, {"userId": 2}]')"#).await;
    run(&db, ["run"]).success();
    let id = "select id from message_reads where user_id = 2";
    let before = db.value(id).await;
    db.batch(r#"update messages set "readBy" = '[{"userId": 2}, {"userId": 3}]'"#).await;
    assert_eq!(db.value(id).await, before);
    assert_eq!(
        db.value("select string_agg(user_id::text, ' ' order by user_id) from message_reads").await,
        "2 3"
    );
}

#[tokio::test]
async fn a_target_with_rows_keeps_them_and_gets_the_rest() {
    let db = messages().await;
    fill(&db, 500).await;
    db.batch(
        r#"insert into message_reads (message_id, user_id, read_at)
           select m.id, (e ->> 'userId')::integer, (e ->> 'readAt')::timestamptz at time zone 'UTC'
           from messages as m, jsonb_array_elements(m."readBy") as e where m.id < 'm00000100'"#,
    )
    .await;
    let present: u64 = db.value("select count(*) from message_reads").await.parse().unwrap();
    let plan = run(&db, ["plan", "reads", "--json"]).success().json();
    assert_eq!(plan["mappings"][0]["counts"]["already_present"], present);
    run(&db, ["run", "reads"]).success();
    assert_eq!(rows_in_targets(&db).await[0], rows_by_sql(&db).await[0]);
    let status = run(&db, ["status", "--json"]).success().json();
    assert_eq!(status["mappings"][0]["counts"], plan["mappings"][0]["counts"]);
    assert_eq!(status["mappings"][0]["strategy"], "merge");
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let db = messages().await;
    fill(&db, 20).await;
    let said = run(&db, ["run", "--dry-run"]).success();
    contains(&said.stdout, "ACCESS EXCLUSIVE on public.message_reads");
    contains(&said.stdout, "create or replace trigger \"pgtend_note_reads_update\" after update of");
    run(&db, ["plan"]).success();
    assert_eq!(db.value("select count(*) from pg_namespace where nspname = 'pgtend'").await, "0");
    assert_eq!(db.value("select count(*) from pg_trigger where not tgisinternal").await, "0");
    assert_eq!(db.value("select count(*) from message_reads").await, "0");
}

#[tokio::test]
async fn an_empty_source_is_kept_in_step_too() {
    let db = messages().await;
    run(&db, ["run"]).success();
    fill(&db, 10).await;
    assert_eq!(rows_in_targets(&db).await, rows_by_sql(&db).await);
}

#[tokio::test]
async fn a_document_of_twenty_thousand_elements() {
    let db = messages().await;
    db.batch(
        r#"insert into messages (id, "readBy")
           select 'big', jsonb_agg(jsonb_build_object('userId', k, 'readAt', '2024-02-01T00:00:00Z')) from generate_series(1, 20000) as k"#,
    )
    .await;
    fill(&db, 10).await;
    run(&db, ["run"]).success();
    assert_eq!(rows_in_targets(&db).await, rows_by_sql(&db).await);
}

/// A source with another key; its target's columns are `tag` and those of the key.
async fn tags(db: &Database, source: &str, key: &[(&str, &str)]) {
    let columns: Vec<String> = key.iter().map(|(name, kind)| format!("{name} {kind} not null")).collect();
    let names: Vec<&str> = key.iter().map(|(name, _)| *name).collect();
    let keys = names.join(", ");
    db.batch(&format!(
        "{source}; create table tags ({}, tag text not null, primary key ({keys}, tag));
         insert into docs select {} from generate_series(1, 700) as n",
        columns.join(", "),
        if names == ["u"] {
            "md5(n::text)::uuid, jsonb_build_array('a', 'b' || n)".to_owned()
        } else {
            "n % 7, timestamptz '2026-10-01 00:00+00' + n * interval '2 hours', jsonb_build_array('a', 'b' || n)"
                .to_owned()
        }
    ))
    .await;
    let listed: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let mapped: String = names.iter().map(|name| format!("{name} = \"source.{name}\"\n")).collect();
    configure(
        db,
        &format!(
            "[[normalize]]\nname = \"tags\"\nsource = {{ table = \"docs\", key = [{0}], column = \"doc\" }}\n\
             target = \"tags\"\nunique = [{0}, \"tag\"]\n[normalize.columns]\ntag = \"element\"\n{mapped}",
            listed.join(", ")
        ),
    );
    run(db, ["run"]).success();
    assert_eq!(db.value("select count(*) from tags").await, "1400");
    db.batch("update docs set doc = doc || '[\"c\"]' where doc ? 'b7'; delete from docs where doc ? 'b8'")
        .await;
    contains(&run(db, ["verify"]).success().stderr, "1399 equal, 0 missing, 0 stale, 0 extra");
}

#[tokio::test]
async fn a_uuid_key() {
    let db = Database::create().await;
    tags(&db, "create table docs (u uuid primary key, doc jsonb)", &[("u", "uuid")]).await;
    db.batch("update docs set u = gen_random_uuid() where doc ? 'b9'").await;
    contains(&run(&db, ["verify"]).success().stderr, "1399 equal, 0 missing, 0 stale, 0 extra");
}

#[tokio::test]
async fn a_key_of_two_columns_of_a_partitioned_source() {
    let db = Database::create().await;
    let source = "create table docs (a integer, at timestamptz, doc jsonb, primary key (a, at)) partition by range (at);
        create table docs_10 partition of docs for values from ('2026-10-01 00:00+00') to ('2026-11-01 00:00+00');
        create table docs_rest partition of docs default";
    tags(&db, source, &[("a", "integer"), ("at", "timestamptz")]).await;
}

#[tokio::test]
async fn what_does_not_fit_is_refused_before_anything_is_changed() {
    let db = messages().await;
    for (old, new, said) in [
        ("\"readBy\" }", "\"body\" }", "not jsonb"),
        ("\"readBy\" }", "\"readby\" }", "did you mean `readBy`?"),
        ("key = \"id\", column = \"readBy\"", "key = \"id\", column = \"nope\"", "no column `nope`"),
        ("target = \"message_reads\"", "target = \"messages_read\"", "no table `messages_read`"),
        ("[\"message_id\", \"user_id\"]", "[\"message_id\"]", "no unique index"),
    ] {
        configure(&db, &super::support::CONFIG.replacen(old, new, 1));
        let output = run(&db, ["run", "reads"]);
        assert_ne!(output.code, Some(0), "{new}");
        contains(&output.stderr, said);
    }
    assert_eq!(db.value("select count(*) from pg_trigger where not tgisinternal").await, "0");
    contains(&run(&db, ["run", "raeds"]).code(2).stderr, "there are: reads, reactions");
}

#[tokio::test]
async fn a_truncate_of_the_source_is_refused_while_it_is_kept_in_step() {
    let db = messages().await;
    run(&db, ["run"]).success();
    let refused = db.client().await.batch_execute("truncate messages cascade").await.unwrap_err();
    contains(refused.as_db_error().unwrap().message(), "pgtend keeps another table in step");
    run(&db, ["abort", "reads"]).success();
    run(&db, ["abort", "reactions"]).success();
    db.batch("truncate messages cascade").await;
    assert_eq!(db.value("select count(*) from pg_proc where pronamespace = 'pgtend'::regnamespace and prorettype = 'trigger'::regtype").await, "0");
}
