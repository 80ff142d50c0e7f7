-- The orders' sums. Items must be there.
update orders
set total = sums.total
from (select order_id, sum(quantity * unit_price) as total from order_items group by order_id) as sums
where sums.order_id = orders.id
