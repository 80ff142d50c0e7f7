-- The tables of pgtend's own schema, if it is pgtend's: its books are among them.
-- $1 the schema
select c.oid, c.relname::text as name, greatest(c.reltuples, 0)::float8 as rows,
       pg_catalog.pg_has_role(n.nspowner, 'usage') as owned,
       pg_catalog.pg_get_userbyid(n.nspowner)::text as owner
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname = $1 and c.relkind in ('r', 'p')
  and exists (select from pg_catalog.pg_class as h
              where h.relnamespace = n.oid and h.relname = 'refinery_schema_history')
order by c.relname
