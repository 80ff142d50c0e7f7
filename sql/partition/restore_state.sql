-- A relation by its name, and what its comment says: an interrupted restore has left its mark there.
-- $1 schema, $2 name
select c.oid,
       pg_catalog.obj_description(c.oid, 'pg_class') as comment,
       c.relispartition as is_partition
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname::text = $1
  and c.relname::text = $2
