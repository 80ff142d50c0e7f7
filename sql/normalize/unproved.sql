-- The foreign keys of a table that hold for new rows only.
-- $1 the table
select c.conname::text as name
from pg_catalog.pg_constraint as c
where c.conrelid = $1 and c.contype = 'f' and not c.convalidated
