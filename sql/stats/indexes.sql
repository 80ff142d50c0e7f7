-- What the server counts of each index that was read at all.
select pg_catalog.row_to_json(x)::text as row
from (
    select
        c.oid::bigint as oid,
        coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)::bigint as root,
        pg_catalog.pg_stat_get_numscans(c.oid) as scans,
        pg_catalog.pg_stat_get_tuples_returned(c.oid) as entries
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where c.relkind = 'i'
      and c.relpersistence <> 't'
      and n.nspname !~ '^pg_'
      and n.nspname <> 'information_schema'
) as x
where x.scans > 0
