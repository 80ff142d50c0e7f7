-- What lies in the stores: flour, oil, tomatoes.
insert into inventory_items (
    id, restaurant_id, supplier_id, name, sku, quantity, reorder_level, expires_at, is_active, updated_at, deleted_at
)
select
    n,
    1 + n % 40,
    1 + n % 200,
    (array['Tomatoes', 'Flour', 'Olive oil', 'Chicken', 'Rice', 'Onions', 'Cheese', 'Lemons', 'Coffee'])[1 + n % 9] || ' ' || n,
    'SKU-' || lpad(n::text, 5, '0'),
    round((100 * pg_temp.chance(n, 30))::numeric, 2),
    round((8 * pg_temp.chance(n, 31))::numeric, 2),
    case when n % 3 = 0 then now + interval '90 days' * (pg_temp.chance(n, 32) - 0.01) end,
    pg_temp.chance(n, 33) < 0.9,
    now - interval '100 days' * pg_temp.chance(n, 34),
    case when pg_temp.chance(n, 35) < 0.05 then now - interval '60 days' * pg_temp.chance(n, 36) end
from life
cross join generate_series(1, 12000) as n
