//! `normalize rejects export` and `retry`: what has no row is written out, and read again when that may help.
use super::support::{CONFIG, configure, contains, fill, messages, run};

#[tokio::test]
async fn rejects_are_written_out_line_by_line() {
    let db = messages().await;
    contains(&run(&db, ["rejects", "export"]).success().stderr, "no rejects");
    db.batch(
        r#"insert into messages (id, "readBy") values ('a', '[{"userId": "x\"y\n,"}, {"userId": 1.5}]'), ('b', '7')"#,
    )
    .await;
    run(&db, ["run", "reads"]).success();
    let said = run(&db, ["rejects", "export"]).success();
    let lines: Vec<serde_json::Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["element"]["userId"], "x\"y\n,");
    assert_eq!((&lines[1]["path"], &lines[2]["reason"]), (&"$[1]".into(), &"column_wrong_type".into()));
    run(&db, ["rejects", "ack", "reads", "--reason", "int_syntax"]).success();
    assert_eq!(run(&db, ["rejects", "export", "reads"]).success().stdout.lines().count(), 2);
    run(&db, ["rejects", "export", "--all", "--format", "csv", "--output", "rejects.csv"]).success();
    let csv = std::fs::read_to_string(db.home().join("rejects.csv")).unwrap();
    contains(&csv, "name,source_key,path,reason");
    contains(&csv, "reads,b,$,column_wrong_type");
}

#[tokio::test]
async fn rejects_are_read_again_when_what_they_wanted_is_there() {
    let db = messages().await;
    fill(&db, 30).await;
    db.batch(
        r#"create table users (id integer primary key); insert into users select generate_series(1, 100);
           alter table message_reads add foreign key (user_id) references users;
           insert into messages (id, "readBy") values ('late', '[{"userId": 777}]'), ('bad', '[{"userId": "x"}]')"#,
    )
    .await;
    run(&db, ["rejects", "retry", "reads"]).code(2);
    run(&db, ["run", "reads"]).success();
    assert_eq!(db.value("select count(*) from pgtend.reject").await, "2");
    db.batch("insert into users values (777)").await;
    contains(
        &run(&db, ["rejects", "retry", "reads", "--dry-run"]).success().stdout,
        "pgtend_note_reads_update",
    );
    contains(&run(&db, ["rejects", "retry", "reads"]).success().stderr, "2 rejects before, 1 now");
    assert_eq!(db.value("select count(*) from message_reads where user_id = 777").await, "1");
    run(&db, ["verify", "reads"]).success();
    // The keys are noted no more, and rows stay in step.
    assert_eq!(db.value("select count(*) from pg_trigger where tgname ~ '^pgtend_note_reads'").await, "1");
    db.batch(r#"update messages set "readBy" = '[{"userId": 5}]' where id = 'bad'"#).await;
    assert_eq!(db.value("select count(*) from pgtend.reject").await, "0");
}

#[tokio::test]
async fn a_mapping_that_has_learnt_to_read_them_reads_them_again() {
    let db = messages().await;
    fill(&db, 30).await;
    db.batch(
        r#"insert into messages (id, "readBy") values ('epoch', '[{"userId": 7, "readAt": 1714557600000}]')"#,
    )
    .await;
    run(&db, ["run", "reads"]).success();
    contains(&run(&db, ["rejects", "list", "reads"]).success().stdout, "ts_numeric");
    let learnt = "from = \"element.readAt\", epoch = \"ms\"";
    configure(&db, &CONFIG.replace("from = \"element.readAt\"", learnt));
    contains(&run(&db, ["rejects", "retry", "reads"]).success().stderr, "1 rejects before, 0 now");
    assert_eq!(
        db.value("select read_at from message_reads where message_id = 'epoch'").await,
        "2024-05-01 10:00:00"
    );
    // It is the mapping from now on.
    run(&db, ["run", "reads"]).success();
    run(&db, ["verify", "reads"]).success();
}

#[tokio::test]
async fn a_key_of_two_columns_is_found_again() {
    let db = crate::common::database::Database::create().await;
    db.batch(
        r#"create table docs (a integer, b text, doc jsonb, primary key (a, b));
           create table tags (a integer, b text, tag integer references allowed, primary key (a, b, tag));"#
            .replace("create table docs", "create table allowed (tag integer primary key); create table docs")
            .as_str(),
    )
    .await;
    db.batch(
        r#"insert into docs values (1, 'x"[', '[1, 2]'), (2, 'y', '[2]'); insert into allowed values (1)"#,
    )
    .await;
    configure(
        &db,
        "[[normalize]]\nname = \"tags\"\nsource = { table = \"docs\", key = [\"a\", \"b\"], column = \"doc\" }\n\
         target = \"tags\"\nunique = [\"a\", \"b\", \"tag\"]\n[normalize.columns]\na = \"source.a\"\nb = \"source.b\"\ntag = \"element\"\n",
    );
    run(&db, ["run"]).success();
    assert_eq!(db.value("select count(*) from tags").await, "1");
    db.batch("insert into allowed values (2)").await;
    run(&db, ["rejects", "retry", "tags"]).success();
    assert_eq!(db.value("select count(*) from tags").await, "3");
    run(&db, ["verify"]).success();
}
