-- Customers, a twentieth as many as orders, and 180 products, some of them no longer sold. One message.
insert into customers (id, name, email, segment, created_at)
select
    n,
    'Customer ' || n,
    'customer' || n || '@coffee.example',
    (array['student', 'office', 'office', 'neighbour', 'tourist'])[1 + floor(5 * pg_temp.chance(n, 1))::integer],
    now - interval '365 days' - interval '300 days' * pg_temp.chance(n, 2)
from life
cross join generate_series(1, greatest(500, total / 20)) as n;

insert into products (id, name, category, price, is_active)
select
    n,
    (array['House', 'Double', 'Iced', 'Vanilla', 'Almond', 'Dark', 'Honey', 'Morning', 'Seasonal'])[1 + n % 9] || ' '
        || (array['Espresso', 'Latte', 'Tea', 'Croissant', 'Sandwich', 'Beans 250 g'])[1 + n / 9 % 6] || ' ' || n,
    (array['coffee', 'coffee', 'tea', 'bakery', 'kitchen', 'beans'])[1 + n / 9 % 6],
    round((1.5 + 10 * power(pg_temp.chance(n, 3), 3))::numeric, 2),
    pg_temp.chance(n, 4) < 0.85
from generate_series(1, 180) as n
