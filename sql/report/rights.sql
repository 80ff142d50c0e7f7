-- What this role may see, and the server that it looks at.
select pg_catalog.row_to_json(x)::text as row
from (
    select
        pg_catalog.quote_ident(current_user) as role,
        pg_catalog.pg_has_role('pg_read_all_stats', 'usage') as reads_all_stats,
        pg_catalog.pg_has_role('pg_read_all_settings', 'usage') as reads_all_settings,
        pg_catalog.pg_has_role('pg_read_all_data', 'usage') as reads_all_data,
        (select e.extversion from pg_catalog.pg_extension as e where e.extname = 'pg_stat_statements') as statements,
        (select n.nspname::text
         from pg_catalog.pg_extension as e
         join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
         where e.extname = 'pg_stat_statements') as statements_schema,
        pg_catalog.current_setting('pg_stat_statements.track', true) as statements_track,
        pg_catalog.current_setting('track_counts')::boolean as counts
) as x
