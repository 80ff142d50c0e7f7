//! What is refused, with all reasons at once; nothing changes then.
use crate::common::database::Database;
use crate::partition::replace::steps::{DRAIN, MERGE, SPLIT};
use crate::partition::replace::table::{events, left};
use crate::partition::support::{NOW, contains, fingerprint, tend};

#[tokio::test]
async fn what_cannot_be_replaced_is_told() {
    let db = Database::create().await;
    db.batch(
        "create table logs (at timestamptz, what text) partition by range (at);
         create table logs_old partition of logs for values from (minvalue) to ('2026-12-01Z');
         insert into logs values ('2026-09-01Z', 'a'), ('2026-10-01Z', 'b');
         create function nothing() returns trigger language plpgsql as 'begin return null; end';
         create trigger alone after insert on logs_old for each row execute function nothing();
         create view seen as select * from logs_old;
         create table logs_p2026_09 (x int);
         create publication everything for all tables;",
    )
    .await;
    let before = fingerprint(&db).await;
    let split = ["partition", "split", "logs", "--every", "month", "--yes"];
    let stderr = tend(&db, split).run().code(1).stderr;
    for told in [
        "5 things are in the way; nothing was changed",
        "trigger alone is on it alone",
        "publication everything is for all tables",
        "view public.seen depends on public.logs_old",
        "has no primary key",
        "the name logs_p2026_09 is taken",
    ] {
        contains(&stderr, told);
    }
    assert_eq!(before, fingerprint(&db).await);
    let plan = tend(&db, split).args(["--dry-run", "--json"]).run().code(1).json();
    contains(&plan["failed"][0]["error"].to_string(), "in the way");
}

#[tokio::test]
async fn arguments_that_mean_nothing() {
    let db = events().await;
    let before = fingerprint(&db).await;
    let split = |more: [&'static str; 2]| tend(&db, SPLIT).args(more).args(["--yes"]);
    contains(&split(["--partition", "nope"]).run().code(2).stderr, "is not a range partition");
    split(["--newest", "0"]).run().code(2);
    split(["--keep", "long"]).run().code(2);
    let merge = |from: &'static str, to: &'static str| {
        tend(&db, ["partition", "merge", "events", "--every", "month", "--yes"])
            .args(["--from", from, "--to", to])
    };
    contains(&merge("yesterday", "2026-12-01").run().code(2).stderr, "is no time");
    contains(&merge("2026-12-01", "2026-11-01").run().code(2).stderr, "is not before");
    contains(&merge("2026-10-01", "2027-01-01").run().code(2).stderr, "not whole partitions");
    contains(&merge("2026-12-01", "2027-02-01").run().code(2).stderr, "events_p2026_12");
    tend(&db, MERGE).run().code(2);
    assert_eq!(tend(&db, DRAIN).run().success().stderr, "");
    assert_eq!(tend(&db, SPLIT).args(["--abort"]).run().success().stderr, "");
    tend(&db, ["partition", "split", "users", "--yes"]).run().code(1);
    tend(&db, ["partition", "split", "--yes"]).run().code(2);
    assert_eq!(before, fingerprint(&db).await);
    assert_eq!(left(&db).await, "");
}

#[tokio::test]
async fn the_owner_may_and_another_role_may_not() {
    let db = events().await;
    let (owner, guest) = (db.role("owner").await, db.role("guest").await);
    db.batch(&format!(
        "grant all on all tables in schema public to {guest}; grant usage, create on schema public to {guest}, {owner};
         grant references, select, update on users to {owner};
         alter table events owner to {owner}; alter table events_legacy owner to {owner};
         alter table events_p2026_12 owner to {owner}; alter table reads owner to {owner};"
    ))
    .await;
    let before = fingerprint(&db).await;
    let split = |role| db.pgtend_as(role, ["--now", NOW]).args(SPLIT).args(["--yes"]).run();
    contains(&split(&guest).code(4).stderr, "it belongs to role");
    assert_eq!(before, fingerprint(&db).await);
    split(&owner).success();
    assert_eq!(db.value("select count(*) from pg_inherits where inhparent = 'events'::regclass").await, "6");
    assert_eq!(left(&db).await, "");
}
