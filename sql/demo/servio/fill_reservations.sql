-- Reservations: two years back, three weeks ahead.
insert into reservations (
    restaurant_id, customer_id, table_id, party_size, status, phone, starts_at, reminded_at, created_at, deleted_at
)
with made as materialized (
    select
        n,
        now,
        1 + n % 40 as restaurant,
        1 + floor(greatest(1000, total / 5) * pg_temp.chance(n, 70))::integer as guest,
        date_trunc('hour', now) + interval '21 days' - interval '380 days' * pg_temp.chance(n, 71) as starts,
        pg_temp.chance(n, 72) as luck
    from life
    cross join generate_series(1, greatest(10000, total / 4)) as n
)
select
    restaurant,
    guest,
    (restaurant - 1) * 20 + 1 + floor(20 * pg_temp.chance(n, 73))::integer,
    2 + floor(6 * power(luck, 2))::integer,
    case
        when luck < 0.05 then 'cancelled'
        when starts > now then case when luck < 0.5 then 'booked' else 'confirmed' end
        when luck < 0.1 then 'no_show'
        else 'seated'
    end,
    '+96279' || lpad(guest::text, 7, '0'),
    starts,
    case when luck >= 0.5 and starts < now + interval '1 day' and luck < 0.98 then starts - interval '1 day' end,
    least(now, starts - interval '10 days' * luck),
    case when pg_temp.chance(n, 74) < 0.01 then least(now, starts) end
from made
