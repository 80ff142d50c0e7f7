-- Sizes of tables and materialized views, partitions rolled up to the partitioned table. Asking for a true size waits
-- while somebody holds, or waits for, an ACCESS EXCLUSIVE lock on the table, its indexes or its TOAST table: of such a
-- table the catalog's size of the last vacuum or analyze must do, as it must for all when true ones are not wanted.
-- $1 whether each partition stands for itself, $2 whether true sizes are wanted
with locked as materialized (
    select l.relation as oid
    from pg_catalog.pg_locks as l
    where l.mode = 'AccessExclusiveLock' and l.locktype = 'relation'
      and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
), of_index as materialized (
    select l.oid from locked as l
    union all
    select x.indrelid from locked as l join pg_catalog.pg_index as x on x.indexrelid = l.oid
), parent as materialized (
    -- Of each parent once, for there are many more partitions.
    select p.oid, pg_catalog.pg_partition_root(p.oid)::oid as root
    from pg_catalog.pg_class as p
    where p.relkind = 'p'
), relation as materialized (
    select
        c.oid, c.relpages, c.reltuples, c.reltoastrelid as toast,
        case when $1::boolean or not c.relispartition then c.oid else p.root end as root,
        $2::boolean and c.oid not in (select o.oid from of_index as o)
                    and c.reltoastrelid not in (select o.oid from of_index as o) as exact,
        pg_catalog.current_setting('block_size')::bigint as block
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = c.oid
    left join parent as p on p.oid = h.inhparent
    where c.relkind in ('r', 'm') and c.relpersistence <> 't'
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), sized as (
    select
        r.root, r.reltuples, r.exact,
        -- With its TOAST table.
        case when r.exact then coalesce(pg_catalog.pg_table_size(r.oid), 0)
             else r.block * (r.relpages + t.pages) end as table_bytes,
        case when r.exact then coalesce(pg_catalog.pg_indexes_size(r.oid), 0)
             else r.block * (select coalesce(pg_catalog.sum(c.relpages), 0)
                             from pg_catalog.pg_index as x join pg_catalog.pg_class as c on c.oid = x.indexrelid
                             where x.indrelid = r.oid) end as index_bytes,
        case when r.toast = 0 then 0
             when r.exact then coalesce(pg_catalog.pg_total_relation_size(r.toast), 0)
             else r.block * t.pages end as toast_bytes
    from relation as r
    cross join lateral (
        select case when r.exact or r.toast = 0 then 0
                    else (select coalesce(pg_catalog.sum(c.relpages), 0)
                          from pg_catalog.pg_class as c
                          where c.oid = any (array(
                              select r.toast
                              union all
                              select x.indexrelid from pg_catalog.pg_index as x where x.indrelid = r.toast)))
               end as pages
    ) as t
), rolled as (
    select
        s.root,
        pg_catalog.count(*) as partitions,
        pg_catalog.sum(greatest(s.reltuples, 0))::float8 as rows_estimate,
        pg_catalog.sum(s.table_bytes - s.toast_bytes)::bigint as table_bytes,
        pg_catalog.sum(s.index_bytes)::bigint as index_bytes,
        pg_catalog.sum(s.toast_bytes)::bigint as toast_bytes,
        pg_catalog.sum(s.table_bytes + s.index_bytes)::bigint as total_bytes,
        not pg_catalog.bool_and(s.exact) as estimated
    from sized as s
    group by s.root
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as "table",
        r.partitions, r.rows_estimate, r.table_bytes, r.index_bytes, r.toast_bytes, r.total_bytes, r.estimated
    from rolled as r
    join pg_catalog.pg_class as c on c.oid = r.root
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    order by r.total_bytes desc, 1
) as x
