-- The last thirty days.
select * from get_revenue_metrics((now() - interval '30 days')::date, now()::date)
