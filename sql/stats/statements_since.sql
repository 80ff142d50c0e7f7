-- Since when pg_stat_statements counts, how often it has put out entries for want of room, and how many there are.
select pg_catalog.row_to_json(x)::text as row
from (
    select
        i.stats_reset as reset,
        i.dealloc as evictions,
        coalesce(pg_catalog.current_setting('pg_stat_statements.max', true), '5000')::bigint as most
    from {schema}.pg_stat_statements_info() as i
) as x
