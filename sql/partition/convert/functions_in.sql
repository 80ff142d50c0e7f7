-- Names of functions without parameters.
-- $1 schema
select p.proname::text as name
from pg_catalog.pg_proc as p
join pg_catalog.pg_namespace as n on n.oid = p.pronamespace
where n.nspname::text = $1
  and p.pronargs = 0
