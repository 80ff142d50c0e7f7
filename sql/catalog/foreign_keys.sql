-- Foreign keys from a partitioned table (out) and to it (in), or to the registry of its keys where it has one. A key
-- between partitioned tables is listed once.
-- $1 oid of the partitioned table
select 'out' as direction,
       k.conname::text as name,
       n.nspname::text as schema,
       c.relname::text as table,
       k.confdeltype::text as on_delete,
       pg_catalog.has_table_privilege(c.oid, 'update, delete, truncate') as may_lock,
       null::text[] as columns,
       null::text[] as referenced_columns,
       null::boolean as indexed
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.confrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where k.conrelid = $1
  and k.contype = 'f'
union all
select 'in',
       k.conname::text,
       n.nspname::text,
       c.relname::text,
       k.confdeltype::text,
       pg_catalog.has_table_privilege(c.oid, 'update, delete, truncate'),
       (select pg_catalog.array_agg(a.attname::text order by u.place)
        from pg_catalog.unnest(k.conkey) with ordinality as u(attnum, place)
        join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.attnum),
       (select pg_catalog.array_agg(a.attname::text order by u.place)
        from pg_catalog.unnest(k.confkey) with ordinality as u(attnum, place)
        join pg_catalog.pg_attribute as a on a.attrelid = k.confrelid and a.attnum = u.attnum),
       -- By which rows that refer to one that is deleted are found.
       exists (
           select from pg_catalog.pg_index as i
           join pg_catalog.pg_class as x on x.oid = i.indexrelid
           join pg_catalog.pg_am as m on m.oid = x.relam and m.amname in ('btree', 'hash')
           where i.indrelid = k.conrelid and i.indisvalid and i.indpred is null and i.indkey[0] = any (k.conkey))
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where k.confrelid in (
        select $1
        union all
        select pg_catalog.to_regclass(pg_catalog.convert_from(
            pg_catalog.substring(g.tgargs, 1, pg_catalog.length(g.tgargs) - 1), pg_catalog.getdatabaseencoding()))
        from pg_catalog.pg_trigger as g
        where g.tgrelid = $1 and g.tgname = '00_pgtend_ids' and g.tgnargs = 1)
  and k.contype = 'f'
  and k.conparentid = 0
order by 1, 3, 4, 2
