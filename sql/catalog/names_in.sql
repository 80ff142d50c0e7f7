-- Names that relations of some schemas have: an index shares them with tables, sequences and views.
-- $1 schemas
select n.nspname::text as schema, c.relname::text as name
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname::text = any ($1::text[])
