-- Makes the sums of old snapshots, one for each hour or day; their differences follow.
-- $1 the level to sum, $2 the level of the sums, which is the unit too, $3 before when
insert into snapshot (began, at, level, captures, crashes, restarts, resets, evictions, has_statements, server_version,
                      commits, rollbacks, hit, read, temp_bytes, deadlocks)
select
    pg_catalog.min(s.began), pg_catalog.max(s.at), $2::text, pg_catalog.sum(s.captures), pg_catalog.sum(s.crashes),
    pg_catalog.sum(s.restarts), pg_catalog.sum(s.resets), pg_catalog.sum(s.evictions),
    pg_catalog.bool_or(s.has_statements), pg_catalog.max(s.server_version), pg_catalog.sum(s.commits),
    pg_catalog.sum(s.rollbacks), pg_catalog.sum(s.hit), pg_catalog.sum(s.read), pg_catalog.sum(s.temp_bytes),
    pg_catalog.sum(s.deadlocks)
from snapshot as s
where s.level = $1::text
  and s.at < pg_catalog.date_trunc($2::text, $3::timestamptz, 'UTC')
group by pg_catalog.date_trunc($2::text, s.at, 'UTC')
