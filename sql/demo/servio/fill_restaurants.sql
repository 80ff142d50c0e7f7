-- Forty restaurants with their people, tables and menus. Sent as one message, before everything else.
insert into restaurants (id, name, slug, created_at)
select
    n,
    (array['Saffron', 'Olive', 'Cedar', 'Harbour', 'Lantern', 'Basil', 'Copper', 'Juniper'])[1 + n % 8] || ' '
        || (array['Kitchen', 'House', 'Table', 'Garden', 'Corner'])[1 + n / 8 % 5],
    'restaurant-' || n,
    now - interval '2 years'
from life
cross join generate_series(1, 40) as n;

insert into staff (id, restaurant_id, name, email, role, pin_hash, is_active, created_at, deleted_at)
select
    n,
    1 + n % 40,
    'Staff ' || n,
    'Staff' || n || '@servio.example',
    (array['waiter', 'waiter', 'waiter', 'waiter', 'cook', 'cook', 'manager', 'waiter', 'cook', 'owner'])[1 + n / 40 % 10],
    md5('pin' || n),
    pg_temp.chance(n, 1) < 0.85,
    now - interval '700 days' * pg_temp.chance(n, 2),
    case when pg_temp.chance(n, 3) < 0.05 then now - interval '50 days' * pg_temp.chance(n, 4) end
from life
cross join generate_series(1, 2000) as n;

insert into dining_tables (id, restaurant_id, number, seats)
select n, 1 + (n - 1) / 20, 1 + (n - 1) % 20, 2 + 2 * (n % 4)
from generate_series(1, 800) as n;

insert into menu_categories (id, restaurant_id, name, position)
select
    n, 1 + (n - 1) / 8, (array['Starters', 'Soups', 'Salads', 'Grill', 'Pasta', 'Fish', 'Desserts', 'Drinks'])[1 + n % 8],
    n % 8
from generate_series(1, 320) as n;

insert into menu_items (
    id, restaurant_id, category_id, position, name, description, price, tags, is_active, is_featured, updated_at, deleted_at
)
select
    n,
    1 + (category - 1) / 8,
    category,
    n % 30,
    'Dish ' || n,
    'Served with the vegetables of the season.',
    round((3 + 27 * pg_temp.chance(n, 5))::numeric, 2),
    array_remove(array[
        case when pg_temp.chance(n, 6) < 0.1 then 'vegan' end,
        case when pg_temp.chance(n, 7) < 0.2 then 'nut-free' end,
        case when pg_temp.chance(n, 8) < 0.1 then 'seasonal' end
    ], null),
    pg_temp.chance(n, 9) < 0.8,
    pg_temp.chance(n, 10) < 0.04,
    now - interval '300 days' * pg_temp.chance(n, 11),
    case when pg_temp.chance(n, 12) < 0.06 then now - interval '360 days' * pg_temp.chance(n, 13) end
from life
cross join generate_series(1, 9600) as n
cross join lateral (select 1 + (n - 1) % 320) as place (category);

insert into suppliers (id, name)
select n, 'Supplier ' || n from generate_series(1, 200) as n;

insert into webhook_endpoints (id, restaurant_id, event, url, secret_hash, is_active)
select
    n,
    1 + n % 40,
    (array[
        'order.created', 'order.completed', 'order.cancelled', 'payment.settled', 'payment.refunded',
        'reservation.created', 'reservation.cancelled', 'stock.low', 'menu.changed', 'staff.changed'
    ])[1 + n / 40 % 10],
    'https://hooks.partner-' || n || '.example/servio/v2/' || md5('url' || n),
    md5('secret' || n),
    pg_temp.chance(n, 14) < 0.8
from generate_series(1, 1200) as n
