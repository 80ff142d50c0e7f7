-- What other systems were told of the orders.
insert into webhook_deliveries (endpoint_id, payload, status, attempts, next_attempt_at, created_at)
select
    1 + floor(1200 * pg_temp.chance(n, 80))::integer,
    jsonb_build_object('order', n, 'total', 10 + n % 90, 'currency', 'JOD'),
    state,
    case state when 'pending' then 1 + n % 4 when 'failed' then 8 else 1 end,
    case when state = 'pending' then now + interval '20 minutes' * (pg_temp.chance(n, 82) - 0.5) end,
    pg_temp.moment(n, total / 2, 83, now, 365, 12, 19)
from life
cross join generate_series(1, total / 2) as n
cross join lateral (
    select case when n > total / 2 - 300 then 'pending' when pg_temp.chance(n, 81) < 0.02 then 'failed' else 'delivered' end
) as ended (state)
