-- Whether the books of backfills are there.
-- $1 the schema's name
select exists (
    select
    from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    where n.nspname::text = $1 and c.relname = 'backfill' and c.relkind = 'r'
) as present
