-- The names of the constraints and indexes that a table has.
-- $1 the table
select c.conname::text as name from pg_catalog.pg_constraint as c where c.conrelid = $1
union
select x.relname::text
from pg_catalog.pg_index as i
join pg_catalog.pg_class as x on x.oid = i.indexrelid
where i.indrelid = $1 and i.indisvalid
