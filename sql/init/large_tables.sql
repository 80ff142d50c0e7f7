-- Ordinary tables that are large and have a time column, with the column that looks most like the time of insertion: one
-- whose default is the clock, else the one that follows the order of the rows best. Largest first.
-- $1 rows from which on a table is large
select n.nspname::text as schema,
       c.relname::text as name,
       c.reltuples::double precision as rows_estimate,
       pg_catalog.pg_total_relation_size(c.oid) as bytes,
       k.name as column,
       k.correlation
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral (
    select a.attname::text as name, s.correlation::double precision as correlation
    from pg_catalog.pg_attribute as a
    left join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    -- Only what the role may read; absent before the first ANALYZE.
    left join pg_catalog.pg_stats as s
        on s.schemaname = n.nspname and s.tablename = c.relname and s.attname = a.attname and not s.inherited
    where a.attrelid = c.oid
      and a.attnum > 0
      and not a.attisdropped
      and a.atttypid in ('pg_catalog.timestamptz'::regtype, 'pg_catalog.timestamp'::regtype, 'pg_catalog.date'::regtype)
    order by (coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') ~* '(now\(\)|current_|_timestamp)') desc,
             -- A time that changes is no key.
             (a.attname ~* '(updat|modif|chang|delet)'),
             a.attnotnull desc,
             pg_catalog.abs(coalesce(s.correlation, 0)) desc,
             a.attnum
    limit 1
) as k
where c.relkind = 'r'
  and not c.relispartition
  and c.relpersistence <> 't'
  and c.reltuples >= $1::bigint
  and n.nspname !~ '^pg_'
  and n.nspname <> 'information_schema'
order by bytes desc, n.nspname, c.relname
