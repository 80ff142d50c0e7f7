-- pgtend: extension=pg_stat_statements
-- What the application's report reads: its queries, its indexes, and where it stands against its thresholds.
create view v_query_performance as
select
    statement.queryid,
    statement.calls,
    round(statement.mean_exec_time::numeric, 2) as mean_ms,
    round(statement.stddev_exec_time::numeric, 2) as deviation_ms,
    round(statement.max_exec_time::numeric, 2) as max_ms,
    round(statement.total_exec_time::numeric, 1) as total_ms,
    round((100 * statement.total_exec_time / nullif(sum(statement.total_exec_time) over (), 0))::numeric, 1)
        as share_pct,
    statement.rows,
    round(100.0 * statement.shared_blks_hit
        / nullif(statement.shared_blks_hit + statement.shared_blks_read, 0), 1) as cache_hit_pct,
    statement.query
from pg_stat_statements as statement
where statement.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
order by statement.total_exec_time desc;
comment on view v_query_performance is 'Statements of this database since the counters were reset, the costliest first';

create view v_index_usage as
select
    s.schemaname as schema_name,
    s.relname as table_name,
    s.indexrelname as index_name,
    s.idx_scan as scans,
    pg_catalog.pg_relation_size(s.indexrelid) as bytes,
    i.indisvalid as is_valid,
    case
        when not i.indisvalid then 'rebuild it: pgtend index rebuild'
        when s.idx_scan > 0 then null
        when i.indisunique or exists (select from pg_catalog.pg_constraint as c where c.conindid = s.indexrelid)
            then null
        -- Scans on a standby are counted there.
        else 'nobody has read it on this server: look on the standbys, too'
    end as advice
from pg_catalog.pg_stat_user_indexes as s
join pg_catalog.pg_index as i on i.indexrelid = s.indexrelid
order by s.idx_scan, pg_catalog.pg_relation_size(s.indexrelid) desc;
comment on view v_index_usage is 'Each index with its scans since the statistics were reset, and what to do about it';

create view v_thresholds as
with measured (name, value, warn_at, alert_at, unit, high_is_good) as (
    select
        'connections', round(100.0 * count(*) / pg_catalog.current_setting('max_connections')::integer, 1),
        60, 80, '%', false
    from pg_catalog.pg_stat_activity
    where backend_type = 'client backend'
    union all
    select
        'cache hits', round(100.0 * sum(blks_hit) / nullif(sum(blks_hit) + sum(blks_read), 0), 1), 80, 60, '%', true
    from pg_catalog.pg_stat_database
    where datname = current_database()
    union all
    select
        'mean statement', round((sum(total_exec_time) / nullif(sum(calls), 0))::numeric, 2), 100, 500, 'ms', false
    from pg_stat_statements
    where dbid = (select oid from pg_catalog.pg_database where datname = current_database())
)
select
    name,
    value,
    unit,
    case
        when value is null then 'unknown'
        when (high_is_good and value < alert_at) or (not high_is_good and value > alert_at) then 'alert'
        when (high_is_good and value < warn_at) or (not high_is_good and value > warn_at) then 'warn'
        else 'ok'
    end as state,
    warn_at,
    alert_at
from measured;
comment on view v_thresholds is
    'Connections (warn 60 %, alert 80 % of max_connections), cache hits (warn below 80 %, alert below 60 %), mean '
    'statement time (warn 100 ms, alert 500 ms)';
