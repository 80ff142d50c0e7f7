-- Who came in, twice as many as bought something; in the order of time, as a log is written.
insert into visits (customer_id, channel, visited_at)
select
    case when pg_temp.chance(n, 31) > 0.4 then pg_temp.one_of(greatest(500, total / 20), n, 32) end,
    (array['shop', 'shop', 'shop', 'app', 'app', 'web', 'web'])[1 + floor(7 * pg_temp.chance(n, 33))::integer],
    at
from life
cross join lateral generate_series(1, total * 2) as n
cross join lateral (select pg_temp.moment(n, total * 2, 34, now, 365, 8, 16)) as came (at)
order by at
