-- Where pg_stat_statements lives, which version of it, and whether its functions can be called: `loaded` is false where
-- the extension was created without its library. Also how full it can get, and whether it counts.
select pg_catalog.jsonb_build_object(
    'schema', n.nspname,
    'version', e.extversion,
    'loaded', pg_catalog.current_setting('pg_stat_statements.max', true) is not null,
    'may_read', pg_catalog.has_schema_privilege(n.oid, 'usage'),
    'track', pg_catalog.current_setting('pg_stat_statements.track', true),
    'most', pg_catalog.current_setting('pg_stat_statements.max', true)::bigint
)::text as extension
from pg_catalog.pg_extension as e
join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
where e.extname = 'pg_stat_statements'
