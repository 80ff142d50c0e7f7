-- Materialized views, and whether they were ever filled. Every role may read it.
select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
           'oid', c.oid::bigint,
           'name', pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname),
           'populated', c.relispopulated) order by n.nspname, c.relname), '[]')::text as matviews
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'm' and n.nspname !~ '^pg_'
