-- What bears a mark of partitions that are being replaced, and of which table it is a partition.
select c.oid,
       n.nspname::text as schema,
       c.relname::text as name,
       d.description as comment,
       i.inhparent as parent
from pg_catalog.pg_description as d
join pg_catalog.pg_class as c on c.oid = d.objoid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join pg_catalog.pg_inherits as i on i.inhrelid = c.oid
where d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
  and d.objsubid = 0
  and pg_catalog.starts_with(d.description, 'pgtend:replace ')
order by c.oid
