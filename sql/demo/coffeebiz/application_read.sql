-- The dashboard's curve.
select day, orders, revenue from mv_daily_revenue order by day desc limit 30
