-- Finds indexes by name, along the search path where no schema is said; lower case is tried as well, as SQL would.
-- $1 schema (null: search the path), $2 name, $3 the search path
select c.oid,
       n.nspname::text as schema,
       c.relname::text as name,
       i.indrelid as table_oid
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_index as i on i.indexrelid = c.oid
left join pg_catalog.unnest($3::text[]) with ordinality as p(schema, place) on p.schema = n.nspname::text
where c.relname::text in ($2, pg_catalog.lower($2))
  and (n.nspname::text in ($1, pg_catalog.lower($1)) or ($1 is null and p.place is not null))
order by c.relname::text = $2 desc, n.nspname::text = $1 desc nulls last, p.place
limit 1
