-- What the server counts of each index that was read at all.
with parent as materialized (
    -- Of each parent once, for there are many more partitions.
    select p.oid, pg_catalog.pg_partition_root(p.oid)::oid as root from pg_catalog.pg_class as p where p.relkind = 'I'
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        c.oid::bigint as oid,
        coalesce(p.root, c.oid)::bigint as root,
        pg_catalog.pg_stat_get_numscans(c.oid) as scans,
        pg_catalog.pg_stat_get_tuples_returned(c.oid) as entries
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = c.oid
    left join parent as p on p.oid = h.inhparent
    where c.relkind = 'i'
      and c.relpersistence <> 't'
      and n.nspname !~ '^pg_'
      and n.nspname <> 'information_schema'
) as x
where x.scans > 0
