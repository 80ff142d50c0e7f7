-- Whether the books are there, and whether this role may write them or make them. Looked up in the catalog: a function
-- such as to_regclass refuses to look into a schema that the role may not use.
-- $1 the schema's name
select n.oid is not null as schema_exists,
       r.oid is not null as has_run,
       coalesce(pg_catalog.has_schema_privilege(n.oid, 'usage')
                and pg_catalog.has_table_privilege(r.oid, 'select')
                and pg_catalog.has_table_privilege(r.oid, 'insert')
                and pg_catalog.has_table_privilege(r.oid, 'update'), false) as may_write,
       case
           when n.oid is null then pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create')
           when h.oid is null then pg_catalog.has_schema_privilege(n.oid, 'create')
                                   and pg_catalog.has_schema_privilege(n.oid, 'usage')
           else pg_catalog.has_schema_privilege(n.oid, 'create')
                and pg_catalog.has_schema_privilege(n.oid, 'usage')
                and pg_catalog.has_table_privilege(h.oid, 'select')
                and pg_catalog.has_table_privilege(h.oid, 'insert')
       end as may_make
from (values ($1::text)) as wanted (schema)
left join pg_catalog.pg_namespace as n on n.nspname::text = wanted.schema
left join pg_catalog.pg_class as h on h.relnamespace = n.oid and h.relname = 'refinery_schema_history'
left join pg_catalog.pg_class as r on r.relnamespace = n.oid and r.relname = 'run'
