-- What the server says of itself as a whole: settings that decide over data and upkeep, this database's counters, the
-- WAL archive, and how far transaction ids are used up. Every role may read all of it.
with s as (
    select pg_catalog.jsonb_object_agg(name, setting) as settings,
           pg_catalog.jsonb_agg(name order by name) filter (where pending_restart) as pending
    from pg_catalog.pg_settings
    where pending_restart
       or name in ('max_connections', 'superuser_reserved_connections', 'reserved_connections', 'fsync',
                   'full_page_writes', 'autovacuum', 'track_counts', 'track_activities', 'track_io_timing',
                   'archive_mode', 'archive_command', 'archive_library', 'autovacuum_freeze_max_age', 'autovacuum_multixact_freeze_max_age',
                   'zero_damaged_pages', 'ignore_checksum_failure', 'data_checksums')
)
select pg_catalog.jsonb_build_object(
    'settings', s.settings,
    'pending_restart', coalesce(s.pending, '[]'),
    'databases', (
        select pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'name', d.datname,
            'xid_age', pg_catalog.age(d.datfrozenxid),
            'multixact_age', pg_catalog.mxid_age(d.datminmxid),
            'checksum_failures', p.checksum_failures
        ))
        from pg_catalog.pg_database as d
        left join pg_catalog.pg_stat_database as p on p.datid = d.oid
    ),
    'shared_checksum_failures', (select p.checksum_failures from pg_catalog.pg_stat_database as p where p.datid = 0),
    'blocks_hit', p.blks_hit,
    'blocks_read', p.blks_read,
    'stats_since_s', extract(epoch from pg_catalog.clock_timestamp() - coalesce(
        p.stats_reset, (select b.stats_reset from pg_catalog.pg_stat_bgwriter as b)))::float8,
    -- A database that was never reset may be younger than the server's own statistics.
    'blocks_since_s', extract(epoch from pg_catalog.clock_timestamp() - p.stats_reset)::float8,
    'archiver', (
        select pg_catalog.jsonb_build_object(
            'failed_count', a.failed_count,
            'failing', a.last_failed_time > coalesce(a.last_archived_time, '-infinity'),
            'failing_for_s', extract(epoch from pg_catalog.clock_timestamp()
                                     - coalesce(a.last_archived_time, a.last_failed_time))::float8,
            'last_failed', a.last_failed_wal)
        from pg_catalog.pg_stat_archiver as a
    )
)::text as server
from s
left join pg_catalog.pg_stat_database as p
    on p.datname = pg_catalog.current_database()
