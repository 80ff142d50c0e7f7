-- Whether the books are there, up to which version, and whether this role may write them.
-- $1 the schema's name
select pg_catalog.to_regnamespace(pg_catalog.quote_ident($1)) is not null as schema_exists,
       pg_catalog.to_regclass(pg_catalog.quote_ident($1) || '.refinery_schema_history') is not null as has_history,
       coalesce(pg_catalog.has_table_privilege(
           pg_catalog.to_regclass(pg_catalog.quote_ident($1) || '.run')::oid, 'insert, update'), false) as may_write,
       coalesce(pg_catalog.has_schema_privilege(
           pg_catalog.to_regnamespace(pg_catalog.quote_ident($1))::oid, 'create'), false) as may_create_in,
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create') as may_create_schema
