-- The rhythm of the system: growth over eighteen months, office hours, a lunch break, quiet weekends, uneven days.
-- The eighteenth month is the current one, and it ends now.
insert into activity (starts, length, share_before, share_after)
with hour as materialized (
    select now, starts, least(interval '1 hour', now - starts) as length
    from life
    cross join lateral generate_series(
        date_trunc('month', now) - interval '17 months', now, interval '1 hour'
    ) as starts
    where starts < now
),
weighed as materialized (
    select
        starts,
        length,
        exp(-1.6 * extract(epoch from now - starts)::double precision / (540 * 86400))
            * (array[1, 1, 1, 1, 1, 0.35, 0.15])[extract(isodow from starts)::integer]
            * (array[
                0.02, 0.01, 0.01, 0.01, 0.02, 0.05, 0.15, 0.45, 0.9, 1.2, 1.3, 1.1,
                0.6, 0.9, 1.25, 1.3, 1.1, 0.8, 0.5, 0.3, 0.2, 0.12, 0.07, 0.04
            ])[1 + extract(hour from starts)::integer]
            * (0.7 + 0.6 * pg_temp.chance(floor(extract(epoch from starts) / 86400)::bigint, 1))
            * extract(epoch from length)::double precision as weight
    from hour
),
summed as materialized (
    select starts, length, sum(weight) over (order by starts) as running
    from weighed
)
-- One hour's end is the next one's beginning to the last bit, so that no number is given twice, or left out.
select
    starts,
    length,
    coalesce(lag(running) over (order by starts), 0) / max(running) over (),
    running / max(running) over ()
from summed
