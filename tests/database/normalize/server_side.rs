//! `normalize run --server-side`: the server's own statements make of every document what the program makes of it.
use super::fates::{documents, documents_config, insert_all};
use super::support::{CONFIG, configure, contains, fill, messages, rows_by_sql, rows_in_targets, run};
use super::together::{FIRST_THOUSAND, until_begun};
use crate::common::database::Database;

/// Rows, rejects and counts of two runs over the same documents.
async fn both_ways(template: &Database, config: &str, queries: &[&str]) {
    let mut found = Vec::new();
    for arguments in [&["run"][..], &["run", "--server-side"]] {
        let db = Database::copy(template).await;
        configure(&db, config);
        db.pgtend(["normalize"]).args(arguments).run().success();
        let mut values = Vec::new();
        for query in queries {
            values.push(db.value(query).await);
        }
        found.push(values);
        run(&db, ["verify"]).success();
    }
    for (usual, there) in found[0].iter().zip(&found[1]) {
        for (usual, there) in usual.lines().zip(there.lines()) {
            assert_eq!(usual, there);
        }
        assert_eq!(usual, there);
    }
}

const REJECTS: &str =
    "select string_agg(concat_ws(' ', name, source_key, path, element, reason, detail), E'\\n'
    order by name, source_key, path) from pgtend.reject";
const COUNTS: &str = "select string_agg(name || ' ' || key || ' ' || value, E'\\n' order by name, key)
    from pgtend.backfill, jsonb_each(counts)";

#[tokio::test]
async fn every_malformed_kind_has_the_same_fate() {
    let template = messages().await;
    insert_all(&template).await;
    fill(&template, 300).await;
    let reads = "select string_agg(concat_ws(' ', message_id, user_id, read_at), E'\\n' order by message_id, user_id) from message_reads";
    let reactions = "select string_agg(concat_ws(' ', message_id, emoji, user_id, created_at), E'\\n'
        order by message_id, emoji, user_id) from message_reactions";
    both_ways(&template, CONFIG, &[reads, reactions, REJECTS, COUNTS]).await;
}

#[tokio::test]
async fn every_type_is_read_alike() {
    let template = documents().await;
    let rows = "select string_agg(to_jsonb(r)::text, E'\\n' order by doc_id, place) from rows_of_docs as r";
    both_ways(&template, &documents_config(), &[rows, REJECTS, COUNTS]).await;
}

#[tokio::test]
async fn rows_that_the_target_refuses_are_rejects() {
    let template = messages().await;
    fill(&template, 400).await;
    template
        .batch(
            r#"create table users (id integer primary key); insert into users select generate_series(1, 55);
               alter table message_reads add foreign key (user_id) references users, add check (user_id % 11 <> 3)"#,
        )
        .await;
    let rows = "select count(*) || ' ' || sum(user_id) from message_reads";
    both_ways(&template, CONFIG, &[rows, REJECTS, COUNTS]).await;
}

#[tokio::test]
async fn a_target_with_rows_keeps_them_and_gets_the_rest() {
    let template = messages().await;
    fill(&template, 500).await;
    template
        .batch(
            r#"insert into message_reads (message_id, user_id, read_at)
               select id, ("readBy" -> 0 ->> 'userId')::integer, '2020-01-01' from messages where "readBy" is not null limit 90"#,
        )
        .await;
    let rows = "select md5(string_agg(concat_ws(' ', message_id, user_id, read_at), E'\\n' order by message_id, user_id)) from message_reads";
    let mut found = Vec::new();
    for arguments in [&["run", "reads"][..], &["run", "reads", "--server-side"]] {
        let db = Database::copy(&template).await;
        configure(&db, CONFIG);
        db.pgtend(["normalize"]).args(arguments).run().success();
        found.push([db.value(rows).await, db.value(COUNTS).await]);
    }
    contains(&found[0][1], "already_present 90");
    assert_eq!(found[0], found[1]);
}

#[tokio::test]
async fn it_goes_on_where_the_other_way_has_stopped() {
    let db = messages().await;
    fill(&db, 3000).await;
    // As after a kill: the first thousand are there.
    db.batch("create table stop_sign (there boolean); insert into stop_sign values (true)").await;
    let sign = "select there from stop_sign";
    let mut child =
        db.pgtend(["normalize", "run", "reads", "--server-side", "--throttle-query", sign]).spawn();
    until_begun(&db, 1).await;
    child.kill().unwrap();
    child.wait().unwrap();
    db.batch(FIRST_THOUSAND).await;
    run(&db, ["run", "--server-side"]).success();
    assert_eq!(rows_in_targets(&db).await, rows_by_sql(&db).await);
    run(&db, ["verify"]).success();
}
