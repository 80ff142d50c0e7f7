//! Open sessions by a partial index, closed ones to where they are kept.
use crate::packs::support::{apply, filled, refused, rows};

const OPEN: &str = "select session_id, table_number from users
    where waiter_id = 3 and session_id not like 'CLOSED_%' order by created_at desc";
const COUNTS: &str = "select
    (select count(*) from users where session_id like 'CLOSED_%') + (select count(*) from users_closed),
    (select count(*) from users where session_id not like 'CLOSED_%')";

#[tokio::test]
async fn open_sessions_of_a_waiter_come_from_the_partial_index_in_every_month() {
    let db = filled("redbut", 30_000, &["fill_users", "fill_end"]).await;
    apply(&db, "redbut").await;
    db.batch("vacuum analyze users").await;
    let plan = rows(&db, &format!("explain {OPEN}")).await;
    let definition =
        "select count(*) from pg_inherits where inhparent = 'users_waiter_id_open_idx'::regclass";
    let leaves: usize = rows(&db, definition).await.parse().unwrap();
    assert_eq!(leaves, 15);
    assert!(!plan.contains("Seq Scan"), "{plan}");
    assert_eq!(plan.matches("Index").count() - plan.matches("Index Cond").count(), leaves, "{plan}");
    assert!(!plan.contains("Filter"), "the open ones only are read\n{plan}");
}

#[tokio::test]
async fn archiving_moves_closed_sessions_and_loses_none() {
    let db = filled("redbut", 5_000, &["fill_users", "fill_end"]).await;
    apply(&db, "redbut").await;
    let before = rows(&db, COUNTS).await;
    let (one, two) = tokio::join!(
        rows(&db, "select archive_closed_sessions('30 days', 500)"),
        rows(&db, "select archive_closed_sessions('30 days', 500)")
    );
    let moved: u32 = one.parse::<u32>().unwrap() + two.parse::<u32>().unwrap();
    assert_eq!(rows(&db, "select count(*) from users_closed").await, moved.to_string());
    assert!(moved >= 500, "two archivers at once take different sessions");
    while rows(&db, "select archive_closed_sessions('1 hour', 1000)").await != "0" {}
    assert_eq!(rows(&db, COUNTS).await, before);
    let left = "select count(*) from users where session_id like 'CLOSED_%' and created_at < now() - interval '1 hour'";
    assert_eq!(rows(&db, left).await, "0");
    assert!(refused(&db, "select archive_closed_sessions('-1 day')").await.starts_with("22023"));
    assert!(refused(&db, "select archive_closed_sessions('1 day', 0)").await.starts_with("22023"));
}

#[tokio::test]
async fn the_months_to_come_are_named_as_those_that_are_there() {
    let db = filled("redbut", 1_000, &[]).await;
    db.pgtend(["init", "--pack", "redbut"]).run().success();
    db.pgtend(["partition", "maintain"]).run().success();
    db.pgtend(["partition", "check"]).run().success();
    let names =
        rows(&db, "select inhrelid::regclass from pg_inherits where inhparent = 'users'::regclass").await;
    let odd =
        names.lines().filter(|name| name.len() != "users_2025_09".len() || !name.starts_with("users_2"));
    assert_eq!(odd.count(), 0, "{names}");
    assert_eq!(names.lines().count(), 18, "{names}");
}
