-- The moment of a reading: who counts, since when, and what the database as a whole has done. The server's own
-- counters of the database lose nothing in a clean restart; after a crash all begin anew, which the background writer's
-- statistics tell and the database's own do not.
select pg_catalog.row_to_json(x)::text as row
from (
    select
        pg_catalog.clock_timestamp() as at,
        (select c.system_identifier::text from pg_catalog.pg_control_system() as c) as system_identifier,
        pg_catalog.pg_is_in_recovery() as standby,
        d.datid::bigint as database_oid,
        pg_catalog.current_setting('server_version_num')::integer as server_version,
        pg_catalog.pg_postmaster_start_time() as started_at,
        d.stats_reset as database_reset,
        (select b.stats_reset from pg_catalog.pg_stat_bgwriter as b) as bgwriter_reset,
        d.xact_commit as commits, d.xact_rollback as rollbacks, d.blks_hit as hit, d.blks_read as read,
        d.temp_bytes, d.deadlocks
    from pg_catalog.pg_stat_database as d
    where d.datname = pg_catalog.current_database()
) as x
