-- Forty waiters, and guests of fourteen months. Who sat down in the last hours sits there still. One message.
insert into waiters (id, name, email)
select
    n,
    (array['Lina', 'Omar', 'Sami', 'Nour', 'Rana', 'Tariq', 'Dana', 'Zaid'])[1 + n % 8] || ' ' || chr(64 + 1 + n % 26) || '.',
    'waiter' || n || '@redbut.example'
from generate_series(1, 40) as n;

insert into users (id, name, session_id, waiter_id, table_number, created_at)
select
    n,
    case when pg_temp.chance(n, 1) < 0.6
        then (array['Maya', 'Adam', 'Huda', 'Karim', 'Salma', 'Yousef', 'Leila', 'Fadi', 'Aya'])[1 + n % 9] end,
    case when at < now - interval '5 hours' * pg_temp.chance(n, 5) then 'CLOSED_' else '' end || md5('session' || n),
    case when pg_temp.chance(n, 2) < 0.95 then pg_temp.one_of(40, n, 3) end,
    1 + floor(60 * pg_temp.chance(n, 4))::integer,
    at
from life
cross join lateral generate_series(1, total) as n
cross join lateral (
    -- The last ones came just now, whatever the hour.
    select case
        when n > total - least(300, total / 10) then now - interval '4 hours' * pg_temp.chance(n, 6)
        else pg_temp.moment(n, total, 10, now, 420, 13, 20)
    end
) as came (at)
