-- One to three products an order. Orders must be there.
insert into order_items (order_id, place, product_id, quantity, unit_price)
select orders.id, place, products.id, 1 + (pg_temp.chance(orders.id * 4 + place, 21) < 0.15)::integer, products.price
from orders
cross join lateral generate_series(1, 1 + floor(3 * power(pg_temp.chance(orders.id, 22), 1.5))::integer) as place
join products on products.id = pg_temp.one_of(180, orders.id * 4 + place, 23)
