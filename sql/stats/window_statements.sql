-- What each statement did in a window.
-- $1 from, $2 to
select pg_catalog.row_to_json(x)::text as row
from (
    select
        d.fingerprint,
        t.text,
        pg_catalog.sum(d.calls) as calls,
        pg_catalog.sum(d.exec_ms) as exec_ms,
        pg_catalog.sum(d.exec_ms_squared) as exec_ms_squared,
        pg_catalog.sum(d.plan_ms) as plan_ms,
        pg_catalog.sum(d.rows) as rows,
        pg_catalog.sum(d.hit) as hit,
        pg_catalog.sum(d.read) as read,
        pg_catalog.sum(d.dirtied) as dirtied,
        pg_catalog.sum(d.written) as written,
        pg_catalog.sum(d.temp) as temp,
        pg_catalog.sum(d.io_ms) as io_ms,
        pg_catalog.sum(d.wal_bytes) as wal_bytes,
        pg_catalog.max(d.max_ms) as max_ms
    from snapshot as s
    join statement_delta as d on d.snapshot_id = s.id
    left join statement as t on t.fingerprint = d.fingerprint
    where s.began + (s.at - s.began) / 2 between $1::timestamptz and $2::timestamptz
    group by d.fingerprint, t.text
) as x
