-- The log of refreshes, newest first. A run whose session is gone did not end.
select pg_catalog.jsonb_build_object(
    'id', r.id,
    'schema', r.schema_name,
    'name', r.view_name,
    'mode', r.mode,
    'started', r.started,
    'finished', r.finished,
    'outcome', case
        when r.outcome = 'running'
         and not exists (select from pg_catalog.pg_stat_activity as a
                         where a.pid = r.pid and a.backend_start <= r.started) then 'interrupted'
        else r.outcome end,
    'duration_ms', r.duration_ms,
    'rows', r.rows_after,
    'bytes_before', r.bytes_before,
    'bytes_after', r.bytes_after,
    'wal_bytes', r.wal_bytes,
    'temp_bytes', r.temp_bytes,
    'readers_held_ms', r.readers_held_ms,
    'error', r.error,
    'role', r.role
)::text as entry
from {schema}.matview_refresh as r
where r.started >= {since}::timestamptz
order by r.started desc, r.id desc
