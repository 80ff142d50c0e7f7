-- Where pg_partman keeps its configuration, if it is there and may be read.
select n.nspname::text as schema
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relname = 'part_config'
  and c.relkind in ('r', 'p')
  and pg_catalog.has_schema_privilege(n.oid, 'usage')
  and pg_catalog.has_table_privilege(c.oid, 'select')
  and exists (
      select from pg_catalog.pg_attribute as a
      where a.attrelid = c.oid and a.attname = 'retention_keep_table'
  )
order by n.nspname
limit 1
