-- Functions and procedures of a name that can be called with no argument, or with a number of rows: it takes an integer
-- first and gives one. Those of the first schema on the path come first.
-- $1 schema or null, $2 name, $3 schemas of the search path
select p.oid,
       n.nspname::text as schema,
       p.proname::text as name,
       p.prokind = 'p' as procedure,
       p.prokind = 'f' and p.pronargs > 0 and not p.proretset
       and p.proargtypes[0] in ('pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype)
       and p.prorettype in ('pg_catalog.int4'::pg_catalog.regtype, 'pg_catalog.int8'::pg_catalog.regtype) as takes_rows,
       (p.pronargs - p.pronargdefaults)::integer as required,
       pg_catalog.pg_get_function_identity_arguments(p.oid) as arguments,
       pg_catalog.has_schema_privilege(n.oid, 'usage') as schema_allowed,
       pg_catalog.has_function_privilege(p.oid, 'execute') as allowed
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where p.proname::text in ($2, pg_catalog.lower($2))
  and p.prokind in ('f', 'p')
  and (n.nspname = $1 or $1 is null and n.nspname = any ($3))
order by pg_catalog.array_position($3::text[], n.nspname::text), p.pronargs, p.oid
