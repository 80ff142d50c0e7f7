-- What a session needs to know before its first act: version, role, clock, and the search path that names are found by.
-- Read before sql/session/settings.sql pins the search path, so that even its operators name their schema; one text value,
-- so that it takes a single round trip.
select pg_catalog.jsonb_build_object(
    'version', pg_catalog.current_setting('server_version_num')::integer,
    'standby', pg_catalog.pg_is_in_recovery(),
    'pid', pg_catalog.pg_backend_pid(),
    'role', current_user,
    'database', pg_catalog.current_database(),
    'search_path', pg_catalog.to_jsonb(pg_catalog.current_schemas(false)),
    'now_us', (extract(epoch from pg_catalog.clock_timestamp()) operator(pg_catalog.*) 1000000)::bigint,
    'deadlock_timeout_ms', (select s.setting::bigint from pg_catalog.pg_settings as s where s.name operator(pg_catalog.=) 'deadlock_timeout')
)::text as facts
