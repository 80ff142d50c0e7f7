-- The foreign keys of a partitioned table, as it has them, whatever they refer to.
-- $1 oid
select k.conname::text as name, pg_catalog.pg_get_constraintdef(k.oid) as definition, k.convalidated as validated,
       k.confdeltype in ('a', 'r') or k.confupdtype in ('a', 'r') as refuses,
       n.nspname::text as schema, c.relname::text as table
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.confrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where k.conrelid = $1 and k.contype = 'f' and k.conparentid = 0
order by k.conname
