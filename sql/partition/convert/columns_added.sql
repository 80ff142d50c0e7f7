-- Columns that tables which refer to a table have been given, by the triggers that fill them: a trigger's argument is the
-- column's name.
-- $1 beginning of the comments
select n.nspname::text as schema,
       r.relname::text as name,
       r.oid,
       g.tgname::text as trigger,
       s.nspname::text as function_schema,
       p.proname::text as function,
       a.attname::text as column,
       d.description as comment,
       pg_catalog.has_table_privilege(r.oid, 'update, delete, truncate') as may_lock
from pg_catalog.pg_description as d
join pg_catalog.pg_trigger as g on g.oid = d.objoid
join pg_catalog.pg_class as r on r.oid = g.tgrelid
join pg_catalog.pg_namespace as n on n.oid = r.relnamespace
join pg_catalog.pg_proc as p on p.oid = g.tgfoid
join pg_catalog.pg_namespace as s on s.oid = p.pronamespace
join pg_catalog.pg_attribute as a
    on a.attrelid = r.oid and not a.attisdropped
    and a.attname::text = pg_catalog.convert_from(
        pg_catalog.substr(g.tgargs, 1, pg_catalog.length(g.tgargs) - 1), pg_catalog.getdatabaseencoding())
where d.classoid = 'pg_catalog.pg_trigger'::regclass
  and d.objsubid = 0
  and g.tgnargs = 1
  and pg_catalog.starts_with(d.description, $1)
order by n.nspname, r.relname, g.tgname
