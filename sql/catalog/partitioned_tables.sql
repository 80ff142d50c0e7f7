-- Partitioned tables with their keys.
-- $1 oids; null for every partitioned table that belongs to a user
select c.oid,
       n.nspname::text as schema,
       c.relname::text as name,
       t.partstrat::text as strategy,
       pg_catalog.pg_get_partkeydef(c.oid) as key,
       c.relispartition as is_partition,
       c.relpersistence::text as persistence,
       pg_catalog.pg_get_userbyid(c.relowner)::text as owner,
       pg_catalog.pg_has_role(c.relowner, 'usage') as owned,
       k.columns,
       k.types,
       k.not_null,
       k.collations,
       (select pg_catalog.count(*) from pg_catalog.pg_constraint as f
        where f.conrelid = c.oid and f.contype = 'f') as references_out,
       -- Where it has a registry of its keys, other tables refer to that one.
       coalesce(referenced.keys, 0) + (
           select pg_catalog.count(*) from pg_catalog.pg_trigger as g
           where g.tgrelid = c.oid and g.tgname = '00_pgtend_ids') as references_in
from pg_catalog.pg_partitioned_table as t
join pg_catalog.pg_class as c on c.oid = t.partrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
-- No index of pg_constraint leads by the referenced table: it is read once, not for each table.
left join (
    select f.confrelid as oid, pg_catalog.count(*) as keys
    from pg_catalog.pg_constraint as f
    where f.contype = 'f'
    group by f.confrelid
) as referenced on referenced.oid = c.oid
cross join lateral (
    select pg_catalog.array_agg(a.attname::text order by p.place) as columns,
           pg_catalog.array_agg(pg_catalog.format_type(base.type, null) order by p.place) as types,
           pg_catalog.array_agg(coalesce(a.attnotnull, false) order by p.place) as not_null,
           pg_catalog.array_agg(
               (select pg_catalog.quote_ident(s.nspname) || '.' || pg_catalog.quote_ident(l.collname)
                from pg_catalog.pg_collation as l
                join pg_catalog.pg_namespace as s on s.oid = l.collnamespace
                where l.oid = p.collation_oid) order by p.place) as collations
    from rows from (pg_catalog.unnest(t.partattrs::smallint[]), pg_catalog.unnest(t.partcollation::oid[]))
         with ordinality as p(attnum, collation_oid, place)
    left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = p.attnum and p.attnum > 0
    left join lateral (
        -- A domain may be made of a domain.
        with recursive type (oid, depth) as (
            select a.atttypid, 0
            union all
            select y.typbasetype, t.depth + 1
            from type as t
            join pg_catalog.pg_type as y on y.oid = t.oid
            where y.typbasetype <> 0
        )
        select t.oid as type from type as t order by t.depth desc limit 1
    ) as base on true
) as k
where ($1::oid[] is null or c.oid = any ($1::oid[]))
  and ($1::oid[] is not null
       or (n.nspname !~ '^pg_' and n.nspname <> 'information_schema'))
order by n.nspname, c.relname
