//! A row that the target refuses is one reject with its element, whoever finds it, and keeps no other row out.
use super::support::{contains, messages, run};
use crate::common::database::Database;

const REJECTS: &str =
    "select string_agg(concat_ws(' ', source_key, path, element, reason), E'\\n' order by source_key, path)
    from pgtend.reject";

/// Users 1 to 5 and 8; nobody may be 3; two foreign keys beside that of the source.
async fn strict() -> Database {
    let db = messages().await;
    db.batch(
        r#"create table users (id integer primary key); insert into users values (1), (2), (3), (4), (5), (8);
           create table days (day timestamp primary key); insert into days values ('2024-01-01 00:00:00.5'), ('2024-01-02');
           alter table message_reads add check (user_id <> 3), add foreign key (user_id) references users,
               add foreign key (read_at) references days"#,
    )
    .await;
    db
}

#[tokio::test]
async fn each_row_is_a_reject_of_its_own() {
    let db = strict().await;
    db.batch(
        r#"insert into messages (id, "readBy") values
           ('a', '[{"userId": 3}, {"userId": 77}, {"userId": 1}, {"userId": 2, "readAt": "2025-01-01"}, {"userId": "x"}]')"#,
    )
    .await;
    run(&db, ["run", "reads"]).success();
    let expected = "a $[0] {\"userId\": 3} constraint_23514\na $[1] {\"userId\": 77} constraint_23503\n\
        a $[3] {\"readAt\": \"2025-01-01\", \"userId\": 2} constraint_23503\na $[4] {\"userId\": \"x\"} int_syntax";
    assert_eq!(db.value(REJECTS).await, expected);
    let counts = "select concat_ws(' ', counts -> 'inserted', counts -> 'rejected') from pgtend.backfill";
    assert_eq!(db.value(counts).await, "1 4");
    contains(&run(&db, ["verify", "reads"]).success().stderr, "1 equal, 0 missing, 0 stale, 0 extra");
    // The triggers find the same, and what is right comes in beside it.
    db.batch(r#"insert into messages (id, "readBy") select 'b', "readBy" from messages where id = 'a'"#)
        .await;
    assert_eq!(
        db.value(&REJECTS.replace("from pgtend.reject", "from pgtend.reject where source_key = 'b'")).await,
        expected.replace("a $", "b $")
    );
    db.batch(r#"update messages set "readBy" = "readBy" || '[{"userId": 4}]' where id = 'a'"#).await;
    let users =
        "select string_agg(user_id::text, ' ' order by user_id) from message_reads where message_id = 'a'";
    assert_eq!(db.value(users).await, "1 4");
    contains(&run(&db, ["verify", "reads"]).success().stderr, "6 more were refused by constraints");
}

#[tokio::test]
async fn a_row_that_is_refused_now_goes_and_others_stay_acknowledged() {
    let db = strict().await;
    db.batch(r#"insert into messages (id, "readBy") values ('a', '[{"userId": 77}, {"userId": 1}]')"#).await;
    run(&db, ["run", "reads"]).success();
    run(&db, ["rejects", "ack", "reads"]).success();
    db.batch(
        r#"update messages set "readBy" = '[{"userId": 77}, {"userId": 1, "readAt": "2031-01-01"}, {"userId": 8}]'"#,
    )
    .await;
    assert_eq!(db.value("select string_agg(user_id::text, ' ') from message_reads").await, "8");
    let open = "select string_agg(path, ' ') from pgtend.reject where acknowledged is null";
    assert_eq!(db.value(open).await, "$[1]");
    run(&db, ["verify", "reads"]).success();
    // With what it wanted, there is nothing left to refuse.
    db.batch("insert into users values (77); insert into days values ('2031-01-01')").await;
    run(&db, ["rejects", "retry", "reads"]).success();
    assert_eq!(db.value(REJECTS).await, "");
    run(&db, ["cutover", "reads", "--writers-moved"]).success();
}

#[tokio::test]
async fn refused_rows_that_somebody_has_seen_do_not_hold_up_the_cutover() {
    let db = strict().await;
    db.batch(r#"insert into messages (id, "readBy") values ('a', '[{"userId": 77}, {"userId": 1}]')"#).await;
    run(&db, ["run", "reads"]).success();
    run(&db, ["cutover", "reads", "--writers-moved"]).code(3);
    run(&db, ["rejects", "ack", "reads"]).success();
    run(&db, ["cutover", "reads", "--writers-moved"]).success();
}

#[tokio::test]
async fn a_row_that_others_hold_does_not_stop_the_application() {
    let db = messages().await;
    db.batch(r#"insert into messages (id, "readBy") values ('a', '[{"userId": 1}, {"userId": 2}]')"#).await;
    run(&db, ["run", "reads"]).success();
    db.batch(
        "create table notes (read bigint references message_reads); insert into notes select min(id) from message_reads",
    )
    .await;
    db.batch(r#"update messages set "readBy" = '[]'"#).await;
    assert_eq!(db.value(REJECTS).await, "a $ constraint_23503");
    run(&db, ["verify", "reads"]).code(3);
    db.batch(r#"drop table notes; update messages set "readBy" = '[{"userId": 2}]'"#).await;
    assert_eq!(db.value(REJECTS).await, "");
    run(&db, ["verify", "reads"]).success();
}

#[tokio::test]
async fn a_trigger_of_the_target_may_refuse_and_may_not_leave_out() {
    let db = messages().await;
    db.batch(
        r#"create function no_two() returns trigger language plpgsql as
               'begin if new.user_id = 2 then raise exception ''not two''; end if; return new; end';
           create trigger no_two before insert on message_reads for each row execute function no_two();
           insert into messages (id, "readBy") values ('a', '[{"userId": 1}, {"userId": 2}]')"#,
    )
    .await;
    run(&db, ["run", "reads"]).success();
    assert_eq!(db.value(REJECTS).await, "a $[1] {\"userId\": 2} constraint_P0001");
    run(&db, ["verify", "reads"]).success();
    run(&db, ["abort", "reads"]).success();
    db.batch(
        "truncate message_reads;
         create or replace function no_two() returns trigger language plpgsql as
             'begin if new.user_id = 2 then return null; end if; return new; end'",
    )
    .await;
    for way in [&["run", "reads"][..], &["run", "reads", "--server-side"]] {
        contains(
            &db.pgtend(["normalize"]).args(way).run().code(1).stderr,
            "a trigger of the target leaves rows out",
        );
    }
    db.batch("alter table message_reads disable trigger no_two").await;
    run(&db, ["run", "reads"]).success();
    run(&db, ["verify", "reads"]).success();
}

/// No index takes a text of more than a third of a page.
#[tokio::test]
async fn a_text_that_no_index_takes_is_a_reject() {
    let db = messages().await;
    db.batch("alter table message_reactions alter emoji type text").await;
    let insert = |id: &str| {
        format!(
            "insert into messages (id, reactions) select '{id}', jsonb_build_object(string_agg(md5(n::text), ''), '[1]'::jsonb, 'x', '[2]'::jsonb)
             from generate_series(1, 100) as n"
        )
    };
    db.batch(&insert("a")).await;
    run(&db, ["run", "reactions"]).success();
    db.batch(&insert("b")).await;
    let reasons = "select string_agg(concat_ws(' ', source_key, path, reason), ',' order by source_key) from pgtend.reject";
    assert_eq!(db.value(reasons).await, "a $.*[1][0] key_too_long,b $.*[1][0] key_too_long");
    assert_eq!(db.value("select count(*) from message_reactions").await, "2");
    run(&db, ["verify", "reactions"]).success();
}

/// The server's stack takes documents that it would not take back as part of another.
#[tokio::test]
async fn what_is_nested_too_deeply_is_a_reject_without_its_element() {
    let db = messages().await;
    let deep = |depth: usize| format!("select (repeat('[', {depth}) || repeat(']', {depth}))::jsonb");
    let (mut fits, mut too_deep) = (1000, 1_000_000);
    while too_deep - fits > 1 {
        let middle = usize::midpoint(fits, too_deep);
        match db.client().await.batch_execute(&deep(middle)).await {
            Ok(()) => fits = middle,
            Err(_) => too_deep = middle,
        }
    }
    for (id, depth) in [("deep", fits - 200), ("flat", 400)] {
        db.batch(&format!(
            "insert into messages (id, \"readBy\", reactions) values ('{id}', ({0}), ({0}))",
            deep(depth)
        ))
        .await;
    }
    run(&db, ["run"]).success();
    let rejects = "select string_agg(concat_ws(' ', name, source_key, path, reason, detail, element is null), E'\\n' order by name, source_key)
        from pgtend.reject";
    let told = "nested too deeply to be kept here: see the source";
    assert_eq!(
        db.value(rejects).await,
        format!(
            "reactions deep $[0] element_wrong_type {told} t\nreactions flat $[0] element_wrong_type f\n\
             reads deep $[0] element_wrong_type {told} t\nreads flat $[0] element_wrong_type f"
        )
    );
    run(&db, ["rejects", "export"]).success();
    run(&db, ["verify"]).success();
    db.batch("update messages set \"readBy\" = \"readBy\" || '[]' where id = 'flat'; update messages set id = 'x' where id = 'deep'")
        .await;
    run(&db, ["rejects", "export"]).success();
    run(&db, ["verify"]).success();
}
