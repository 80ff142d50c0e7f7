//! The packs: that they apply, and that what they add does what it says.
mod bisman;
mod coffeebiz;
mod realtime_connect;
mod redbut;
mod servio;
mod support;

use support::{PACKS, apply, rows, schema};

const INVALID: &str = "select indexrelid::regclass from pg_index where not indisvalid";
const UNDOCUMENTED: &str = "
    select p.oid::regprocedure::text
    from pg_proc as p
    where p.pronamespace = 'public'::regnamespace
        and obj_description(p.oid, 'pg_proc') is null
        and not exists (select from pg_depend as d where d.objid = p.oid and d.deptype = 'e')
        and p.proname not like 'readable%'";

#[tokio::test]
async fn every_pack_applies_and_then_has_nothing_to_do() {
    for pack in PACKS {
        let db = schema(pack).await;
        apply(&db, pack).await;
        assert_eq!(rows(&db, INVALID).await, "", "{pack}");
        assert_eq!(rows(&db, UNDOCUMENTED).await, "", "{pack}: a function without a comment");
        let before = crate::support::fingerprint(&db).await;
        apply(&db, pack).await;
        assert_eq!(crate::support::fingerprint(&db).await, before, "{pack}: applied twice");
    }
}

/// A set is an add-on: without the tables it says all that is missing, and touches nothing.
#[tokio::test]
async fn a_pack_without_its_application_says_what_is_missing() {
    let db = crate::common::database::Database::create().await;
    let told = db.pgtend(["migrate", "up", "--set", "bisman"]).run();
    assert_ne!(told.code, Some(0));
    for table in ["thread_messages", "client_usage_events", "approvals", "audit_logs", "pg_stat_statements"] {
        assert!(told.stderr.contains(table), "{table} is not named\n{}", told.stderr);
    }
    assert_eq!(
        rows(&db, "select relname from pg_class where relnamespace = 'public'::regnamespace").await,
        ""
    );
}
