-- The columns of some tables as an archive holds them, in the table's order; generated ones are left out.
-- $1 oids
select a.attrelid as oid,
       a.attname::text as name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
       a.attnotnull as not_null
from pg_catalog.pg_attribute as a
where a.attrelid = any ($1)
  and a.attnum > 0
  and not a.attisdropped
  and a.attgenerated = ''
order by a.attrelid, a.attnum
