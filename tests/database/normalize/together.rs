//! Several mappings of one source in one pass, however far each of them has come.
use super::support::{fill, messages, rows_by_sql, rows_in_targets, run};
use crate::common::database::Database;

/// How often the source was read by a COPY.
const PASSES: &str = "select coalesce(sum(calls), 0) from pg_stat_statements
    where query ~ '\"messages\" as s' and query ~ '^copy' and dbid = (select oid from pg_database where datname = current_database())";

/// Reads of the first thousand messages, with their checkpoint.
pub const FIRST_THOUSAND: &str = r#"
    insert into message_reads (message_id, user_id, read_at)
    select m.id, (e ->> 'userId')::integer, (e ->> 'readAt')::timestamptz at time zone 'UTC'
    from messages as m, jsonb_array_elements(m."readBy") as e where m.id <= 'm00001000';
    update pgtend.backfill set reached = 'm00001000', counts = jsonb_build_object(
        'source_rows', 1000, 'null', 125, 'with_elements', 875, 'elements', 3500, 'inserted', 3500)
    where name = 'reads'"#;

/// Until so many mappings know where their load ends.
pub async fn until_begun(db: &Database, mappings: usize) {
    let begun = "select count(*) from pgtend.backfill where high_water is not null";
    for _ in 0..200 {
        let books = db.value("select to_regclass('pgtend.backfill')").await;
        if !books.is_empty() && db.value(begun).await == mappings.to_string() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("no load has begun");
}

#[tokio::test]
async fn two_mappings_share_a_pass() {
    let db = messages().await;
    db.batch("create extension pg_stat_statements").await;
    fill(&db, 3000).await;
    run(&db, ["run"]).success();
    assert_eq!(db.value(PASSES).await, "1");
    assert_eq!(rows_in_targets(&db).await, rows_by_sql(&db).await);
}

#[tokio::test]
async fn one_after_the_other_when_there_is_one_job() {
    let db = messages().await;
    db.batch("create extension pg_stat_statements").await;
    fill(&db, 3000).await;
    run(&db, ["run", "--jobs", "1"]).success();
    assert_eq!(db.value(PASSES).await, "2");
    assert_eq!(rows_in_targets(&db).await, rows_by_sql(&db).await);
}

#[tokio::test]
async fn mappings_that_have_come_to_different_keys_go_on_from_there() {
    let db = messages().await;
    fill(&db, 3000).await;
    // As after a kill: both are begun, one has more rows than the other.
    db.batch("create table stop_sign (there boolean); insert into stop_sign values (true)").await;
    let mut child =
        db.pgtend(["normalize", "run", "--throttle-query", "select there from stop_sign"]).spawn();
    until_begun(&db, 2).await;
    child.kill().unwrap();
    child.wait().unwrap();
    db.batch(FIRST_THOUSAND).await;
    run(&db, ["run"]).success();
    assert_eq!(rows_in_targets(&db).await, rows_by_sql(&db).await);
    run(&db, ["verify"]).success();
}
