-- The first column of each index of a table, by which rows of one source row can be found.
-- $1 the table
select distinct a.attname::text as name
from pg_catalog.pg_index as i
join pg_catalog.pg_attribute as a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
where i.indrelid = $1 and i.indisvalid and i.indpred is null
