-- Whether tables have foreign keys already.
-- $1 oids
select exists (
    select from pg_catalog.pg_constraint as k
    where k.conrelid = any ($1::oid[]) and k.contype = 'f'
) as refers
