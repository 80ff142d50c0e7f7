-- The first schema of a path that has a relation of this name.
-- $1 name, $2 path
select n.nspname::text as schema
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relname = $1::text
  and n.nspname = any ($2::text[])
order by pg_catalog.array_position($2::text[], n.nspname::text)
limit 1
