-- What has to be ordered.
select name, quantity, reorder_level
from inventory_items
where restaurant_id = 3 and is_active and deleted_at is null and quantity <= reorder_level
order by quantity limit 5
