-- Whether there is a log of refreshes that this role may read.
-- $1 the schema's name
select pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_table_privilege(c.oid, 'select') as readable,
       pg_catalog.has_schema_privilege(n.oid, 'usage')
           and pg_catalog.has_table_privilege(c.oid, 'select')
           and pg_catalog.has_table_privilege(c.oid, 'insert')
           and pg_catalog.has_table_privilege(c.oid, 'update') as writable
from pg_catalog.pg_namespace as n
join pg_catalog.pg_class as c on c.relnamespace = n.oid and c.relname = 'matview_refresh' and c.relkind = 'r'
where n.nspname::text = $1
