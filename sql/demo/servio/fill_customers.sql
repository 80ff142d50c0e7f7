-- Guests, a fifth as many as orders.
insert into customers (id, restaurant_id, name, phone, email, loyalty_points, last_visit_at, created_at, deleted_at)
select
    n,
    1 + n % 40,
    'Guest ' || n,
    '+96279' || lpad(n::text, 7, '0'),
    'Guest' || n || '@guests.example',
    case when pg_temp.chance(n, 20) < 0.3 then floor(500 * power(pg_temp.chance(n, 21), 2))::integer else 0 end,
    now - interval '360 days' * power(pg_temp.chance(n, 22), 2),
    now - interval '400 days' - interval '300 days' * pg_temp.chance(n, 23),
    case when pg_temp.chance(n, 24) < 0.02 then now - interval '100 days' * pg_temp.chance(n, 25) end
from life
cross join generate_series(1, greatest(1000, total / 5)) as n
