-- What pg_stat_statements counts, without the texts, whose file would have to be read. pgtend's own statements are left
-- out by what they begin with, once their text is known.
-- Since version 1.11: with the time since when a statement is counted.
select pg_catalog.row_to_json(x)::text as row
from (
    select
        s.userid::bigint as user_oid, s.dbid::bigint as database_oid, s.queryid as query_id, s.toplevel,
        s.calls, s.total_exec_time as exec_ms, s.stddev_exec_time as stddev_ms, s.min_exec_time as min_ms,
        s.max_exec_time as max_ms, s.total_plan_time as plan_ms, s.rows,
        s.shared_blks_hit as hit, s.shared_blks_read as read, s.shared_blks_dirtied as dirtied,
        s.shared_blks_written as written, s.temp_blks_read + s.temp_blks_written as temp,
        s.shared_blk_read_time + s.shared_blk_write_time as io_ms, s.stats_since as since,
        s.wal_bytes
    from {schema}.pg_stat_statements(false) as s
    where s.queryid is not null
) as x
