//! Runs that are killed, or lose their sessions, at each of their steps, while rows change: run again, they come to the
//! same end. Every request is walked by the long tests.
use crate::common::database::Database;
use crate::common::proxy::{self, Moment, Request, Side};
use crate::common::server::server;
use crate::partition::replace::steps::{SPLIT, UNDO};
use crate::partition::replace::table::{events, left, rows, with_default};
use crate::partition::support::{NOW, partitions};

/// What the requests have in them at which the run is killed.
const MOMENTS: [&str; 9] = [
    "create or replace trigger pgtend_replace",
    "insert into \"public\".\"events_p2026_08\"",
    "analyze \"public\".\"events_p2026_09\"",
    "FOREIGN KEY (sender)",
    "validate constraint",
    "hashtextextended",
    "attach partition",
    "truncate table \"public\".\"pgtend_",
    "drop table \"public\".\"pgtend_",
];

const MOMENTS_OF_UNDO: [&str; 10] = [
    "create or replace trigger pgtend_replace",
    "insert into \"public\".\"pgtend_",
    "analyze \"public\".\"pgtend_",
    "FOREIGN KEY (sender)",
    "validate constraint",
    "hashtextextended",
    "pgtend:replace undone",
    "validate constraint \"reads_",
    "truncate table \"public\".\"pgtend_",
    "drop table \"public\".\"pgtend_",
];

#[tokio::test]
async fn a_killed_run_is_gone_on_with() {
    killed(&events().await, &SPLIT, &MOMENTS, 6).await;
}

#[tokio::test]
async fn a_killed_run_that_undoes_is_gone_on_with() {
    killed(&events().await, &UNDO, &MOMENTS_OF_UNDO, 0).await;
}

#[tokio::test]
async fn a_killed_run_leaves_no_check_on_the_default_partition() {
    let moments = ["validate constraint pgtend_default_window", "events_default\" drop constraint"];
    killed(&with_default().await, &SPLIT, &moments, 7).await;
}

async fn killed(template: &Database, command: &[&str], moments: &[&'static str], partitions_then: usize) {
    for (at, moment) in moments.iter().copied().enumerate() {
        let side = if at % 2 == 0 { Side::After } else { Side::Before };
        let db = Database::copy(template).await;
        let expected = changed(&db, async || {
            let moment = Moment { request: Request::Containing(moment), side };
            let url = |proxy: &std::path::Path| {
                format!("postgresql://postgres@/{}?host={}&port=5432", db.name(), proxy.display())
            };
            let (act, code) = if at % 3 == 0 {
                (proxy::terminate(db.name(), i64::MAX), Some(1))
            } else {
                (proxy::kill(), None)
            };
            let passage = proxy::run(server().socket_dir(), moment.clone(), act, |proxy| {
                db.pgtend_at(&url(proxy), ["--now", NOW]).args(command).args(["--yes"])
            });
            assert_eq!(passage.output.code, code, "{moment:?}: {}", passage.output.stderr);
        })
        .await;
        db.pgtend(["--now", NOW]).args(command).args(["--yes", "-v"]).run().success();
        assert_eq!(partitions(&db, "events").await.len(), partitions_then, "{moment}");
        assert_eq!(rows(&db).await, expected, "{moment}");
        assert_eq!(left(&db).await, "", "{moment}");
    }
}

/// Rows change before and after what happens; told is what there is then.
async fn changed(db: &Database, happens: impl AsyncFnOnce()) -> String {
    db.batch("delete from events where id = 20; update events set body = 'before' where id = 21").await;
    happens().await;
    db.batch(
        "insert into events (at, sender, body) values ('2026-09-09Z', 1, 'between');
         update events set body = 'after', at = at + interval '40 days' where id = 21;
         delete from events where id between 30 and 40;",
    )
    .await;
    rows(db).await
}
