-- Indexes with their size and what speaks for and against each, partitions' indexes rolled up to the partitioned index.
-- Sizes are the catalog's of the last vacuum or analyze. Two indexes are the same when all that the planner could use
-- is the same; one is covered by another on the same table that begins with its columns.
-- Since PostgreSQL 16: also when an index was last read.
-- $1 whether each partition's index stands for itself
with parent as materialized (
    -- Of each parent once, for there are many more partitions.
    select p.oid, pg_catalog.pg_partition_root(p.oid)::oid as root from pg_catalog.pg_class as p where p.relkind = 'I'
), i as materialized (
    select
        x.indexrelid as oid, x.indrelid, c.relkind, c.relpages, c.relispartition,
        case when $1::boolean then x.indexrelid
             else coalesce(p.root, x.indexrelid) end as root,
        x.indisvalid, x.indisreplident, pg_catalog.pg_stat_get_lastscan(x.indexrelid) as last_scan
    from pg_catalog.pg_index as x
    join pg_catalog.pg_class as c on c.oid = x.indexrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = x.indexrelid
    left join parent as p on p.oid = h.inhparent
    where n.nspname !~ '^pg_'
      and n.nspname <> 'information_schema'
      and c.relpersistence <> 't'
), compared as materialized (
    -- The indexes of the tables that have one to be shown.
    select
        i.oid, x.indrelid, x.indisvalid, x.indisunique, x.indnkeyatts, x.indnatts, c.relam,
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as name,
        x.indkey::text as key, x.indclass::text as class, x.indcollation::text as collation,
        x.indoption::text as options,
        -- Up to PostgreSQL 16 a tree also tells where in the statement it was written.
        pg_catalog.md5(coalesce(pg_catalog.regexp_replace(x.indexprs::text, ':location -?\d+', '', 'g'), ''))
            as expressions,
        pg_catalog.md5(coalesce(pg_catalog.regexp_replace(x.indpred::text, ':location -?\d+', '', 'g'), ''))
            as predicate,
        x.indexprs is null and x.indpred is null as plain,
        -- No index of pg_constraint leads by the index: it is read once, not for each.
        x.indexrelid in (select k.conindid from pg_catalog.pg_constraint as k
                         where k.contype in ('p', 'u', 'x')) as is_constraint
    from i
    join pg_catalog.pg_index as x on x.indexrelid = i.oid
    join pg_catalog.pg_class as c on c.oid = i.oid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where i.indrelid in (select r.indrelid from i as r where r.oid = r.root)
), rolled as (
    select
        i.root,
        pg_catalog.count(*) filter (where i.relkind = 'i') as partitions,
        pg_catalog.sum(i.relpages)::bigint * pg_catalog.current_setting('block_size')::bigint as bytes,
        pg_catalog.bool_and(i.indisvalid) as valid,
        pg_catalog.bool_or(i.indisreplident) as replica_identity,
        pg_catalog.max(i.last_scan) as last_scan
    from i
    group by i.root
), same as (
    select i.oid, (pg_catalog.array_agg(o.name order by o.oid))[1] as other
    from compared as i
    join compared as o
        on o.indrelid = i.indrelid and o.key = i.key and o.class = i.class and o.collation = i.collation
       and o.options = i.options and o.indnkeyatts = i.indnkeyatts and o.expressions = i.expressions
       and o.predicate = i.predicate and o.relam = i.relam and o.oid <> i.oid
    where o.indisvalid
      -- The one to keep: a constraint's, a unique one, the elder.
      and (o.is_constraint or (o.indisunique and not i.indisunique)
           or (o.indisunique = i.indisunique and o.oid < i.oid))
      and (o.indisunique or not i.indisunique)
    group by i.oid
), covered as (
    select i.oid, (pg_catalog.array_agg(o.name order by o.oid))[1] as other
    from compared as i
    join compared as o on o.indrelid = i.indrelid and o.relam = i.relam and o.oid <> i.oid
    join pg_catalog.pg_am as m on m.oid = o.relam and m.amname = 'btree'
    where o.indisvalid and o.plain and i.plain and not i.indisunique
      and o.indnkeyatts > i.indnatts and i.indnatts = i.indnkeyatts
      and (o.key || ' ') like (i.key || ' %')
      and (o.class || ' ') like (i.class || ' %')
      and (o.collation || ' ') like (i.collation || ' %')
      and (o.options || ' ') like (i.options || ' %')
    group by i.oid
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        r.root::bigint as oid,
        i.name as index,
        pg_catalog.quote_ident(tn.nspname) || '.' || pg_catalog.quote_ident(t.relname) as "table",
        c.relkind = 'I' as partitioned,
        c.relispartition as is_partition,
        r.partitions,
        r.bytes as size_bytes,
        r.last_scan as last_read,
        i.indisunique as "unique",
        i.is_constraint as "constraint",
        r.replica_identity,
        r.valid,
        exists (select from pg_catalog.pg_stat_progress_create_index as p
                where p.index_relid = r.root or p.relid = i.indrelid or p.relid is null) as may_be_building,
        s.other as same_as,
        v.other as covered_by
    from rolled as r
    join compared as i on i.oid = r.root
    left join same as s on s.oid = i.oid
    left join covered as v on v.oid = i.oid
    join pg_catalog.pg_class as c on c.oid = r.root
    join pg_catalog.pg_class as t on t.oid = i.indrelid
    join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
    order by 2
) as x
