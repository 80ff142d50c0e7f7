-- Finds relations by name. A name without a schema is looked up along the search path, as the server would; a name
-- that is not found as it stands is tried in lower case, as an unquoted name in SQL would be.
-- $1 schemas (null: search the path), $2 names, $3 the search path
with wanted as (
    select w.number, w.schema, w.name
    from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) with ordinality as w(schema, name, number)
),
path as (
    select p.schema, p.place
    from pg_catalog.unnest($3::text[]) with ordinality as p(schema, place)
)
select distinct on (w.number)
       w.number::integer as number,
       c.oid,
       n.nspname::text as schema,
       c.relname::text as name,
       c.relkind::text as kind
from wanted as w
join pg_catalog.pg_class as c
    -- As names, so that the index of pg_class serves; a text that is too long for a name would be cut short.
    on c.relname in (w.name::name, pg_catalog.lower(w.name)::name)
   and c.relname::text in (w.name, pg_catalog.lower(w.name))
   and c.relkind in ('r', 'p', 'v', 'm', 'f')
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join path as p on p.schema = n.nspname::text
where n.nspname::text in (w.schema, pg_catalog.lower(w.schema))
   or (w.schema is null and p.place is not null)
order by w.number,
         c.relname::text = w.name desc,
         n.nspname::text = w.schema desc nulls last,
         p.place
