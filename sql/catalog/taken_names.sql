-- Which names cannot be given to a new table, because a relation or a type of the schema has them.
-- $1 schema, $2 names
select w.name,
       c.oid,
       c.relkind::text as kind
from pg_catalog.unnest($2::text[]) as w(name)
left join pg_catalog.pg_class as c
    on c.relname::text = w.name
   and c.relnamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname::text = $1)
left join pg_catalog.pg_type as t
    on t.typname::text = w.name
   and t.typnamespace = (select n.oid from pg_catalog.pg_namespace as n where n.nspname::text = $1)
where c.oid is not null
   or t.oid is not null
