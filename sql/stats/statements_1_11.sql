-- What pg_stat_statements counts, without the texts, whose file would have to be read. pgtend's own statements are left
-- out by what they begin with, once their text is known.
-- Since version 1.11: with the time since when a statement is counted.
select
    s.userid, s.dbid, s.queryid, s.toplevel, s.stddev_exec_time, s.min_exec_time, s.max_exec_time, s.stats_since as since,
    -- The rest in the order of `StatementWork`.
    s.calls::float8, s.total_exec_time, s.total_plan_time, s.rows::float8, s.shared_blks_hit::float8,
    s.shared_blks_read::float8, s.shared_blks_dirtied::float8, s.shared_blks_written::float8,
    (s.temp_blks_read + s.temp_blks_written)::float8, s.shared_blk_read_time + s.shared_blk_write_time, s.wal_bytes::float8
from {schema}.pg_stat_statements(false) as s
where s.queryid is not null
