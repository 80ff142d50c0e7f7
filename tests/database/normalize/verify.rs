//! `verify`, `rejects`, `cutover` and `abort`: what is wrong is named, and nothing goes before it is right.
use super::support::{contains, fill, messages, rows_by_sql, rows_in_targets, run};

#[tokio::test]
async fn differences_are_named_row_by_row() {
    let db = messages().await;
    fill(&db, 50).await;
    run(&db, ["run", "reads"]).success();
    db.batch(
        "delete from message_reads where message_id = 'm00000001';
         update message_reads set read_at = '2020-01-01' where message_id = 'm00000002' and user_id = 3;
         insert into message_reads (message_id, user_id, read_at) values ('m00000009', 4711, '2020-01-01');",
    )
    .await;
    let said = run(&db, ["verify", "reads", "--json"]).code(3).json();
    let found = &said["mappings"][0];
    assert_eq!(
        (&found["missing_rows"], &found["stale_rows"], &found["extra_rows"]),
        (&1.into(), &1.into(), &1.into())
    );
    let differences = found["differences"].to_string();
    contains(&differences, r#""kind":"missing","source_key":"m00000001""#);
    contains(&differences, "user_id=4711");
    contains(&differences, "read_at=2020-01-01T00:00:00Z user_id=3");
    contains(
        &run(&db, ["cutover", "reads", "--writers-moved"]).code(3).stderr,
        "not what the JSON column says",
    );
}

#[tokio::test]
async fn rejects_hold_up_the_cutover_until_somebody_has_seen_them() {
    let db = messages().await;
    fill(&db, 20).await;
    db.batch(r#"insert into messages (id, "readBy") values ('bad', '[{"userId": "x"}]'), ('worse', '7')"#)
        .await;
    contains(&run(&db, ["run", "reads"]).success().stderr, "2 elements have no row");
    run(&db, ["status", "--check"]).code(3);
    let listed = run(&db, ["rejects", "list", "--format", "csv"]).success();
    contains(&listed.stdout, r#"reads,bad,$[0],int_syntax,"{""userId"": ""x""}","#);
    contains(&run(&db, ["cutover", "reads"]).code(2).stderr, "--writers-moved");
    contains(&run(&db, ["cutover", "reads", "--writers-moved"]).code(3).stderr, "2 elements have no row");
    // Repaired, it is one no more.
    db.batch(r#"update messages set "readBy" = '[{"userId": 1}]' where id = 'bad'"#).await;
    contains(&run(&db, ["rejects", "ack", "reads"]).success().stderr, "1 rejects acknowledged");
    contains(
        &run(&db, ["cutover", "reads", "--drop-column", "messages.readBy"]).code(3).stderr,
        "is not cut over",
    );
    run(&db, ["cutover", "reads", "--writers-moved"]).success();
    assert_eq!(db.value("select count(*) from pg_trigger where not tgisinternal").await, "0");
    assert_eq!(rows_in_targets(&db).await[0].split(' ').next(), Some("67"));
    contains(
        &run(&db, ["cutover", "reads", "--drop-column", "messages.reactions", "--yes"]).code(2).stderr,
        "the column is",
    );
    run(&db, ["cutover", "reads", "--drop-column", "messages.readBy"]).code(2);
    run(&db, ["cutover", "reads", "--drop-column", "messages.readBy", "--yes"]).success();
    assert_eq!(
        db.value(
            "select count(*) from pg_attribute where attrelid = 'messages'::regclass and attname = 'readBy'"
        )
        .await,
        "0"
    );
}

#[tokio::test]
async fn an_abort_leaves_the_tables_as_they_were_but_for_the_rows() {
    let db = messages().await;
    fill(&db, 50).await;
    run(&db, ["run"]).success();
    let rows = rows_by_sql(&db).await;
    run(&db, ["abort", "reads"]).success();
    run(&db, ["abort", "reactions"]).success();
    assert_eq!(rows_in_targets(&db).await, rows);
    assert_eq!(db.value("select count(*) from pg_trigger where not tgisinternal").await, "0");
    assert_eq!(db.value("select count(*) from pgtend.backfill").await, "0");
    // From there it can be run again, now into rows that are there.
    run(&db, ["run"]).success();
    assert_eq!(rows_in_targets(&db).await, rows);
    run(&db, ["verify"]).success();
}

#[tokio::test]
async fn an_abort_needs_no_tables() {
    let db = messages().await;
    fill(&db, 20).await;
    run(&db, ["run", "reads"]).success();
    db.batch("drop table message_reads").await;
    contains(&run(&db, ["run", "reads"]).code(1).stderr, "no table `message_reads`");
    contains(&run(&db, ["abort", "reads"]).success().stderr, "no table `message_reads`");
    assert_eq!(db.value("select count(*) from pg_trigger where not tgisinternal").await, "0");
    assert_eq!(db.value("select count(*) from pgtend.backfill").await, "0");
    db.batch("update messages set \"readBy\" = null").await;
    run(&db, ["abort", "reads"]).code(1);
}

#[tokio::test]
async fn after_the_cutover_a_run_does_nothing() {
    let db = messages().await;
    fill(&db, 20).await;
    run(&db, ["run", "reads"]).success();
    run(&db, ["cutover", "reads", "--writers-moved"]).success();
    contains(&run(&db, ["run", "reads"]).success().stderr, "nothing to do: it is cut over");
    contains(&run(&db, ["cutover", "reads", "--writers-moved"]).success().stderr, "nothing to do");
}

#[tokio::test]
async fn another_mapping_under_the_same_name_is_refused() {
    let db = messages().await;
    fill(&db, 10).await;
    run(&db, ["run", "reads"]).success();
    super::support::configure(&db, &super::support::CONFIG.replace("element.readAt", "element.seenAt"));
    contains(&run(&db, ["run", "reads"]).code(2).stderr, "pgtend normalize abort reads");
    run(&db, ["abort", "reads"]).success();
    run(&db, ["run", "reads"]).success();
}
