-- Whether the books of a set are there: the type of the version in its history (null: no such table), the history's
-- schema, and pgtend's log of migrations. Looked up in the catalog, where no right on a schema is needed.
-- $1 and $2 schema and name of the history, $3 and $4 of the log
select (select pg_catalog.format_type(a.atttypid, null)
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attname = 'version' and not a.attisdropped
        where n.nspname = $1::text and c.relname = $2::text) as version_type,
       exists (select from pg_catalog.pg_namespace as n where n.nspname = $1::text) as has_schema,
       exists (select
               from pg_catalog.pg_class as c
               join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
               where n.nspname = $3::text and c.relname = $4::text
                 and pg_catalog.has_schema_privilege(n.oid, 'usage')
                 and pg_catalog.has_table_privilege(c.oid, 'select')) as has_log
