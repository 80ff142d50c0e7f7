-- Copies of a materialized view that a swap has made and not taken away again, known by their comment.
-- $1 the comment, $2 the view's oid
select c.oid, n.nspname::text as schema, c.relname::text as name, pg_catalog.pg_get_userbyid(c.relowner)::text as owner
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_description as d
    on d.objoid = c.oid and d.classoid = 'pg_catalog.pg_class'::regclass and d.objsubid = 0
where c.relkind = 'm'
  and c.relname like 'pgtend\_%'
  and d.description = $1
  and c.oid <> $2
order by c.oid
