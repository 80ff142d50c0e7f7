-- What sold best in a quarter.
select name, category, orders, quantity, revenue, share_pct
from get_product_performance((now() - interval '90 days')::date, now()::date)
limit 5
