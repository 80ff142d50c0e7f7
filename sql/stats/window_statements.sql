-- What each statement did in a window. The texts are joined to the sums: to group by them would cost more than to add up.
-- $1 the window's snapshots
select
    x.fingerprint, t.text, x.calls, x.exec_ms, x.plan_ms, x.rows, x.hit, x.read, x.dirtied,
    x.written, x.temp, x.io_ms, x.wal_bytes, x.exec_ms_squared, x.max_ms
from (
    select
        d.fingerprint,
        pg_catalog.sum(d.calls) as calls,
        pg_catalog.sum(d.exec_ms) as exec_ms,
        pg_catalog.sum(d.plan_ms) as plan_ms,
        pg_catalog.sum(d.rows) as rows,
        pg_catalog.sum(d.hit) as hit,
        pg_catalog.sum(d.read) as read,
        pg_catalog.sum(d.dirtied) as dirtied,
        pg_catalog.sum(d.written) as written,
        pg_catalog.sum(d.temp) as temp,
        pg_catalog.sum(d.io_ms) as io_ms,
        pg_catalog.sum(d.wal_bytes) as wal_bytes,
        pg_catalog.sum(d.exec_ms_squared) as exec_ms_squared,
        pg_catalog.max(d.max_ms) as max_ms
    from statement_delta as d
    where d.snapshot_id = any ($1::bigint[])
    group by d.fingerprint
) as x
left join statement as t on t.fingerprint = x.fingerprint
