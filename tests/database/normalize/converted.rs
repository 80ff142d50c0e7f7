//! A source that becomes a partitioned table while its rows are kept in step.
use super::support::{contains, fill, messages, rows_by_sql, rows_in_targets, run};
use crate::common::database::Database;
use crate::support::open_functions;

const NOW: [&str; 2] = ["--now", "2026-11-15T12:00:00Z"];

fn partition<const N: usize>(db: &Database, arguments: [&str; N]) {
    db.pgtend(["partition"]).args(arguments).args(["messages", "--yes"]).args(NOW).run().success();
}

/// In the oldest partition and in later ones, and from one to another.
const WRITES: &str = r#"
    insert into messages (id, "createdAt", "readBy", reactions) values
        ('x1', '2026-12-05', '[{"userId": 1, "readAt": "2026-12-01T10:00:00Z"}, {"userId": 2, "readAt": "2026-12-02T10:00:00Z"}]', '{"👍": [1]}'),
        ('x2', '2027-01-05', '[{"userId": 3, "readAt": "2026-12-03T10:00:00Z"}]', '[{"emoji": "🎉", "userId": 4}]'),
        ('x3', '2026-12-06', '[{"userId": 5, "readAt": "2026-12-05T10:00:00Z"}]', null);
    update messages set "createdAt" = '2024-01-05', "readBy" = "readBy" - 0 where id = 'x1';
    update messages set "createdAt" = '2026-12-24' where id = 'm00000007';
    update messages set "readBy" = '[{"userId": 6, "readAt": "2026-12-06T10:00:00Z"}]' where id = 'x2';
    delete from messages where id in ('x3', 'm00000010');
"#;

async fn ensure_in_step(db: &Database) {
    assert_eq!(rows_in_targets(db).await, rows_by_sql(db).await);
    assert_eq!(db.value("select count(*) from pgtend.reject").await, "0");
    contains(&run(db, ["verify"]).success().stderr, "0 missing, 0 stale, 0 extra");
    assert_eq!(open_functions(db).await, "");
}

#[tokio::test]
async fn a_source_that_is_converted_and_split_is_kept_in_step() {
    let db = messages().await;
    fill(&db, 500).await;
    run(&db, ["run"]).success();
    partition(&db, ["convert", "--by", "createdAt", "--every", "month", "--incoming-fk", "registry"]);
    db.batch(WRITES).await;
    ensure_in_step(&db).await;
    partition(&db, ["split", "--every", "month", "--newest", "3"]);
    db.batch(&WRITES.replace("'x", "'y").replace("m0000000", "m0000001")).await;
    ensure_in_step(&db).await;
    run(&db, ["run"]).success();
    ensure_in_step(&db).await;
}

/// Its cost looks so high to the server once there are partitions that it would compile it, for each write anew.
#[tokio::test]
async fn what_runs_for_each_write_is_not_compiled() {
    let db = messages().await;
    fill(&db, 50).await;
    run(&db, ["run"]).success();
    let compiled = "select count(*) from pg_proc where pronamespace = 'pgtend'::regnamespace
        and proname ~ '^sync_' and 'jit=off' <> all (proconfig)";
    assert_eq!(db.value(compiled).await, "0");
}
