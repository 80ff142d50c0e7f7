//! What realtime_connect asks all day, by the index that is there for it; and its unique ones.
use crate::packs::support::{apply, filled, refused, rows};

const QUESTIONS: [(&str, &str); 5] = [
    (
        "idx_users_username_lower",
        r#"select id from users where lower(username) = 'gita_126' and "deletedAt" is null"#,
    ),
    (
        "idx_users_username_lower",
        r#"select username from users where lower(username) like 'gita\_12%' and "deletedAt" is null"#,
    ),
    (
        "idx_messages_match_created",
        r#"select id from messages where "matchId" = 42 and "deletedAt" is null order by "createdAt" desc, id desc limit 30"#,
    ),
    (
        "idx_queue_waiting",
        r#"select id from queue_entries where region = 'eu' and status = 'waiting'
           order by "joinedAt" limit 2 for update skip locked"#,
    ),
    (
        "idx_sessions_user_open",
        r#"select id from sessions where "userId" = md5('user7')::uuid and "revokedAt" is null and "expiresAt" > now()"#,
    ),
];

#[tokio::test]
async fn look_up_search_history_and_queue_have_their_indexes() {
    let files = ["fill_people", "fill_matches", "fill_moderation_reports", "fill_end"];
    let db = filled("realtime_connect", 20_000, &files).await;
    apply(&db, "realtime_connect").await;
    db.batch("vacuum analyze").await;
    for (index, question) in QUESTIONS {
        let plan = rows(&db, &format!("explain {question}")).await;
        assert!(plan.contains(&format!(" {index} ")), "{index}\n{plan}");
    }
    let twice = r#"insert into queue_entries ("userId", region, rating)
        select "userId", region, rating from queue_entries where status = 'waiting' limit 1"#;
    assert!(refused(&db, twice).await.starts_with("23505"), "nobody waits twice");
    let states = rows(&db, "select name, state from v_thresholds order by name").await;
    assert!(states.contains("cache hits|ok"), "{states}");
    let advised = rows(
        &db,
        "select count(*) from v_index_usage where index_name = 'idx_matches_open' and advice like 'nobody%'",
    )
    .await;
    assert_eq!(advised, "1");
}
