-- A year of orders; the last hours' are still being cooked.
insert into orders (
    id, restaurant_id, table_id, customer_id, staff_id, number, type, status, total, created_at, updated_at, completed_at,
    deleted_at
)
with made as materialized (
    select
        n,
        now,
        1 + n % 40 as restaurant,
        case
            -- The last ones came just now, whatever the hour.
            when n > total - least(300, total / 10) then now - interval '40 minutes' * pg_temp.chance(n, 39)
            else pg_temp.moment(n, total, 40, now, 365, 12, 19)
        end as at,
        pg_temp.chance(n, 43) as luck,
        greatest(1000, total / 5) as guests
    from life
    cross join generate_series(1, total) as n
),
told as materialized (
    select
        *,
        case
            when at > now - interval '40 minutes' then (array['pending', 'preparing', 'ready', 'served'])[1 + n / 40 % 4]
            when luck < 0.04 then 'cancelled'
            when luck < 0.043 then 'served'
            -- Forgotten at closing time, as it happens.
            when luck < 0.044 then 'pending'
            else 'completed'
        end as state,
        least(now, at + interval '70 minutes' * pg_temp.chance(n, 44)) as changed
    from made
)
select
    n,
    restaurant,
    case when n % 4 > 0 then (restaurant - 1) * 20 + 1 + floor(20 * pg_temp.chance(n, 45))::integer end,
    case when pg_temp.chance(n, 46) < 0.5 then 1 + floor(guests * pg_temp.chance(n, 47))::integer end,
    -- The people of restaurant r are r - 1, r + 39, ...
    restaurant - 1 + 40 * (1 + floor(49 * pg_temp.chance(n, 48))::integer),
    1 + n / 40,
    case when n % 4 > 0 then 'dine_in' when n % 8 = 0 then 'takeaway' else 'delivery' end,
    state,
    round((8 * exp(2 * pg_temp.chance(n, 49)))::numeric, 2),
    at,
    changed,
    case when state = 'completed' then changed end,
    case when luck between 0.5 and 0.51 then changed end
from told
