//! `matview refresh`: which way is taken, in which order, and what the view holds afterwards.
use super::support::{contains, fingerprint, outcomes, refresh, refresh_all, sales};
use crate::common::database::Database;

const TOTAL: &str = "select sum(sales) || ' ' || sum(amount) from daily";
const MORE: &str = "insert into sales select n, '2027-01-01', 1 from generate_series(2001, 2100) as n";

#[tokio::test]
async fn every_mode_brings_the_new_rows() {
    for mode in ["auto", "concurrent", "plain", "swap"] {
        let db = sales().await;
        db.batch(MORE).await;
        let said = refresh(&db, &["daily", "--mode", mode]).success();
        assert_eq!(db.value(TOTAL).await, "1100 500600", "{mode}");
        let way = if mode == "auto" { "concurrent" } else { mode };
        contains(&said.stderr, &format!("public.daily: refreshed ({way}), "));
        assert_eq!((said.stderr.lines().count(), said.stdout.as_str()), (1, ""), "{}", said.stderr);
    }
}

#[tokio::test]
async fn auto_chooses_by_size_and_index() {
    let db = sales().await;
    db.batch(
        "create materialized view large as select n as id, n % 7 as rest from generate_series(1, 120000) as n;
         create unique index on large (id);
         create materialized view without_index as select * from sales;
         create materialized view empty as select * from sales with no data;
         analyze",
    )
    .await;
    assert_eq!(refresh_all(&db), ["daily concurrent", "empty plain", "large swap", "without_index swap"]);
}

#[tokio::test]
async fn views_come_after_what_they_read_through_plain_views() {
    let db = sales().await;
    db.batch(
        "create view days as select * from daily;
         create materialized view a_monthly as select date_trunc('month', day) as month, sum(sales) as sales from days group by 1;
         create unique index on a_monthly (month);
         create materialized view a_yearly as select sum(sales) as sales from a_monthly;",
    )
    .await;
    db.batch(MORE).await;
    let said = refresh(&db, &["--all", "--jobs", "4", "--json"]).success();
    assert_eq!(outcomes(&said), ["daily concurrent", "a_monthly concurrent", "a_yearly swap"]);
    assert_eq!(db.value("select sales from a_yearly").await, "1100");
}

#[tokio::test]
async fn a_function_hides_what_it_reads_and_after_tells() {
    let db = sales().await;
    db.batch(
        "create function total() returns bigint language sql as 'select sum(sales)::bigint from public.daily';
         create materialized view a_total as select total() as total",
    )
    .await;
    db.batch(MORE).await;
    refresh(&db, &["--all", "--after", "a_total=daily"]).success();
    assert_eq!(db.value("select total from a_total").await, "1100");
    std::fs::write(db.home().join("pgtend.toml"), "[[matview]]\nname = \"a_total\"\nafter = [\"daily\"]\n")
        .unwrap();
    db.batch("delete from sales where id > 2000").await;
    let said = refresh(&db, &["--all", "--json", "--force"]).success();
    assert_eq!(outcomes(&said), ["daily concurrent", "a_total swap"]);
    assert_eq!(db.value("select total from a_total").await, "1000");
    let said = refresh(&db, &["--all", "--after", "daily=a_total"]).code(2);
    contains(&said.stderr, "materialized views wait for each other: public.a_total, public.daily");
}

#[tokio::test]
async fn names_are_found_as_sql_would_and_as_they_stand() {
    let db = Database::create().await;
    db.batch(
        r#"create schema "App"; create materialized view "App"."My View" as select 1 as x;
           create materialized view lower as select 1 as x"#,
    )
    .await;
    refresh(&db, &[r#""App"."My View""#, "LOWER", "--force"]).success();
    let said = refresh(&db, &["App.My View", "--mode", "swap", "--force"]).success();
    contains(&said.stderr, r#""App"."My View": refreshed (swap)"#);
}

#[tokio::test]
async fn a_dry_run_tells_mode_and_reason_and_changes_nothing() {
    let db = sales().await;
    db.batch("create materialized view plain as select * from sales").await;
    let before = fingerprint(&db).await;
    let said = refresh(&db, &["--all", "--dry-run"]).success();
    contains(&said.stdout, "-- note: concurrent: it is small");
    contains(&said.stdout, "refresh materialized view concurrently \"public\".\"daily\";");
    contains(&said.stdout, "-- note: swap: it has no unique index");
    assert_eq!(fingerprint(&db).await, before);
    refresh(&db, &["--all"]).success();
    let said = refresh(&db, &["daily", "--dry-run"]).success();
    contains(&said.stderr, "public.daily: skip: nothing below has changed");
    assert_eq!(said.stdout, "");
}

#[tokio::test]
async fn the_time_zone_is_that_of_the_database() {
    let db = Database::create().await;
    db.batch(&format!("alter database {} set timezone = 'Asia/Tokyo'", db.name())).await;
    db.batch(
        "create table visits (at timestamptz); insert into visits values ('2026-11-15 20:00Z');
         create materialized view days as select date_trunc('day', at)::date as day from visits;
         create unique index on days (day)",
    )
    .await;
    for mode in ["concurrent", "plain", "swap"] {
        refresh(&db, &["days", "--mode", mode, "--force"]).success();
        assert_eq!(db.value("select day from days").await, "2026-11-16", "{mode}");
    }
}

#[tokio::test]
async fn a_failed_view_blocks_those_that_read_it_and_no_others() {
    let db = sales().await;
    db.batch(
        "create table zero (x int); insert into zero values (1);
         create materialized view bad as select 1 / x as y from zero; create unique index on bad (y);
         create view over_bad as select * from bad;
         create materialized view above as select * from over_bad;
         update zero set x = 0",
    )
    .await;
    let said = refresh(&db, &["--all", "--json"]).code(6);
    assert_eq!(outcomes(&said), ["bad failed", "daily concurrent", "above blocked"]);
    contains(&said.stderr, "division by zero");
    contains(&said.stderr, "public.above is not refreshed, because it reads public.bad, which failed");
    contains(&said.stderr, "some failed, the others are finished");
    assert_eq!(db.value("select y from bad").await, "1");
}

#[tokio::test]
async fn all_of_nothing_is_done() {
    let db = Database::create().await;
    let said = refresh(&db, &["--all"]).success();
    assert_eq!((said.stdout.as_str(), said.stderr.as_str()), ("", ""));
}
