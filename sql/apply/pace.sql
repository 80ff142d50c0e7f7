-- What a long stream of rows has to heed, in one look: standbys, slots, the WAL that is written, and the clock.
select (select pg_catalog.max(pg_catalog.pg_wal_lsn_diff(here.lsn, r.replay_lsn))::bigint
        from pg_catalog.pg_stat_replication as r) as lag_bytes,
       (select (extract(epoch from pg_catalog.max(r.replay_lag)) * 1000)::bigint
        from pg_catalog.pg_stat_replication as r) as lag_ms,
       -- A role that may not look sees that there are standbys, and nothing more.
       exists (select from pg_catalog.pg_stat_replication as r where r.state is null) as blind,
       (select pg_catalog.max(pg_catalog.pg_wal_lsn_diff(here.lsn, s.restart_lsn))::bigint
        from pg_catalog.pg_replication_slots as s
        where s.wal_status <> 'lost') as slot_bytes,
       (select s.slot_name::text
        from pg_catalog.pg_replication_slots as s
        where s.wal_status = 'unreserved' or s.safe_wal_size < 1073741824
        limit 1) as slot_in_danger,
       pg_catalog.pg_wal_lsn_diff(here.lsn, '0/0')::bigint as wal_bytes,
       (extract(epoch from pg_catalog.clock_timestamp())::bigint / 60 % 1440)::integer as minute,
       pg_catalog.has_function_privilege('pg_catalog.pg_ls_archive_statusdir()', 'execute')
           and pg_catalog.current_setting('archive_mode') <> 'off' as archives
from (select pg_catalog.pg_current_wal_lsn() as lsn) as here
