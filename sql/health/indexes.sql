-- Indexes that cost and do not serve, and constraints that were never proved. Partitions are rolled up to the index of
-- the partitioned table. Every role may read it.
with parent as materialized (
    -- Of each parent once, for there are many more partitions.
    select p.oid, pg_catalog.pg_partition_root(p.oid)::oid as root from pg_catalog.pg_class as p where p.relkind = 'I'
),
i as materialized (
    select x.indexrelid, coalesce(p.root, x.indexrelid) as root, x.indisvalid, c.relkind, c.relispartition, c.relpages, n.nspname, c.relname,
           x.indisunique or x.indisexclusion or x.indisreplident as is_needed
    from pg_catalog.pg_index as x
    join pg_catalog.pg_class as c on c.oid = x.indexrelid
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    left join pg_catalog.pg_inherits as h on c.relispartition and h.inhrelid = x.indexrelid
    left join parent as p on p.oid = h.inhparent
    where n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relpersistence <> 't'
),
-- What is compared with one another: the indexes of partitions follow those of their table.
top as materialized (
    select x.indexrelid, x.indrelid, x.indisunique, x.indisreplident, x.indkey::text as key, x.indclass::text as class,
           x.indcollation::text as collation, x.indoption::text as options, x.indnkeyatts, c.relam,
           -- Up to PostgreSQL 16 a tree also tells where in the statement it was written.
           coalesce(pg_catalog.regexp_replace(x.indexprs::text, ':location -?\d+', '', 'g'), '') as expressions,
           coalesce(pg_catalog.regexp_replace(x.indpred::text, ':location -?\d+', '', 'g'), '') as predicate,
           pg_catalog.quote_ident(i.nspname) || '.' || pg_catalog.quote_ident(i.relname) as name,
           -- No index of pg_constraint leads by the index: it is read once, not for each.
           x.indexrelid in (select k.conindid from pg_catalog.pg_constraint as k
                            where k.contype in ('p', 'u', 'x')) as is_constraint
    from i
    join pg_catalog.pg_index as x on x.indexrelid = i.indexrelid
    join pg_catalog.pg_class as c on c.oid = i.indexrelid
    where not i.relispartition
),
building as (
    select p.index_relid from pg_catalog.pg_stat_progress_create_index as p
),
f as (
    select k.oid, k.conname, k.conrelid, k.conkey, k.confrelid
    from pg_catalog.pg_constraint as k
    where k.contype = 'f' and k.conparentid = 0
),
unused as (
    select i.root,
           pg_catalog.sum(i.relpages)::float8 * pg_catalog.current_setting('block_size')::bigint as bytes
    from i
    where i.relkind = 'i' and not i.is_needed
    group by i.root
    having pg_catalog.sum(pg_catalog.pg_stat_get_numscans(i.indexrelid)) = 0
)
select pg_catalog.jsonb_build_object(
    'indexes', (select pg_catalog.count(*) from i where not i.relispartition),
    'invalid', (select coalesce(pg_catalog.jsonb_agg(
                    pg_catalog.quote_ident(i.nspname) || '.' || pg_catalog.quote_ident(i.relname)
                    order by i.nspname, i.relname), '[]') from i
                where not i.indisvalid and i.indexrelid not in (select b.index_relid from building as b
                                                                where b.index_relid is not null)),
    -- The progress of others' builds is hidden from a plain role: an index that is being built looks as one that failed.
    'building_hidden', exists (select from building as b where b.index_relid is null),
    'duplicate', (select coalesce(pg_catalog.jsonb_agg(x), '[]') from (
        select a.name, b.name as same_as
        from top as a
        join top as b
            on b.indrelid = a.indrelid and b.key = a.key and b.class = a.class and b.collation = a.collation
           and b.options = a.options and b.indnkeyatts = a.indnkeyatts and b.expressions = a.expressions
           and b.predicate = a.predicate and b.relam = a.relam
        where not a.is_constraint and not a.indisreplident
          -- The one to keep: a constraint's, a unique one, the elder.
          and (b.is_constraint or (b.indisunique and not a.indisunique)
               or (b.indisunique = a.indisunique and b.indexrelid < a.indexrelid))
          and (not a.indisunique or b.indisunique)
        order by a.name limit 50) as x),
    'unindexed', (select coalesce(pg_catalog.jsonb_agg(x), '[]') from (
        select pg_catalog.format('%I.%I (%I)', n.nspname, c.relname, f.conname) as name
        from f
        join pg_catalog.pg_class as c on c.oid = f.conrelid
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where not exists (
            select from pg_catalog.pg_index as x
            join pg_catalog.pg_class as ic on ic.oid = x.indexrelid
            join pg_catalog.pg_am as m on m.oid = ic.relam and m.amname in ('btree', 'hash')
            where x.indrelid = f.conrelid and x.indisvalid and x.indpred is null
              -- The key's columns lead the index, in whatever order; columns that are only included lead nowhere.
              and x.indnkeyatts >= pg_catalog.cardinality(f.conkey)
              and (x.indkey::smallint[])[0:pg_catalog.cardinality(f.conkey) - 1] @> f.conkey)
        order by 1 limit 50) as x),
    'unused', (select coalesce(pg_catalog.jsonb_agg(x), '[]') from (
        select top.name, u.bytes
        from unused as u join top on top.indexrelid = u.root
        where u.bytes > 0
        order by u.bytes desc limit 50) as x),
    'unvalidated', (select coalesce(pg_catalog.jsonb_agg(x.name order by x.name), '[]') from (
        select pg_catalog.format('%I.%I (%I)', n.nspname, c.relname, k.conname) as name
        from pg_catalog.pg_constraint as k
        join pg_catalog.pg_class as c on c.oid = k.conrelid
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where not k.convalidated and k.conparentid = 0
        order by 1 limit 50) as x)
)::text as indexes
