-- A week's takings.
select count(*) as orders, sum(total) as takings
from orders
where restaurant_id = 3 and status = 'completed' and deleted_at is null
    and completed_at >= now() - interval '7 days'
