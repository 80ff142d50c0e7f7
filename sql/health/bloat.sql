-- Space of tables that rows do not need, estimated from statistics as the planner has them, rolled up to the partitioned
-- table. `unreadable` are the tables whose statistics this role may not read, or that have none: of them nothing is known.
-- The sizes are the catalog's of the last vacuum or analyze: asking for true ones would wait for locks.
with block as (
    select pg_catalog.current_setting('block_size')::float8 as size
),
parent as materialized (
    -- Of each parent once, for there are many more partitions.
    select p.oid, pg_catalog.pg_partition_root(p.oid)::oid as root from pg_catalog.pg_class as p where p.relkind = 'p'
),
t as (
    select c.oid, coalesce(p.root, c.oid) as root, c.reltuples,
           -- Of a table that was never vacuumed nor analyzed the catalog has no size; its rows have at least 28 bytes.
           case when c.reltuples < 0
                then greatest(c.relpages * b.size, 28 * (pg_catalog.pg_stat_get_live_tuples(c.oid)
                                                         + pg_catalog.pg_stat_get_dead_tuples(c.oid)))
                else c.relpages * b.size end as bytes,
           b.size as block,
           coalesce((select pg_catalog.max(o.option_value) filter (where o.option_name = 'fillfactor')
                     from pg_catalog.pg_options_to_table(c.reloptions) as o)::float8, 100) / 100 as fill
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    cross join block as b
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = c.oid
    left join parent as p on p.oid = h.inhparent
    where c.relkind in ('r', 'm')
      and (c.relpages > 16 or c.reltuples < 0)
      and c.relpersistence <> 't'
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
),
w as (
    select t.oid, pg_catalog.count(*) as columns, pg_catalog.count(s.attname) as known,
           pg_catalog.sum((1 - s.null_frac) * s.avg_width) as width
    from t
    join pg_catalog.pg_attribute as a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_class as c on c.oid = t.oid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_stats as s
        on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname and not s.inherited
    group by t.oid
),
e as (
    select t.root, t.bytes,
           t.reltuples >= 0 and w.known = w.columns as is_known,
           -- A row's header and line pointer are 28 bytes; rows are padded to a multiple of 8.
           greatest(0, t.bytes - pg_catalog.ceil(
               t.reltuples * (28 + pg_catalog.ceil(w.width / 8) * 8) / (t.block - 24) / t.fill) * t.block) as waste
    from t join w using (oid)
),
r as (
    select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as name, e.*
    from (
        select e.root, pg_catalog.sum(e.bytes) as bytes,
               coalesce(pg_catalog.sum(e.waste) filter (where e.is_known), 0) as waste,
               coalesce(pg_catalog.sum(e.bytes) filter (where not e.is_known), 0) as unknown_bytes
        from e group by e.root
    ) as e
    join pg_catalog.pg_class as c on c.oid = e.root
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
)
select pg_catalog.jsonb_build_object(
    'wasted', (select coalesce(pg_catalog.jsonb_agg(x), '[]') from (
        select r.name, r.bytes, r.waste, 100 * r.waste / r.bytes as value
        from r where r.waste > 0 order by r.waste desc limit 100) as x),
    'unreadable', (select coalesce(pg_catalog.jsonb_agg(x), '[]') from (
        select r.name, r.unknown_bytes as bytes
        from r where r.unknown_bytes > 0 order by r.unknown_bytes desc limit 100) as x)
)::text as bloat
