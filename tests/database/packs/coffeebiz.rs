//! Four materialized views that can be refreshed beside their readers, and functions that agree with the orders.
use crate::packs::support::{apply, filled, refused, rows};

const FILES: [&str; 6] =
    ["fill_people_and_products", "fill_orders", "fill_order_items", "fill_totals", "fill_visits", "fill_end"];

#[tokio::test]
async fn the_functions_agree_with_the_orders() {
    let db = filled("coffeebiz", 5_000, &FILES).await;
    apply(&db, "coffeebiz").await;
    assert!(
        refused(&db, "select * from mv_daily_revenue").await.starts_with("55000"),
        "empty until the first refresh"
    );
    let first = rows(&db, "select view_name, beside_readers from refresh_all_materialized_views()").await;
    assert_eq!(first.matches("|f").count(), 4, "{first}");
    let second = rows(&db, "select view_name, beside_readers from refresh_all_materialized_views()").await;
    assert_eq!(second.matches("|t").count(), 4, "{second}");

    let days = "(now() at time zone 'UTC')::date - 60, (now() at time zone 'UTC')::date - 1";
    let from_views = rows(&db, &format!("select orders, revenue from get_revenue_metrics({days})")).await;
    let from_orders = "select count(*), sum(total) from orders where status = 'completed'
        and (ordered_at at time zone 'UTC')::date
            between (now() at time zone 'UTC')::date - 60 and (now() at time zone 'UTC')::date - 1";
    assert_eq!(from_views, rows(&db, from_orders).await);
    // In a zone where the days begin at other hours as well.
    let elsewhere =
        format!("set timezone = 'Asia/Kolkata'; select sum(revenue) from get_product_performance({days})");
    let sold = rows(&db, &elsewhere).await;
    assert_eq!(Some(sold.as_str()), from_orders_revenue(&from_views), "products sum up to the revenue");
    let shares =
        rows(&db, &format!("select round(sum(share_pct)) from get_product_performance({days})")).await;
    assert_eq!(shares, "100");
    let none = rows(
        &db,
        "select days, orders, revenue, best_day is null from get_revenue_metrics('1999-01-01', '1999-12-31')",
    )
    .await;
    assert_eq!(none, "0|0|0|t");
}

fn from_orders_revenue(orders_and_revenue: &str) -> Option<&str> {
    orders_and_revenue.split('|').nth(1)
}

#[tokio::test]
async fn pgtend_refreshes_what_the_pack_made_and_leaves_out_what_has_not_changed() {
    let db = filled("coffeebiz", 2_000, &FILES).await;
    apply(&db, "coffeebiz").await;
    let refreshed = db.pgtend(["matview", "refresh", "--all"]).run().success();
    assert_eq!(refreshed.stderr.matches(": refreshed").count(), 4, "{}", refreshed.stderr);
    let again = db.pgtend(["matview", "refresh", "--all", "--verbose"]).run().success();
    assert_eq!(again.stderr.matches("nothing below has changed").count(), 4, "{}", again.stderr);
}
