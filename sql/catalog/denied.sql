-- What everybody may call and look at unless somebody took that away, and this role may not: the server's statistics,
-- and pg_stat_statements with its schema. Each with the GRANT that gives it.
with e as (
    select n.oid as schema, pg_catalog.quote_ident(n.nspname) as name
    from pg_catalog.pg_extension as e
    join pg_catalog.pg_namespace as n on n.oid = e.extnamespace
    where e.extname = 'pg_stat_statements'
),
denied as (
    select true as of_statements, 'schema ' || e.name as object, 'usage' as privilege
    from e
    where not pg_catalog.has_schema_privilege(e.schema, 'usage')
    union all
    select e.name is not null,
           'function ' || coalesce(e.name, 'pg_catalog') || '.' || pg_catalog.quote_ident(p.proname)
               || '(' || pg_catalog.oidvectortypes(p.proargtypes) || ')',
           'execute'
    from pg_catalog.pg_proc as p
    left join e on e.schema = p.pronamespace and p.proname in ('pg_stat_statements', 'pg_stat_statements_info')
    where not pg_catalog.has_function_privilege(p.oid, 'execute')
      and (e.name is not null
           or p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
              and (p.proname like 'pg\_stat\_get\_%'
                   or p.proname in ('pg_lock_status', 'pg_blocking_pids', 'pg_get_replication_slots',
                                    'pg_show_all_settings', 'pg_database_size', 'pg_relation_size',
                                    'pg_table_size', 'pg_indexes_size', 'pg_total_relation_size')))
    union all
    select true, 'table ' || e.name || '.' || pg_catalog.quote_ident(c.relname), 'select'
    from e
    join pg_catalog.pg_class as c
      on c.relnamespace = e.schema and c.relname in ('pg_stat_statements', 'pg_stat_statements_info')
    where not pg_catalog.has_table_privilege(c.oid, 'select')
)
select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
           'of_statements', d.of_statements, 'object', d.object,
           'grant', pg_catalog.format('grant %s on %s to %I', d.privilege, d.object, current_user))
           order by d.privilege = 'usage' desc, d.object), '[]')::text as denied
from denied as d
