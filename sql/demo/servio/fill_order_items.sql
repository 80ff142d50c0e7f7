-- Two or three dishes an order. Orders must be there.
insert into order_items (order_id, menu_item_id, quantity, unit_price, status, station, created_at)
select
    orders.id,
    -- Dish d belongs to category 1 + (d - 1) % 320, and eight categories to a restaurant.
    (restaurant_id - 1) * 8 + 1 + floor(8 * pg_temp.chance(orders.id * 4 + place, 51))::integer
        + 320 * floor(30 * power(pg_temp.chance(orders.id * 4 + place, 52), 2))::integer,
    1 + floor(3 * power(pg_temp.chance(orders.id * 4 + place, 53), 3))::integer,
    round((3 + 27 * pg_temp.chance(orders.id * 4 + place, 54))::numeric, 2),
    case
        when orders.status in ('pending', 'preparing') and created_at > now - interval '40 minutes'
            then case when place = 1 then 'cooking' else 'queued' end
        when pg_temp.chance(orders.id * 4 + place, 55) < 0.01 then 'voided'
        else 'done'
    end,
    (array['grill', 'cold', 'pasta', 'bar'])[1 + floor(4 * pg_temp.chance(orders.id * 4 + place, 56))::integer],
    created_at
from orders
cross join life
cross join lateral generate_series(1, 2 + (orders.id % 3 = 0)::integer) as place
