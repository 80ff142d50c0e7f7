-- Tables that a DELETE reaches through more than one foreign key: by ON DELETE CASCADE from table to table, then by a
-- last key that deletes or changes rows. Partitions are not listed beside their parents.
-- $1 oid of the table that the rows are deleted from
with recursive reached as (
    select k.conrelid as oid,
           k.confdeltype,
           1 as keys,
           array[k.confrelid, k.conrelid] as path
    from pg_catalog.pg_constraint as k
    where k.confrelid = $1
      and k.contype = 'f'
      and k.conparentid = 0
    union all
    select k.conrelid,
           k.confdeltype,
           r.keys + 1,
           r.path || k.conrelid
    from reached as r
    join pg_catalog.pg_constraint as k on k.confrelid = r.oid
    where r.confdeltype = 'c'
      and k.contype = 'f'
      and k.conparentid = 0
      and k.confdeltype in ('c', 'n', 'd')
      and k.conrelid <> all (r.path)
)
select distinct n.nspname::text as schema,
       c.relname::text as table
from reached as r
join pg_catalog.pg_class as c on c.oid = r.oid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where r.keys > 1
order by 1, 2
