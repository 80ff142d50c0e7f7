-- What the columns of archive_columns.sql are below their domains, in the same order: an array by its elements.
-- $1 oids
with recursive below as (
    select a.attrelid,
           a.attnum,
           a.atttypid as type,
           a.atttypmod as modifier,
           false as is_array
    from pg_catalog.pg_attribute as a
    where a.attrelid = any ($1)
      and a.attnum > 0
      and not a.attisdropped
      and a.attgenerated = ''
    union all
    select b.attrelid,
           b.attnum,
           case t.typtype when 'd' then t.typbasetype else t.typelem end,
           case t.typtype when 'd' then t.typtypmod else b.modifier end,
           b.is_array or t.typtype <> 'd'
    from below as b
    join pg_catalog.pg_type as t on t.oid = b.type
    where t.typtype = 'd'
       or (not b.is_array and t.typsubscript = 'pg_catalog.array_subscript_handler'::pg_catalog.regproc)
)
select b.attrelid as oid,
       b.type,
       b.modifier,
       b.is_array,
       t.typtype = 'e' as is_enum
from below as b
join pg_catalog.pg_type as t on t.oid = b.type
where t.typtype <> 'd'
  and (b.is_array or t.typsubscript <> 'pg_catalog.array_subscript_handler'::pg_catalog.regproc)
order by b.attrelid, b.attnum
