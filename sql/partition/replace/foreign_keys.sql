-- The foreign keys of a partitioned table, as it has them, whatever they refer to.
-- $1 oid
select k.conname::text as name, pg_catalog.pg_get_constraintdef(k.oid) as definition, k.convalidated as validated,
       k.confdeltype in ('a', 'r') or k.confupdtype in ('a', 'r') as refuses
from pg_catalog.pg_constraint as k
where k.conrelid = $1 and k.contype = 'f' and k.conparentid = 0
order by k.conname
