-- What the server counts of each table and materialized view that anything was done to; of indexes, all of a table's.
with parent as materialized (
    -- Of each parent once, for there are many more partitions.
    select p.oid, pg_catalog.pg_partition_root(p.oid)::oid as root from pg_catalog.pg_class as p where p.relkind = 'p'
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        c.oid::bigint as oid,
        coalesce(p.root, c.oid)::bigint as root,
        pg_catalog.pg_stat_get_numscans(c.oid) as seq_scans,
        pg_catalog.pg_stat_get_tuples_returned(c.oid) as seq_rows,
        i.scans as index_scans,
        i.fetched + pg_catalog.pg_stat_get_tuples_fetched(c.oid) as index_rows,
        pg_catalog.pg_stat_get_tuples_inserted(c.oid) as inserted,
        pg_catalog.pg_stat_get_tuples_updated(c.oid) as updated,
        pg_catalog.pg_stat_get_tuples_hot_updated(c.oid) as hot_updated,
        pg_catalog.pg_stat_get_tuples_deleted(c.oid) as deleted,
        pg_catalog.pg_stat_get_blocks_hit(c.oid) as table_hit,
        pg_catalog.pg_stat_get_blocks_fetched(c.oid) - pg_catalog.pg_stat_get_blocks_hit(c.oid) as table_read,
        i.hit as index_hit,
        i.read as index_read
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = c.oid
    left join parent as p on p.oid = h.inhparent
    cross join lateral (
        select
            coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_numscans(x.indexrelid)), 0)::bigint as scans,
            coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_tuples_fetched(x.indexrelid)), 0)::bigint as fetched,
            coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_blocks_hit(x.indexrelid)), 0)::bigint as hit,
            coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_blocks_fetched(x.indexrelid)
                                    - pg_catalog.pg_stat_get_blocks_hit(x.indexrelid)), 0)::bigint as read
        from pg_catalog.pg_index as x
        where x.indrelid = c.oid
    ) as i
    where c.relkind in ('r', 'm')
      and c.relpersistence <> 't'
      and n.nspname !~ '^pg_'
      and n.nspname <> 'information_schema'
) as x
where x.seq_scans + x.index_scans + x.inserted + x.updated + x.deleted + x.table_hit + x.table_read + x.index_hit
      + x.index_read > 0
