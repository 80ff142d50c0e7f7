-- The server as a whole, in the numbers that Prometheus is given. Every role may read all of it; null is what this one
-- may not.
select pg_catalog.jsonb_build_object(
    'max_connections', pg_catalog.current_setting('max_connections')::bigint,
    'started', extract(epoch from pg_catalog.pg_postmaster_start_time())::float8,
    'is_replica', pg_catalog.pg_is_in_recovery(),
    'replication_lag', case
        when not pg_catalog.pg_is_in_recovery() then 0
        when pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn() then 0
        else greatest(0, extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()))
    end::float8,
    'databases', (
        select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
            'datid', d.oid::text, 'datname', d.datname,
            -- Sizing a database reads its directory; only who may connect to it, or reads all statistics, may ask.
            'size_bytes', case when pg_catalog.has_database_privilege(d.oid, 'connect')
                                 or pg_catalog.pg_has_role('pg_read_all_stats', 'usage')
                               then pg_catalog.pg_database_size(d.oid) end,
            'xid_age', pg_catalog.age(d.datfrozenxid), 'mxid_age', pg_catalog.mxid_age(d.datminmxid),
            'numbackends', s.numbackends, 'xact_commit', s.xact_commit, 'xact_rollback', s.xact_rollback,
            'blks_read', s.blks_read, 'blks_hit', s.blks_hit, 'tup_returned', s.tup_returned,
            'tup_fetched', s.tup_fetched, 'tup_inserted', s.tup_inserted, 'tup_updated', s.tup_updated,
            'tup_deleted', s.tup_deleted, 'conflicts', s.conflicts, 'temp_files', s.temp_files,
            'temp_bytes', s.temp_bytes, 'deadlocks', s.deadlocks, 'blk_read_time', s.blk_read_time,
            'blk_write_time', s.blk_write_time) order by d.datname), '[]')
        from pg_catalog.pg_database as d
        left join pg_catalog.pg_stat_database as s on s.datid = d.oid
        where not d.datistemplate
          -- The current one first: the series are limited.
          and d.oid in (select o.oid from pg_catalog.pg_database as o
                        order by o.datname = pg_catalog.current_database() desc, o.datname limit 20)
    ),
    'activity', (
        select coalesce(pg_catalog.jsonb_agg(a), '[]') from (
            select coalesce(a.datname, '') as datname, coalesce(a.state, 'unknown') as state,
                   coalesce(a.usename, '') as usename, coalesce(a.backend_type, 'unknown') as backend_type,
                   coalesce(a.wait_event_type, '') as wait_event_type,
                   pg_catalog.count(*) as count,
                   -- What a session does is hidden from a role without rights, and not tracked where that is disabled.
                   case when not pg_catalog.bool_or(a.backend_type is null or a.state = 'disabled') then
                       coalesce(pg_catalog.max(extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)), 0)
                   end::float8 as max_tx_duration
            from pg_catalog.pg_stat_activity as a
            where a.pid <> pg_catalog.pg_backend_pid() and a.datname is not null
            group by 1, 2, 3, 4, 5
            order by 6 desc limit 40) as a
    ),
    'locks', (
        select coalesce(pg_catalog.jsonb_agg(l), '[]') from (
            select pg_catalog.lower(l.mode) as mode, pg_catalog.count(*) as count
            from pg_catalog.pg_locks as l
            where l.database = (select d.oid from pg_catalog.pg_database as d
                                where d.datname = pg_catalog.current_database())
              and l.pid <> pg_catalog.pg_backend_pid()
            group by 1 order by 1) as l
    ),
    'slots', (
        select coalesce(pg_catalog.jsonb_agg(s), '[]') from (
            select s.slot_name::text, s.active, s.safe_wal_size,
                   pg_catalog.pg_wal_lsn_diff(
                       case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                            else pg_catalog.pg_current_wal_lsn() end, s.restart_lsn) as retained_bytes
            from pg_catalog.pg_replication_slots as s order by s.slot_name limit 20) as s
    )
)::text as server
