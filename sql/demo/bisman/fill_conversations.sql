-- Who talks to whom, before there are threads.
insert into conversation (t, id, opened, people)
select
    n,
    'cm' || substr(md5('thread' || n), 1, 22),
    -- Before the hour: no message of the hour can be older than its thread. The first one takes all until there are more.
    case when n = 1 then first_hour else date_trunc('hour', at) - interval '10 minutes' * pg_temp.chance(n, 10) end,
    array(
        -- 997 is prime, so any stride meets no one twice.
        select 1 + (pg_temp.person(n, 12) + place * (1 + floor(996 * pg_temp.chance(n, 13))::integer)) % 997
        from generate_series(0, 1 + floor(29 * power(pg_temp.chance(n, 11), 3))::integer) as place
    )
from pg_temp.moments((select threads from life), '-infinity', 'infinity', 9)
cross join (select min(starts) as first_hour from activity) as life
