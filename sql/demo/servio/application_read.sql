-- The order screen of a restaurant.
select id, number, total
from orders
where restaurant_id = 3 and status = 'served' and deleted_at is null
order by created_at desc
limit 20
