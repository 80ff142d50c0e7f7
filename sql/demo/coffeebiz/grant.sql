-- The dashboard reads them.
grant select on mv_daily_revenue, mv_hourly_traffic, mv_product_performance, mv_customer_behavior to coffeebiz_app
