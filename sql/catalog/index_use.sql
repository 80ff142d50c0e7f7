-- Since when the counters of use run, who else has counters of its own, and what this role sees of other sessions.
-- A crash clears the counters of all databases, which the background writer's tell and the database's do not.
select pg_catalog.jsonb_build_object(
    'since', greatest(
        (select d.stats_reset from pg_catalog.pg_stat_database as d
         where d.datname = pg_catalog.current_database()),
        (select b.stats_reset from pg_catalog.pg_stat_bgwriter as b)),
    'standby', pg_catalog.pg_is_in_recovery(),
    'standbys', (select pg_catalog.count(*) from pg_catalog.pg_stat_replication as r),
    'sees_others', pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
) as facts
