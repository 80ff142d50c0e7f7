-- pgtend: extension=pg_stat_statements
-- Two views for whoever looks with psql; `pgtend report` says more, and for a span of time.
create view v_slow_queries as
select
    statement.queryid,
    statement.calls,
    round(statement.mean_exec_time::numeric, 1) as mean_ms,
    round(statement.max_exec_time::numeric, 1) as max_ms,
    round(statement.total_exec_time::numeric, 1) as total_ms,
    statement.rows,
    round(100.0 * statement.shared_blks_hit
        / nullif(statement.shared_blks_hit + statement.shared_blks_read, 0), 1) as cache_hit_pct,
    -- The counters know sums only: this is when they began.
    (select stats_reset from pg_stat_statements_info) as since,
    statement.query
from pg_stat_statements as statement
where statement.mean_exec_time > 100
    and statement.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
order by statement.total_exec_time desc;
comment on view v_slow_queries is
    'Statements of this database of more than 100 ms on average, since the counters were reset';

create view v_table_access_patterns as
select
    n.nspname as schema_name,
    c.relname as table_name,
    count(*) filter (where s.relid <> c.oid) as partitions,
    sum(s.seq_scan) as sequential_scans,
    sum(s.seq_tup_read) as rows_read_sequentially,
    sum(s.idx_scan) as index_scans,
    round(100 * sum(s.idx_scan) / nullif(sum(s.seq_scan) + sum(s.idx_scan), 0), 1) as index_pct,
    sum(s.n_tup_ins) as inserted,
    sum(s.n_tup_upd) as updated,
    round(100 * sum(s.n_tup_hot_upd) / nullif(sum(s.n_tup_upd), 0), 1) as hot_pct,
    sum(s.n_tup_del) as deleted,
    sum(s.n_live_tup) as live_rows,
    sum(s.n_dead_tup) as dead_rows,
    max(greatest(s.last_vacuum, s.last_autovacuum)) as last_vacuum,
    max(greatest(s.last_analyze, s.last_autoanalyze)) as last_analyze,
    sum(pg_catalog.pg_total_relation_size(s.relid))::bigint as bytes
from pg_catalog.pg_stat_user_tables as s
-- A partitioned table is one line; its partitions are where the counters are.
join pg_catalog.pg_class as c on c.oid = coalesce(pg_catalog.pg_partition_root(s.relid), s.relid)
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
group by n.nspname, c.relname
order by sum(s.seq_tup_read) desc nulls last;
comment on view v_table_access_patterns is
    'How each table is read and written since the statistics were reset, partitions summed up';
