-- Foreign keys with their columns, one JSON value each; of a partitioned table only the one on the whole.
-- $1 oids of the tables that refer to others (null: every table that is not the system's)
select pg_catalog.jsonb_build_object(
    'name', k.conname,
    'table_oid', c.oid::bigint,
    'schema', n.nspname,
    'table', c.relname,
    'partitioned', c.relkind = 'p',
    'columns', (select pg_catalog.jsonb_agg(a.attname order by u.place)
                from pg_catalog.unnest(k.conkey) with ordinality as u(attribute, place)
                join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = u.attribute),
    'referenced_schema', fn.nspname,
    'referenced', f.relname,
    'rows', case when c.reltuples >= 0 then c.reltuples::float8 end
) as key
from pg_catalog.pg_constraint as k
join pg_catalog.pg_class as c on c.oid = k.conrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_class as f on f.oid = k.confrelid
join pg_catalog.pg_namespace as fn on fn.oid = f.relnamespace
where k.contype = 'f'
  and k.conparentid = 0
  and case
          when $1::oid[] is null
              then n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and c.relpersistence <> 't'
          else c.oid = any ($1::oid[])
      end
order by n.nspname, c.relname, k.conname
