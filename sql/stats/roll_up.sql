-- Makes the sums of the hours or days that are over, and tells their ids; the snapshots stay beside them until they are
-- old. An hour is over when the next capture's middle can no longer lie in it.
-- $1 the level to sum, $2 the level of the sums, which is the unit too
with old as (
    select s.*, pg_catalog.date_trunc($2::text, s.began + (s.at - s.began) / 2, 'UTC') as unit
    from snapshot as s
    where s.level = $1::text
      and s.part_of is null
      and s.began + (s.at - s.began) / 2
          < (select pg_catalog.date_trunc($2::text, l.at, 'UTC') from last_reading as l)
), made as (
    insert into snapshot (began, at, level, captures, crashes, restarts, resets, evictions, has_statements,
                          server_version, commits, rollbacks, hit, read, temp_bytes, deadlocks)
    select
        pg_catalog.min(o.began), pg_catalog.max(o.at), $2::text, pg_catalog.sum(o.captures), pg_catalog.sum(o.crashes),
        pg_catalog.sum(o.restarts), pg_catalog.sum(o.resets), pg_catalog.sum(o.evictions),
        pg_catalog.bool_or(o.has_statements), pg_catalog.max(o.server_version), pg_catalog.sum(o.commits),
        pg_catalog.sum(o.rollbacks), pg_catalog.sum(o.hit), pg_catalog.sum(o.read), pg_catalog.sum(o.temp_bytes),
        pg_catalog.sum(o.deadlocks)
    from old as o
    group by o.unit
    -- The middle of a sum lies between those of its first part and its last.
    returning id, pg_catalog.date_trunc($2::text, began + (at - began) / 2, 'UTC') as unit
), parts as (
    update snapshot as s
    set part_of = m.id
    from old as o
    join made as m on m.unit = o.unit
    where s.id = o.id
    returning s.part_of
)
select p.part_of as id, pg_catalog.count(*) as parts
from parts as p
group by p.part_of
