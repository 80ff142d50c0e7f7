//! What bisman's pack adds: foreign keys that survive a conversion, functions for those who work in psql.
use tokio::sync::OnceCell;

use crate::common::database::Database;
use crate::packs::support::{apply, refused, rows, schema};

const PEOPLE: &str = r#"
    insert into users (email, name, department) values ('a@x', 'A', 'IT'), ('b@x', 'B', 'IT');
    insert into threads (id, "createdById") values ('t', 1);
"#;

/// Applied once; each test has a copy.
static APPLIED: OnceCell<Database> = OnceCell::const_new();

async fn with_people() -> Database {
    let make = async || {
        let db = schema("bisman").await;
        db.batch(PEOPLE).await;
        apply(&db, "bisman").await;
        db
    };
    Database::copy(APPLIED.get_or_init(make).await).await
}

fn message(id: &str, table: &str) -> String {
    format!(r#"insert into {table} (id, "threadId", "senderId", content) values ('{id}', 't', 1, 'x')"#)
}

#[tokio::test]
async fn messages_that_were_there_before_are_registered_too() {
    let db = schema("bisman").await;
    db.batch(PEOPLE).await;
    let old = r#"insert into thread_messages (id, "threadId", "senderId", content)
        select 'm' || n, 't', 1, 'x' from generate_series(1, 12000) as n"#;
    db.batch(old).await;
    apply(&db, "bisman").await;
    let missing = "select count(*) from thread_messages as m full join thread_message_ids as i using (id)
        where m.id is null or i.id is null or m.\"createdAt\" <> i.created_at";
    assert_eq!(rows(&db, missing).await, "0");
    assert_eq!(rows(&db, "select count(*) from thread_message_ids").await, "12000");
}

#[tokio::test]
async fn reads_survive_the_move_to_the_partitioned_twin_and_its_renaming() {
    let db = with_people().await;
    let twin = ["partition", "create", "thread_messages_partitioned", "--every", "month", "--behind", "3"];
    db.pgtend(twin).run().success();
    db.batch(&message("m1", "thread_messages")).await;
    db.batch("insert into message_reads (message_id, user_id) values ('m1', 2)").await;
    assert!(
        refused(&db, "insert into message_reads (message_id, user_id) values ('none', 2)")
            .await
            .starts_with("23503")
    );
    // Copied, then deleted where they came from.
    db.batch(
        "insert into thread_messages_partitioned select * from thread_messages; delete from thread_messages",
    )
    .await;
    assert_eq!(rows(&db, "select count(*) from message_reads").await, "1");
    // The other way to convert: the old table goes, the twin takes its name.
    db.batch(
        "begin; alter table thread_messages rename to thread_messages_old;
              alter table thread_messages_partitioned rename to thread_messages; commit;
              drop table thread_messages_old",
    )
    .await;
    db.batch(&message("m2", "thread_messages")).await;
    db.batch("insert into message_reads (message_id, user_id) values ('m2', 2)").await;
    // Into another month.
    db.batch(r#"update thread_messages set "createdAt" = now() - interval '2 months' where id = 'm2'"#).await;
    assert_eq!(rows(&db, "select count(*) from message_reads").await, "2");
    db.batch("delete from thread_messages where id = 'm1'").await;
    assert_eq!(
        rows(&db, "select message_id from message_reads").await,
        "m2",
        "a deleted message takes its reads along"
    );
}

#[tokio::test]
async fn messages_of_dropped_months_are_forgotten_on_request() {
    let db = with_people().await;
    db.batch("select create_future_partitions('thread_messages_partitioned', 0)").await;
    db.batch(&message("m1", "thread_messages_partitioned")).await;
    db.batch("insert into message_reads (message_id, user_id) values ('m1', 2)").await;
    let forget = "select forget_thread_messages(now() + interval '1 day')";
    assert_eq!(rows(&db, forget).await, "0", "the message is there");
    let month = rows(&db, r"select tableoid::regclass from thread_messages_partitioned").await;
    db.batch(&format!("drop table {month}")).await;
    assert_eq!(rows(&db, "select count(*) from message_reads").await, "1");
    assert_eq!(rows(&db, forget).await, "1");
    assert_eq!(rows(&db, "select count(*) from message_reads").await, "0");
}

/// Shape, migrated, already there, rejected.
const READ_BY: [(&str, &str); 12] = [
    (r#"[{"userId": 1, "readAt": "2026-01-05T08:00:00.000Z"}]"#, "1|0|0"),
    (r#"[{"userId": "2"}, {"userId": 2}]"#, "1|1|0"),
    (r#"[{"userId": 1, "readAt": null}]"#, "1|0|0"),
    (r#"[{"userId": 99}]"#, "0|0|1"),
    (
        r#"[{"userId": 1.5}, {"userId": true}, {"userId": 9999999999}, {"userId": "abc"}, {"user_id": 1}]"#,
        "0|0|5",
    ),
    (r#"[{"userId": 1, "readAt": "yesterday"}, {"userId": 2, "readAt": "infinity"}]"#, "0|0|2"),
    (r#"[{"userId": 1, "readAt": "2023-02-29T00:00:00Z"}, {"userId": 1, "readAt": 1714557600000}]"#, "0|0|2"),
    (r#"[null, 12, "12", [1]]"#, "0|0|4"),
    (r#"{"userId": 1}"#, "0|0|1"),
    ("3", "0|0|1"),
    ("null", "0|0|1"),
    ("[]", "0|0|0"),
];

/// As [`READ_BY`].
const REACTIONS: [(&str, &str); 9] = [
    (r#"{"👍": [1, 2], "🎉": ["1"]}"#, "3|0|0"),
    (r#"{"👍": [1, 1]}"#, "1|1|0"),
    (r#"[{"emoji": "👍", "userId": 1, "createdAt": "2026-01-05T13:30:00+05:30"}]"#, "1|0|0"),
    (r#"{":very_long_party_parrot:": [1]}"#, "1|0|0"),
    (r#"{"": [1], "👍": 2, "🎉": null, "✅": {"1": true}}"#, "0|0|4"),
    (r#"{"👍": [null, 1.5, {"id": 1}, 99]}"#, "0|0|4"),
    (r#"[{"emoji": "👍"}, {"userId": 1}, 3]"#, "0|0|3"),
    ("3", "0|0|1"),
    ("{}", "0|0|0"),
];

async fn normalizes(column: &str, function: &str, table: &str, cases: &[(&str, &str)]) {
    let db = with_people().await;
    for (json, expected) in cases {
        db.batch("delete from thread_messages").await;
        db.batch(&message("m", "thread_messages")).await;
        db.batch(&format!(r#"update thread_messages set "{column}" = '{json}'"#)).await;
        let counted =
            rows(&db, &format!("set timezone = 'America/New_York'; select * from {function}()")).await;
        assert_eq!(counted, *expected, "{json}");
        let again = rows(&db, &format!("select migrated from {function}()")).await;
        assert_eq!(again, "0", "{json}: a second time");
    }
    // No element aborts those that can be read, and an offset counts.
    db.batch("delete from thread_messages").await;
    for (number, (json, _)) in cases.iter().enumerate() {
        db.batch(&message(&number.to_string(), "thread_messages")).await;
        db.batch(&format!(r#"update thread_messages set "{column}" = '{json}' where id = '{number}'"#)).await;
    }
    let migrated: u32 =
        cases.iter().filter_map(|(_, counts)| counts.split('|').next()?.parse::<u32>().ok()).sum();
    assert_eq!(rows(&db, &format!("select migrated from {function}()")).await, migrated.to_string());
    assert_eq!(rows(&db, &format!("select count(*) from {table}")).await, migrated.to_string());
}

#[tokio::test]
async fn read_receipts_are_normalized_whatever_their_shape() {
    normalizes("readBy", "migrate_readby_to_normalized", "message_reads", &READ_BY).await;
}

#[tokio::test]
async fn reactions_are_normalized_whatever_their_shape() {
    normalizes("reactions", "migrate_reactions_to_normalized", "message_reactions", &REACTIONS).await;
}

#[tokio::test]
async fn an_offset_counts_and_no_offset_is_utc() {
    let db = with_people().await;
    let times = rows(
        &db,
        "set timezone = 'Asia/Tokyo';
         select extract(epoch from readable_time('2026-01-05T13:30:00+05:30'))::bigint,
                extract(epoch from readable_time('2026-01-05 08:00'))::bigint,
                readable_time('01/02/2024') is null, readable_time('') is null, readable_time('2024-13-01T00:00:00Z') is null",
    )
    .await;
    assert_eq!(times, "1767600000|1767600000|t|t|t");
}

#[tokio::test]
async fn the_small_way_to_partitions_knows_the_zone_and_refuses_archives() {
    let db = with_people().await;
    let create =
        "set timezone = 'Asia/Kolkata'; select create_future_partitions('audit_logs_partitioned', 2)";
    assert_eq!(rows(&db, create).await.lines().count(), 3);
    assert_eq!(
        rows(
            &db,
            "set timezone = 'America/New_York'; select create_future_partitions('audit_logs_partitioned', 2)"
        )
        .await,
        ""
    );
    // pgtend agrees with the bounds, and names the months alike.
    db.pgtend(["init", "--pack", "bisman"]).run().success();
    let told = db.pgtend(["partition", "create", "audit_logs_partitioned", "--dry-run"]).run().success();
    assert!(!told.stdout.contains("attach partition"), "{}", told.stdout);

    db.batch(
        "create table if not exists audit_logs_old partition of audit_logs_partitioned
              for values from ('2020-01-01 00:00:00+00') to ('2020-02-01 00:00:00+00');
              create table audit_logs_rest partition of audit_logs_partitioned default",
    )
    .await;
    assert!(
        refused(&db, "select drop_old_partitions('audit_logs_partitioned', 1, archive => true)")
            .await
            .starts_with("0A000")
    );
    assert!(
        refused(&db, "select drop_old_partitions('audit_logs_partitioned', 0)").await.starts_with("22023")
    );
    assert!(refused(&db, "select drop_old_partitions('users', 1)").await.starts_with("42809"));
    assert!(refused(&db, "select create_future_partitions('users', 1)").await.starts_with("42809"));
    assert_eq!(rows(&db, "select drop_old_partitions('audit_logs_partitioned', 1)").await, "audit_logs_old");
    let left = "select count(*) from pg_inherits where inhparent = 'audit_logs_partitioned'::regclass";
    assert_eq!(rows(&db, left).await, "4", "neither a month that is needed nor the default partition went");
}

#[tokio::test]
async fn permissions_are_cached_until_they_expire() {
    let db = with_people().await;
    db.batch(r#"select set_cached_permission('user:1', '["read"]'), set_cached_permission('user:1', '["write"]', 60);
                select set_cached_permission('user:2', '{}', 60);
                update permission_cache set expires_at = now() - interval '1 second' where cache_key = 'user:2'"#)
        .await;
    let cached = "select get_cached_permission('user:1'), get_cached_permission('user:2') is null, get_cached_permission('none') is null";
    assert_eq!(rows(&db, cached).await, r#"["write"]|t|t"#);
    assert_eq!(rows(&db, "select cleanup_expired_permission_cache()").await, "1");
    assert_eq!(rows(&db, "select cleanup_expired_permission_cache()").await, "0");
    db.batch("update permission_cache set expires_at = now() - interval '1 second'").await;
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/bisman/pgtend.toml");
    db.pgtend(["schedule", "run", "permission-cache", "--config", config]).run().success();
    assert_eq!(rows(&db, "select count(*) from permission_cache").await, "0");
    assert!(refused(&db, "select set_cached_permission('x', '{}', 0)").await.starts_with("22023"));
}

#[tokio::test]
async fn the_views_answer() {
    let db = with_people().await;
    db.batch("select pg_sleep(0.15)").await;
    let slow =
        rows(&db, "select count(*) from v_slow_queries where query ~ 'pg_sleep' and mean_ms > 100").await;
    assert_eq!(slow, "1");
    db.batch("select create_future_partitions('audit_logs_partitioned', 2)").await;
    let partitions = rows(
        &db,
        "select partitions from v_table_access_patterns where table_name = 'audit_logs_partitioned'",
    )
    .await;
    assert_eq!(partitions, "3");
}
