-- Whether pgtend can work here: the role and its rights, settings that matter to it, pg_stat_statements, what the role
-- owns, and whose connection this is. Every role may read it.
-- Hole: schema, of pgtend's own tables.
select pg_catalog.jsonb_build_object(
    'superuser', (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = current_user),
    'reads_stats', pg_catalog.pg_has_role('pg_read_all_stats', 'usage'),
    'reads_data', pg_catalog.pg_has_role('pg_read_all_data', 'usage'),
    'signals', pg_catalog.pg_has_role('pg_signal_backend', 'usage'),
    'creates_schemas', pg_catalog.has_database_privilege(pg_catalog.current_database(), 'create'),
    -- As a new session has them: pgtend's own has set some of its own.
    'settings', (select pg_catalog.jsonb_object_agg(s.name, s.reset_val) from pg_catalog.pg_settings as s
                 where s.name in ('autovacuum', 'track_counts', 'track_io_timing', 'lock_timeout', 'statement_timeout',
                                  'idle_in_transaction_session_timeout', 'log_lock_waits', 'max_connections',
                                  'fsync', 'full_page_writes', 'pg_stat_statements.track')),
    'extension', (select pg_catalog.jsonb_build_object('installed', e.installed_version, 'newest', e.default_version)
                  from pg_catalog.pg_available_extensions as e where e.name = 'pg_stat_statements'),
    'extension_loaded', pg_catalog.current_setting('pg_stat_statements.max', true) is not null,
    'relations', (
        select pg_catalog.jsonb_build_object(
            'tables', pg_catalog.count(*) filter (where c.relkind <> 'm'),
            'foreign_tables', pg_catalog.count(*) filter (where c.relkind <> 'm'
                                                            and not pg_catalog.pg_has_role(c.relowner, 'usage')),
            'matviews', pg_catalog.count(*) filter (where c.relkind = 'm'),
            'foreign_matviews', pg_catalog.count(*) filter (where c.relkind = 'm'
                                                              and not pg_catalog.pg_has_role(c.relowner, 'usage')),
            'owners', pg_catalog.array_agg(distinct pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(c.relowner)))
                      filter (where not pg_catalog.pg_has_role(c.relowner, 'usage')))
        from pg_catalog.pg_class as c
        join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p', 'm') and not c.relispartition and c.relpersistence <> 't'
          and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    ),
    'own_schema', (
        select pg_catalog.jsonb_build_object(
            'owner', pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(n.nspowner)),
            'usable', pg_catalog.has_schema_privilege(n.oid, 'usage')
                      and pg_catalog.has_schema_privilege(n.oid, 'create'))
        from pg_catalog.pg_namespace as n where n.nspname = {schema}
    )
)::text as survey
