-- Materialized views, and whether they have the unique index that a refresh beside readers needs.
select n.nspname::text as schema,
       c.relname::text as name,
       exists (
           select from pg_catalog.pg_index as i
           where i.indrelid = c.oid
             and i.indisunique
             and i.indisvalid
             and i.indimmediate
             and i.indpred is null
             and i.indexprs is null
       ) as has_key
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'm'
  and n.nspname !~ '^pg_'
order by n.nspname, c.relname
