-- Adds up the differences of the snapshots that have just been summed.
-- $1 the sums
insert into statement_delta (
    snapshot_id, fingerprint, database_oid, user_oid, calls, exec_ms, exec_ms_squared, plan_ms, rows, hit, read,
    dirtied, written, temp, io_ms, wal_bytes, max_ms
)
select
    s.part_of, d.fingerprint, d.database_oid, d.user_oid, pg_catalog.sum(d.calls), pg_catalog.sum(d.exec_ms),
    pg_catalog.sum(d.exec_ms_squared), pg_catalog.sum(d.plan_ms), pg_catalog.sum(d.rows), pg_catalog.sum(d.hit),
    pg_catalog.sum(d.read), pg_catalog.sum(d.dirtied), pg_catalog.sum(d.written), pg_catalog.sum(d.temp),
    pg_catalog.sum(d.io_ms), pg_catalog.sum(d.wal_bytes), pg_catalog.max(d.max_ms)
from snapshot as s
join statement_delta as d on d.snapshot_id = s.id
where s.part_of = any ($1::bigint[])
group by s.part_of, d.fingerprint, d.database_oid, d.user_oid
order by s.part_of, d.fingerprint
