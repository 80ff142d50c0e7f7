//! What cannot be refreshed, and what the user is told.
use super::support::{contains, fingerprint, outcomes, refresh, sales};
use crate::common::server::version;

#[tokio::test]
async fn without_a_name_nothing_is_refreshed() {
    let db = sales().await;
    let said = refresh(&db, &[]).code(2);
    contains(&said.stderr, "required arguments were not provided");
    contains(&said.stderr, "--all");
}

#[tokio::test]
async fn unknown_names_are_told_the_nearest() {
    let db = sales().await;
    let said = refresh(&db, &["dialy"]).code(2);
    contains(&said.stderr, "no materialized view `dialy` in database");
    contains(&said.stderr, "hint: did you mean `public.daily`?");
    let said = refresh(&db, &["dialy", "daily"]).code(6);
    contains(&said.stderr, "public.daily: refreshed");
    contains(
        &refresh(&db, &["sales"]).code(2).stderr,
        "public.sales is an ordinary table, not a materialized view",
    );
    std::fs::write(db.home().join("pgtend.toml"), "[[matview]]\nname = \"gone\"\n").unwrap();
    let said = refresh(&db, &["--all"]).code(6);
    contains(&said.stderr, "no materialized view `gone`");
    let twice = "[[matview]]\nname = \"daily\"\n[[matview]]\nname = \"public.daily\"\n";
    std::fs::write(db.home().join("pgtend.toml"), twice).unwrap();
    contains(
        &refresh(&db, &["--all"]).code(2).stderr,
        "`daily` and `public.daily` are one materialized view",
    );
}

#[tokio::test]
async fn concurrently_needs_rows_and_a_plain_unique_index() {
    let db = sales().await;
    db.batch(
        "create materialized view empty as select 1 as x with no data; create unique index on empty (x);
         create materialized view bare as select 1 as x;
         create materialized view partial as select 1 as x; create unique index half on partial (x) where x > 0;
         create materialized view expression as select 1 as x; create unique index other on expression ((x + 1))",
    )
    .await;
    let before = fingerprint(&db).await;
    let cases = [
        ("empty", "it is not populated"),
        ("bare", "it has no unique index"),
        ("partial", "it has no unique index that serves: half is partial"),
        ("expression", "it has no unique index that serves: other is on an expression"),
    ];
    for (view, why) in cases {
        let said = refresh(&db, &[view, "--mode", "concurrent"]).code(1);
        contains(&said.stderr, &format!("cannot refresh public.{view} concurrently: {why}"));
        let hint =
            if view == "empty" { "use --mode plain" } else { "create a unique index with no WHERE clause" };
        contains(&said.stderr, &format!("hint: {hint}"));
    }
    assert_eq!(fingerprint(&db).await, before);
}

#[tokio::test]
async fn an_owner_who_may_not_create_has_no_swap_and_the_grant_is_named() {
    let db = sales().await;
    let role = db.role("owner").await;
    db.batch(&format!(
        "alter materialized view daily owner to {role}; revoke create on schema public from {role}, public"
    ))
    .await;
    let said = refresh(&db, &["daily", "--mode", "swap"]).code(4);
    contains(
        &said.stderr,
        &format!("hint: grant create on schema public to {role}, or use --mode concurrent"),
    );
}

#[tokio::test]
async fn readers_are_stopped_only_when_that_is_allowed() {
    let db = sales().await;
    db.batch("create materialized view bare as select 1 as x; create view v as select * from bare").await;
    let said = refresh(&db, &["bare"]).code(1);
    contains(
        &said.stderr,
        "cannot be refreshed without stopping its readers: it has no unique index; no swap: others depend on it: view public.v",
    );
    let said = refresh(&db, &["bare", "--allow-blocking", "--json"]).success();
    assert_eq!(outcomes(&said), ["bare plain"]);
}

#[tokio::test]
async fn rows_that_the_index_forbids() {
    let db = sales().await;
    db.batch(
        "create table t (x int); insert into t values (1);
         create materialized view once as select x from t; create unique index on once (x);
         insert into t values (1)",
    )
    .await;
    for mode in ["concurrent", "plain", "swap"] {
        let said = refresh(&db, &["once", "--mode", mode]).code(1);
        contains(&said.stderr, "hint: the query gives rows that a unique index of the view forbids");
    }
    assert_eq!(db.value("select count(*) from once").await, "1");
    assert_eq!(db.value("select count(*) from pg_class where relname like 'pgtend%'").await, "0");
}

#[tokio::test]
async fn another_ones_view_names_the_missing_grant() {
    let db = sales().await;
    let role = db.role("other").await;
    let run = || db.pgtend_as(&role, ["matview", "refresh", "daily"]).run();
    let said = run().code(4);
    db.batch("create materialized view above as select * from daily").await;
    db.pgtend_as(&role, ["matview", "refresh", "--all"]).run().code(4);
    db.batch("drop materialized view above").await;
    contains(&said.stderr, "this role may not refresh public.daily, which belongs to postgres");
    let major: u32 =
        db.value("select current_setting('server_version_num')::int / 10000").await.parse().unwrap();
    assert!(version().is_none_or(|asked| asked == major));
    if major >= 17 {
        contains(&said.stderr, "hint: grant maintain on public.daily");
        db.batch(&format!("grant maintain on daily to {role}")).await;
        contains(&run().success().stderr, "refreshed (concurrent)");
    } else {
        contains(&said.stderr, "hint: make this role a member of its owner");
    }
}

#[tokio::test]
async fn a_table_that_is_gone_takes_its_view_along() {
    let db = sales().await;
    db.batch("create table t (x int); create materialized view short as select x from t").await;
    db.batch("drop table t cascade").await;
    contains(&refresh(&db, &["short"]).code(2).stderr, "no materialized view `short`");
}

#[tokio::test]
async fn too_long_is_too_long() {
    let db = sales().await;
    db.batch("create materialized view late as select pg_sleep(5)::text as x with no data").await;
    for mode in ["plain", "swap"] {
        let said = refresh(&db, &["late", "--mode", mode, "--timeout", "100ms"]).code(1);
        contains(&said.stderr, "canceling statement due to statement timeout");
        contains(&said.stderr, "hint: give it more time with --timeout");
    }
}

/// What a terminal would obey is shown, not sent.
#[tokio::test]
async fn a_name_may_hold_any_character() {
    let db = sales().await;
    db.batch("do $$ begin execute format('create materialized view %I as select 1 as x', E'red\\x1b[31m\\r\\nx'); end $$").await;
    let said = refresh(&db, &["--all", "--force", "--color", "always"]).success();
    contains(&said.stderr, "red\\u{1b}[31m\\r\nx");
    assert!(!said.stderr.contains('\u{1b}') && !said.stderr.contains('\r'), "{said:?}");
    let list = db.pgtend(["matview", "list", "--color", "always"]).run().success().stdout;
    contains(&list, "red\\u{1b}[31m\\r\\nx");
}
