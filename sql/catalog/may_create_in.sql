-- Whether the session's role may make tables in a schema. No row: there is no such schema.
-- $1 schema
select pg_catalog.has_schema_privilege(n.oid, 'create') and pg_catalog.has_schema_privilege(n.oid, 'usage') as may_create
from pg_catalog.pg_namespace as n
where n.nspname::text = $1
