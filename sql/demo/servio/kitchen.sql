-- The kitchen's screen.
explain (analyze, costs off, timing off, summary off)
select id, number
from orders
where restaurant_id = 3 and status in ('pending', 'preparing') and deleted_at is null
order by created_at
limit 30
