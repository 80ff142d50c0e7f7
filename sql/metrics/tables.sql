-- Tables by their size, partitions rolled up to the partitioned table. Sizes are the catalog's of the last vacuum or
-- analyze: asking for true ones would wait for locks.
-- Holes: most, so many tables; leaves, whether partitions stand on their own.
with parent as materialized (
    -- Of each parent once, for there are many more partitions.
    select p.oid, pg_catalog.pg_partition_root(p.oid)::oid as root from pg_catalog.pg_class as p where p.relkind = 'p'
),
t as (
    select c.oid, case when {leaves} then c.oid else coalesce(p.root, c.oid) end as root,
           c.relpages::bigint * pg_catalog.current_setting('block_size')::bigint as table_bytes,
           (select coalesce(pg_catalog.sum(i.relpages::bigint), 0) from pg_catalog.pg_index as x
            join pg_catalog.pg_class as i on i.oid = x.indexrelid where x.indrelid = c.oid)
               * pg_catalog.current_setting('block_size')::bigint as index_bytes,
           (select pg_catalog.sum(pg_catalog.pg_stat_get_numscans(x.indexrelid))
            from pg_catalog.pg_index as x where x.indrelid = c.oid) as idx_scan
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = c.oid
    left join parent as p on p.oid = h.inhparent
    where c.relkind in ('r', 'm') and c.relpersistence <> 't'
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
)
select coalesce(pg_catalog.jsonb_agg(r), '[]')::text as tables
from (
    select n.nspname::text as schemaname, c.relname::text as relname, r.*
    from (
        select t.root::bigint as root,
               pg_catalog.count(*) as partitions,
               pg_catalog.sum(t.table_bytes) as table_size_bytes,
               pg_catalog.sum(t.index_bytes) as index_size_bytes,
               pg_catalog.sum(pg_catalog.pg_stat_get_numscans(t.oid)) as seq_scan,
               pg_catalog.sum(pg_catalog.pg_stat_get_tuples_returned(t.oid)) as seq_tup_read,
               coalesce(pg_catalog.sum(t.idx_scan), 0) as idx_scan,
               pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(t.oid)) as n_tup_ins,
               pg_catalog.sum(pg_catalog.pg_stat_get_tuples_updated(t.oid)) as n_tup_upd,
               pg_catalog.sum(pg_catalog.pg_stat_get_tuples_deleted(t.oid)) as n_tup_del,
               pg_catalog.sum(pg_catalog.pg_stat_get_tuples_hot_updated(t.oid)) as n_tup_hot_upd,
               pg_catalog.sum(pg_catalog.pg_stat_get_live_tuples(t.oid)) as n_live_tup,
               pg_catalog.sum(pg_catalog.pg_stat_get_dead_tuples(t.oid)) as n_dead_tup,
               extract(epoch from pg_catalog.max(pg_catalog.pg_stat_get_last_autovacuum_time(t.oid)))::float8
                   as last_autovacuum
        from t
        group by t.root
        order by pg_catalog.sum(t.table_bytes) + pg_catalog.sum(t.index_bytes) desc, t.root
        limit {most}
    ) as r
    join pg_catalog.pg_class as c on c.oid = r.root::oid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
) as r
