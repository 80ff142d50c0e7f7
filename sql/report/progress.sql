-- What the server is in the middle of and can tell how far it is: the six progress views as one. Of other roles' work a
-- plain role sees the process and nothing else.
with p as (
    select p.pid, p.datname, p.relid, 'vacuum' as command, p.phase, p.heap_blks_scanned as done,
           p.heap_blks_total as total, 'blocks' as unit
    from pg_catalog.pg_stat_progress_vacuum as p
    union all
    select p.pid, p.datname, p.relid, 'analyze', p.phase, p.sample_blks_scanned, p.sample_blks_total, 'blocks'
    from pg_catalog.pg_stat_progress_analyze as p
    union all
    select p.pid, p.datname, p.relid, pg_catalog.lower(p.command), p.phase,
           case when p.blocks_total > 0 then p.blocks_done else p.tuples_done end,
           case when p.blocks_total > 0 then p.blocks_total else p.tuples_total end,
           case when p.blocks_total > 0 then 'blocks' else 'rows' end
    from pg_catalog.pg_stat_progress_create_index as p
    union all
    select p.pid, p.datname, p.relid, pg_catalog.lower(p.command), p.phase, p.heap_blks_scanned, p.heap_blks_total, 'blocks'
    from pg_catalog.pg_stat_progress_cluster as p
    union all
    select p.pid, p.datname, p.relid, pg_catalog.lower(p.command), null, p.bytes_processed, nullif(p.bytes_total, 0), 'bytes'
    from pg_catalog.pg_stat_progress_copy as p
    union all
    select p.pid, null, null, 'base backup', p.phase, p.backup_streamed, p.backup_total, 'bytes'
    from pg_catalog.pg_stat_progress_basebackup as p
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        p.pid, p.command, p.datname::text as database,
        case when c.oid is not null
             then pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
             else p.relid::text end as relation,
        p.phase, p.done, p.total, p.unit,
        least(100, 100.0 * p.done / nullif(p.total, 0))::float8 as done_pct,
        extract(epoch from pg_catalog.clock_timestamp() - coalesce(a.query_start, a.xact_start))::float8 as elapsed_s,
        p.command <> 'base backup' and p.relid is null as hidden
    from p
    left join pg_catalog.pg_stat_activity as a on a.pid = p.pid
    left join pg_catalog.pg_class as c on c.oid = p.relid and p.datname = pg_catalog.current_database()
    left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    order by 10 desc nulls last
) as x
