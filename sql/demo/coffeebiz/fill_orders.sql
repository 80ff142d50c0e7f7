-- A year of orders: before work, and in the afternoon.
insert into orders (id, customer_id, channel, status, total, ordered_at)
select
    n,
    case when luck > 0.3 then pg_temp.one_of(greatest(500, total / 20), n, 12) end,
    (array['shop', 'shop', 'shop', 'shop', 'app', 'app', 'web'])[1 + floor(7 * pg_temp.chance(n, 13))::integer],
    case
        when pg_temp.chance(n, 14) < 0.02 then 'cancelled'
        when at > now - interval '10 minutes' then 'open'
        else 'completed'
    end,
    0,
    at
from life
cross join lateral generate_series(1, total) as n
cross join lateral (select pg_temp.moment(n, total, 15, now, 365, 8, 16), pg_temp.chance(n, 11)) as came (at, luck)
