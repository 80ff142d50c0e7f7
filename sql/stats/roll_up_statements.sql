-- Sums the differences of old snapshots into those of their hour or day.
-- $1 the level to sum, $2 the level of the sums, $3 before when
insert into statement_delta (snapshot_id, fingerprint, database_oid, user_oid, calls, exec_ms, exec_ms_squared, plan_ms, rows, hit, read, dirtied, written, temp, io_ms, wal_bytes, max_ms)
select n.id, d.fingerprint, d.database_oid, d.user_oid, pg_catalog.sum(d.calls), pg_catalog.sum(d.exec_ms), pg_catalog.sum(d.exec_ms_squared), pg_catalog.sum(d.plan_ms), pg_catalog.sum(d.rows), pg_catalog.sum(d.hit), pg_catalog.sum(d.read), pg_catalog.sum(d.dirtied), pg_catalog.sum(d.written), pg_catalog.sum(d.temp), pg_catalog.sum(d.io_ms), pg_catalog.sum(d.wal_bytes), pg_catalog.max(d.max_ms)
from snapshot as s
join statement_delta as d on d.snapshot_id = s.id
join snapshot as n
    on n.level = $2::text
   and pg_catalog.date_trunc($2::text, n.at, 'UTC') = pg_catalog.date_trunc($2::text, s.at, 'UTC')
where s.level = $1::text
  and s.at < pg_catalog.date_trunc($2::text, $3::timestamptz, 'UTC')
group by n.id, d.fingerprint, d.database_oid, d.user_oid
