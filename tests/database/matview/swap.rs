//! The swap: the new view is like the old one in all but its rows, and what a killed run leaves is swept away.
use super::support::{contains, fingerprint, refresh, sales};
use crate::common::database::Database;

/// Everything of a view that people gave to it.
const LIKE: &str = "
select concat_ws(E'\n', pg_get_userbyid(c.relowner), c.relacl,
    (select string_agg(o, ' ' order by o) from unnest(c.reloptions) as o), obj_description(c.oid),
    (select string_agg(concat_ws(' ', a.attname, a.attstattarget, a.attacl, col_description(c.oid, a.attnum)), ', ' order by a.attnum)
     from pg_attribute a where a.attrelid = c.oid and a.attnum > 0),
    (select string_agg(concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisclustered, x.reloptions, obj_description(x.oid),
                       (select string_agg(a.attstattarget::text, '.') from pg_attribute a where a.attrelid = x.oid)), ', ' order by x.relname)
     from pg_index i join pg_class x on x.oid = i.indexrelid where i.indrelid = c.oid),
    pg_get_viewdef(c.oid))
from pg_class c where c.oid = '\"Daily Sales\"'::regclass";

async fn dressed() -> (Database, String) {
    let db = sales().await;
    let (owner, reader) = (db.role("owner").await, db.role("reader").await);
    db.batch(&format!(
        r#"create materialized view "Daily Sales" as select day, sales as "How many", 'x'::text as note from daily;
           grant usage, create on schema public to {owner};
           grant select on daily to {owner};
           alter materialized view "Daily Sales" owner to {owner};
           alter materialized view "Daily Sales" rename column note to "Note";
           alter materialized view "Daily Sales" set (fillfactor = 70, autovacuum_enabled = false);
           alter materialized view "Daily Sales" alter column day set statistics 500;
           grant select on "Daily Sales" to {reader} with grant option;
           grant select ("How many") on "Daily Sales" to public;
           alter default privileges for role {owner} grant insert on tables to {reader};
           comment on materialized view "Daily Sales" is 'it''s ours';
           comment on column "Daily Sales"."Note" is 'a note';
           create unique index "Day" on "Daily Sales" (day) with (fillfactor = 60);
           create index on "Daily Sales" using hash ("How many") where "How many" > 1;
           create index expression on "Daily Sales" (upper("Note") desc nulls last, day) include ("How many");
           alter index expression alter column 1 set statistics 77;
           comment on index "Day" is 'the key';
           alter materialized view "Daily Sales" cluster on "Day""#
    ))
    .await;
    (db, owner)
}

#[tokio::test]
async fn the_new_view_is_like_the_old_one() {
    let (db, owner) = dressed().await;
    let before = db.value(LIKE).await;
    let oid = db.value("select '\"Daily Sales\"'::regclass::oid").await;
    for who in ["postgres", &owner] {
        let said =
            db.pgtend_as(who, ["matview", "refresh", "Daily Sales", "--mode", "swap", "--force"]).run();
        contains(&said.success().stderr, "refreshed (swap)");
        assert_eq!(db.value(LIKE).await, before, "by {who}");
    }
    assert_ne!(db.value("select '\"Daily Sales\"'::regclass::oid").await, oid);
    assert_eq!(db.value("select count(*) from pg_class where relname like 'pgtend%'").await, "0");
    assert_eq!(db.value("select count(*) from \"Daily Sales\"").await, "100");
}

#[tokio::test]
async fn what_others_depend_on_keeps_its_identity() {
    let cases = [
        ("create view v as select * from daily", "view v"),
        ("create materialized view w as select * from daily", "materialized view w"),
        ("create function f(daily) returns int language sql as 'select 1'", "f(public.daily)"),
        ("create table t (d daily)", "column d of table t"),
        ("create statistics s on day, sales from daily", "statistics object s"),
    ];
    for (dependent, named) in cases {
        let db = sales().await;
        db.batch(dependent).await;
        let before = fingerprint(&db).await;
        let said = refresh(&db, &["daily", "--mode", "swap"]).code(1);
        contains(&said.stderr, "cannot refresh public.daily by swap: others depend on it");
        contains(&said.stderr, named.rsplit(' ').next().unwrap());
        contains(&said.stderr, "hint: use --mode concurrent");
        assert_eq!(fingerprint(&db).await, before);
    }
}

#[tokio::test]
async fn what_a_killed_swap_has_left_is_swept_away() {
    let db = sales().await;
    refresh(&db, &["daily"]).success();
    db.batch(
        r#"create materialized view pgtend_new_1 as select 1;
           comment on materialized view pgtend_new_1 is 'pgtend: copy of "public"."daily", taken away by the next refresh';
           create materialized view pgtend_old_2 as select 1;
           comment on materialized view pgtend_old_2 is 'pgtend: copy of "public"."daily", taken away by the next refresh';
           create materialized view pgtend_new_3 as select 1"#,
    )
    .await;
    let list = db.pgtend(["matview", "list", "--json"]).run().success().json();
    assert_eq!(list["views"].as_array().unwrap().len(), 2, "a copy is no view of the user's");
    // Also when there is nothing to refresh.
    refresh(&db, &["daily"]).success();
    let left = "select string_agg(relname, ' ') from pg_class where relname like 'pgtend%'";
    assert_eq!(db.value(left).await, "pgtend_new_3");
}

#[tokio::test]
async fn a_copy_that_somebody_reads_stays_until_next_time() {
    let db = sales().await;
    let reader = db.client().await;
    reader.batch_execute("begin; select * from daily").await.unwrap();
    // The view's own lock is in the way as well: the swap gives up, and takes its copy back.
    let said = refresh(&db, &["daily", "--mode", "swap", "--lock-budget", "300ms", "--lock-timeout", "50ms"]);
    contains(&said.code(5).stderr, "give up after");
    assert_eq!(db.value("select count(*) from pg_class where relname like 'pgtend%'").await, "0");
    reader.batch_execute("commit").await.unwrap();
    refresh(&db, &["daily", "--mode", "swap"]).success();
}

#[tokio::test]
async fn a_view_that_was_changed_meanwhile_is_left_alone() {
    let db = sales().await;
    db.batch(
        "create function slow() returns int volatile language plpgsql as 'begin perform pg_sleep(1.5); return 1; end';
         create materialized view late as select slow() as x",
    )
    .await;
    let run = db.pgtend(["matview", "refresh", "late", "--mode", "swap"]).spawn();
    let building = "select count(*) from pg_stat_activity where datname = current_database() and query like 'refresh materialized view %pgtend_new%' and state = 'active' and wait_event = 'PgSleep'";
    while db.value(building).await != "1" {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    db.batch("create index added on late (x)").await;
    let done = run.wait_with_output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert_eq!(done.status.code(), Some(1), "{said}");
    contains(&said, "the view was changed by somebody else while its copy was made");
    assert_eq!(db.value("select count(*) from pg_class where relname like 'pgtend%'").await, "0");
    assert_eq!(db.value("select count(*) from pg_class where relname = 'added'").await, "1");
}

#[tokio::test]
async fn the_owners_functions_do_not_run_with_our_rights() {
    let db = sales().await;
    let owner = db.role("owner").await;
    db.batch(&format!(
        "grant usage, create on schema public to {owner};
         create table who (role text); grant all on who to {owner};
         create function told() returns text language sql volatile as 'select current_user::text';
         create materialized view mine as select told() as role;
         alter materialized view mine owner to {owner}"
    ))
    .await;
    refresh(&db, &["mine", "--mode", "swap"]).success();
    assert_eq!(db.value("select role from mine").await, owner);
}

#[tokio::test]
async fn what_comes_to_depend_on_the_view_meanwhile_stops_the_swap() {
    for dependent in [
        "create view above as select * from late",
        "create function f(late) returns int language sql as 'select 1'",
        "create statistics both_columns on x, y from late",
    ] {
        let db = sales().await;
        db.batch(
            "create function slow() returns int volatile language plpgsql as 'begin perform pg_sleep(1); return 1; end';
             create materialized view late as select slow() as x, 1 as y",
        )
        .await;
        let run = db.pgtend(["matview", "refresh", "late", "--mode", "swap"]).spawn();
        let building = "select count(*) from pg_stat_activity where datname = current_database() and query like 'refresh materialized view %pgtend_new%' and state = 'active' and wait_event = 'PgSleep'";
        while db.value(building).await != "1" {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let oid = db.value("select 'late'::regclass::oid").await;
        db.batch(dependent).await;
        let done = run.wait_with_output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert_eq!(done.status.code(), Some(1), "{said}");
        contains(&said, "others came to depend on the view while its copy was made: ");
        contains(&said, "hint: run the same command again");
        assert_eq!(db.value("select count(*) from pg_class where relname like 'pgtend%'").await, "0");
        assert_eq!(db.value("select 'late'::regclass::oid").await, oid);
    }
}

#[tokio::test]
async fn grants_keep_their_grantors_and_the_owner_what_it_revoked() {
    let db = sales().await;
    let (owner, viewer, third) = (db.role("owner").await, db.role("viewer").await, db.role("third").await);
    db.batch(&format!(
        "grant usage, create on schema public to {owner}; grant usage on schema public to {viewer};
         create materialized view mine as select 1 as x, 2 as y;
         alter materialized view mine owner to {owner};
         create materialized view bare as select 1 as x;
         alter materialized view bare owner to {owner};
         set role {owner}; revoke all on bare from {owner};
         revoke delete, truncate on mine from {owner};
         grant select on mine to {viewer} with grant option;
         grant update (x) on mine to {viewer} with grant option;
         set role {viewer};
         grant select on mine to {third}; grant select on mine to {owner}; grant update (x) on mine to public"
    ))
    .await;
    let acl = "select string_agg(concat_ws(' ', relname, relacl, (select string_agg(attacl::text, '') from pg_attribute as a where a.attrelid = c.oid)), ', ' order by relname)
               from pg_class as c where relname in ('mine', 'bare')";
    let before = db.value(acl).await;
    contains(&before, &format!("{third}=r/{viewer}"));
    contains(&before, "bare {}");
    let said = refresh(&db, &["mine", "bare", "--mode", "swap"]).success();
    contains(&said.stderr, "public.mine: refreshed (swap)");
    contains(&said.stderr, "public.bare: refreshed (swap)");
    assert_eq!(db.value(acl).await, before);
    let said =
        db.pgtend_as(&owner, ["matview", "refresh", "mine", "--mode", "swap", "--force"]).run().code(1);
    contains(&said.stderr, "others than its owner have granted on it");
    assert_eq!(db.value(acl).await, before);
}
