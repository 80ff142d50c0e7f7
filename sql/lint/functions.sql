-- What functions are, by name: found in another schema than pg_catalog, and volatile. A name without a schema is looked
-- up in pg_catalog first, as the server does.
-- $1 schemas (null: search the path), $2 names, $3 the search path
select distinct on (w.number)
       w.number,
       n.nspname <> 'pg_catalog' as outside,
       pg_catalog.bool_or(p.provolatile = 'v') over (partition by w.number, n.nspname) as volatile
from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) with ordinality as w(schema, name, number)
join pg_catalog.pg_proc as p on p.proname = w.name::name
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname::text = w.schema
   or (w.schema is null and n.nspname::text = any (array['pg_catalog'] || $3::text[]))
order by w.number, n.nspname <> 'pg_catalog'
