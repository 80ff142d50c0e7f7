-- Space of B-tree indexes that their entries do not need, estimated from the planner's statistics, an index of a
-- partitioned table as one. Entries of equal keys are stored as one where the index may do so: what is needed is then
-- reckoned from the number of distinct values, and rather too high than too low, so that waste is not made up.
-- `unknown_bytes` is the size of what this role may not read the statistics of, that has none, or that is no B-tree.
-- The sizes are the catalog's of the last vacuum or analyze: asking for true ones would wait for locks.
-- $1 whether each partition's index stands for itself
with parent as materialized (
    -- Of each parent once, for there are many more partitions.
    select p.oid, pg_catalog.pg_partition_root(p.oid)::oid as root from pg_catalog.pg_class as p where p.relkind = 'I'
), i as materialized (
    select
        x.indexrelid as oid, x.indrelid, x.indisunique, x.indkey, x.indclass, x.indnkeyatts,
        case when $1::boolean then x.indexrelid
             else coalesce(p.root, x.indexrelid) end as root,
        m.amname = 'btree' as is_btree,
        c.relname, c.relpages, c.reltuples, n.nspname, t.relname as table_name,
        pg_catalog.current_setting('block_size')::float8 as block,
        coalesce((select o.option_value from pg_catalog.pg_options_to_table(c.reloptions) as o
                  where o.option_name = 'fillfactor')::float8, 90) / 100 as fill,
        coalesce((select o.option_value from pg_catalog.pg_options_to_table(c.reloptions) as o
                  where o.option_name = 'deduplicate_items')::boolean, true) as deduplicates
    from pg_catalog.pg_index as x
    join pg_catalog.pg_class as c on c.oid = x.indexrelid
    join pg_catalog.pg_am as m on m.oid = c.relam
    join pg_catalog.pg_class as t on t.oid = x.indrelid
    join pg_catalog.pg_namespace as n on n.oid = t.relnamespace
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = x.indexrelid
    left join parent as p on p.oid = h.inhparent
    where c.relkind = 'i' and t.relkind in ('r', 'm') and c.relpersistence <> 't'
      and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), w as (
    select
        i.oid,
        pg_catalog.count(*) as columns,
        pg_catalog.count(s.avg_width) as known,
        pg_catalog.sum((1 - s.null_frac) * s.avg_width) as width,
        pg_catalog.bool_or(s.null_frac > 0) as has_nulls,
        -- Of several columns there are at most so many combinations, and never more than rows.
        pg_catalog.exp(pg_catalog.sum(pg_catalog.ln(greatest(
            case when s.n_distinct >= 0 then s.n_distinct else -s.n_distinct * i.reltuples end, 1)::float8))) as distinct_keys,
        -- The types whose equal values are stored alike have a support function that says so.
        pg_catalog.bool_and(a.attnum > i.indnkeyatts or exists (
            select
            from pg_catalog.pg_opclass as o
            join pg_catalog.pg_amproc as p
                on p.amprocfamily = o.opcfamily and p.amproclefttype = o.opcintype and p.amprocnum = 4
            where o.oid = i.indclass[a.attnum - 1])) as of_equal_images
    from i
    join pg_catalog.pg_attribute as a on a.attrelid = i.oid and a.attnum > 0
    left join pg_catalog.pg_attribute as k on k.attrelid = i.indrelid and k.attnum = i.indkey[a.attnum - 1] and k.attnum > 0
    left join pg_catalog.pg_stats as s
        -- An expression has its statistics under the index. Those of the catalog would only be looked through in vain.
        on s.schemaname = i.nspname and s.schemaname !~ '^pg_' and not s.inherited
       and s.tablename = case when k.attname is null then i.relname else i.table_name end
       and s.attname = coalesce(k.attname, a.attname)
    where i.is_btree
    group by i.oid
), e as (
    select
        i.root, i.indrelid, i.relpages * i.block as bytes,
        i.is_btree and i.reltuples >= 0 and w.known = w.columns as known,
        -- Once for the metadata, and a two-hundredth for the inner pages.
        case when i.relpages > 1 then greatest(0, i.relpages - 1 - pg_catalog.ceil(
            greatest(i.reltuples, 0) * entry.bytes / (i.block - 40) / i.fill * 1.005)) * i.block else 0 end as waste
    from i
    left join w on w.oid = i.oid
    cross join lateral (
        -- A header of 8 bytes, a bitmap where there are nulls, the columns; a line pointer of 4.
        select 12 + case when w.has_nulls then 8 else 0 end + pg_catalog.ceil(coalesce(w.width, 0) / 8) * 8 as alone,
               greatest(i.reltuples / nullif(w.distinct_keys, 0), 1) as equals
    ) as one
    cross join lateral (
        select case when i.deduplicates and not i.indisunique and w.of_equal_images and one.equals > 1
                    -- A list of rows of 6 bytes each, at most some 200 to a key.
                    then least(one.alone, 6 + one.alone / least(one.equals, 200))
                    else one.alone end as bytes
    ) as entry
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as index,
        pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.relname) as "table",
        pg_catalog.sum(e.bytes)::bigint as index_bytes,
        pg_catalog.sum(e.waste) filter (where e.known)::bigint as wasted_bytes,
        coalesce(pg_catalog.sum(e.bytes) filter (where e.known), 0)::bigint as known_bytes
    from e
    join pg_catalog.pg_class as c on c.oid = e.root
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_index as x on x.indexrelid = e.root
    join pg_catalog.pg_class as t on t.oid = x.indrelid
    join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
    group by n.nspname, c.relname, tn.nspname, t.relname
    order by 4 desc nulls last, 1
) as x
