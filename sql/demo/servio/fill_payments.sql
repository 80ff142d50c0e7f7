-- Who has paid, and how. Orders must be there.
insert into payments (
    order_id, restaurant_id, method, status, amount, provider, provider_reference, created_at, settled_at, refunded_at
)
select
    id,
    restaurant_id,
    method,
    case
        when luck < 0.01 then 'refunded'
        when luck < 0.013 then 'pending'
        when luck < 0.03 then 'failed'
        else 'settled'
    end,
    orders.total,
    case when method <> 'cash' then (array['stripe', 'adyen'])[1 + id % 2] end,
    case when method <> 'cash' then 'ref_' || id end,
    updated_at,
    case when luck >= 0.03 or luck < 0.01 then least(now, updated_at + interval '1 day' * luck) end,
    case when luck < 0.01 then least(now, updated_at + interval '9 days' * luck * 100) end
from life
cross join orders
cross join lateral (
    select
        pg_temp.chance(id, 60) as luck,
        (array['cash', 'card', 'card', 'card', 'card', 'wallet'])[1 + floor(6 * pg_temp.chance(id, 61))::integer] as method
) as paid
where status = 'completed'
