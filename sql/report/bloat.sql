-- Space of tables that rows do not need, estimated from the planner's statistics and rolled up to the partitioned table.
-- `unknown_bytes` is the size of what this role may not read the statistics of, or that has none: of it nothing is known.
-- The sizes are the catalog's of the last vacuum or analyze: asking for true ones would wait for locks.
-- $1 whether each partition stands for itself
with parent as materialized (
    -- Of each parent once, for there are many more partitions.
    select p.oid, pg_catalog.pg_partition_root(p.oid)::oid as root from pg_catalog.pg_class as p where p.relkind = 'p'
), t as materialized (
    select
        c.oid, n.nspname, c.relname,
        case when $1::boolean then c.oid else coalesce(p.root, c.oid) end as root,
        pg_catalog.current_setting('block_size')::float8 as block,
        c.relpages * pg_catalog.current_setting('block_size')::float8 as bytes,
        c.reltuples,
        coalesce((select o.option_value from pg_catalog.pg_options_to_table(c.reloptions) as o
                  where o.option_name = 'fillfactor')::float8, 100) / 100 as fill
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = c.oid
    left join parent as p on p.oid = h.inhparent
    where c.relkind in ('r', 'm') and c.relpersistence <> 't'
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), w as (
    select
        t.oid,
        pg_catalog.count(*) as columns,
        pg_catalog.count(s.attname) as known,
        pg_catalog.sum((1 - s.null_frac) * s.avg_width) as width
    from t
    join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    left join pg_catalog.pg_stats as s
        -- Those of the catalog would only be looked through in vain.
        on s.schemaname = t.nspname and s.schemaname !~ '^pg_' and s.tablename = t.relname and s.attname = a.attname and not s.inherited
    group by t.oid
), e as (
    select
        t.root, t.bytes,
        t.reltuples >= 0 and coalesce(w.known = w.columns, true) as known,
        -- A row's header and line pointer are 28 bytes, a page's header 24; rows are padded to a multiple of 8.
        greatest(0, t.bytes - pg_catalog.ceil(
            greatest(t.reltuples, 0) * (28 + pg_catalog.ceil(coalesce(w.width, 0) / 8) * 8) / (t.block - 24) / t.fill)
            * t.block) as waste
    from t
    left join w on w.oid = t.oid
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as "table",
        pg_catalog.count(*) as partitions,
        pg_catalog.sum(e.bytes)::bigint as table_bytes,
        -- An empty partition beside ones that are not known makes nothing known.
        case when coalesce(pg_catalog.sum(e.bytes) filter (where e.known), 0) > 0 or pg_catalog.sum(e.bytes) = 0
             then coalesce(pg_catalog.sum(e.waste) filter (where e.known), 0) end::bigint as wasted_bytes,
        (100 * pg_catalog.sum(e.waste) filter (where e.known)
         / nullif(pg_catalog.sum(e.bytes) filter (where e.known), 0))::float8 as wasted_pct,
        coalesce(pg_catalog.sum(e.bytes) filter (where not e.known), 0)::bigint as unknown_bytes
    from e
    join pg_catalog.pg_class as c on c.oid = e.root
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    group by n.nspname, c.relname
    order by 4 desc nulls last, 1
) as x
