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
        x.indisvalid, x.indisready, x.indisunique, x.indisreplident, x.indnkeyatts, x.indnatts, c.relam,
        x.indkey::text as key, x.indclass::text as class, x.indcollation::text as collation,
        x.indoption::text as options,
        -- Up to PostgreSQL 16 a tree also tells where in the statement it was written.
        pg_catalog.md5(coalesce(pg_catalog.regexp_replace(x.indexprs::text, ':location -?\d+', '', 'g'), ''))
            as expressions,
        pg_catalog.md5(coalesce(pg_catalog.regexp_replace(x.indpred::text, ':location -?\d+', '', 'g'), ''))
            as predicate,
        x.indexprs is null and x.indpred is null as plain,
        pg_catalog.pg_stat_get_lastscan(x.indexrelid) as last_scan,
        exists (select from pg_catalog.pg_constraint as k
                where k.conindid = x.indexrelid and k.contype in ('p', 'u', 'x')) as is_constraint
    from pg_catalog.pg_index as x
    join pg_catalog.pg_class as c on c.oid = x.indexrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = x.indexrelid
    left join parent as p on p.oid = h.inhparent
    where n.nspname !~ '^pg_'
      and n.nspname <> 'information_schema'
      and c.relpersistence <> 't'
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
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        r.root::bigint as oid,
        pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname) as index,
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
        (select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(k.relname)
         from i as o join pg_catalog.pg_class as k on k.oid = o.oid
         where o.indrelid = i.indrelid and o.oid <> i.oid and o.indisvalid
           and o.key = i.key and o.class = i.class and o.collation = i.collation and o.options = i.options
           and o.indnkeyatts = i.indnkeyatts and o.expressions = i.expressions and o.predicate = i.predicate
           and o.relam = i.relam
           -- The one to keep: a constraint's, a unique one, the elder.
           and (o.is_constraint or (o.indisunique and not i.indisunique)
                or (o.indisunique = i.indisunique and o.oid < i.oid))
           and (o.indisunique or not i.indisunique)
         order by o.oid limit 1) as same_as,
        (select pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(k.relname)
         from i as o
         join pg_catalog.pg_class as k on k.oid = o.oid
         join pg_catalog.pg_am as m on m.oid = o.relam and m.amname = 'btree'
         where o.indrelid = i.indrelid and o.oid <> i.oid and o.indisvalid and o.plain and i.plain
           and o.relam = i.relam and not i.indisunique
           and o.indnkeyatts > i.indnatts and i.indnatts = i.indnkeyatts
           and (o.key || ' ') like (i.key || ' %')
           and (o.class || ' ') like (i.class || ' %')
           and (o.collation || ' ') like (i.collation || ' %')
           and (o.options || ' ') like (i.options || ' %')
         order by o.oid limit 1) as covered_by
    from rolled as r
    join i on i.oid = r.root
    join pg_catalog.pg_class as c on c.oid = r.root
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_class as t on t.oid = i.indrelid
    join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
    order by 2
) as x
