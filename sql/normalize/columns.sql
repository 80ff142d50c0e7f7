-- The columns of a table, with their types: as a base to cast text to, and whole, with length or precision.
-- $1 the table
select a.attname::text as name,
       a.attnum::integer as number,
       a.atttypid as type,
       a.atttypmod as modifier,
       a.attcollation as collation,
       pg_catalog.format_type(a.atttypid, null) as base_type,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as whole_type,
       a.attnotnull as not_null,
       a.atthasdef or a.attidentity <> '' as has_default,
       a.attgenerated <> '' or a.attidentity = 'a' as generated
from pg_catalog.pg_attribute as a
where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
order by a.attnum
