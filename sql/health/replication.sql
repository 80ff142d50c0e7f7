-- Standbys and replication slots of a primary, and for whom a commit waits; of a standby, how far its replay is behind.
-- What a role may not see of a standby's connection is null; `hidden` counts these.
with r as (
    select coalesce(nullif(s.application_name, ''), s.client_addr::text, s.pid::text) as name,
           s.state,
           s.sync_state,
           extract(epoch from s.replay_lag)::float8 as lag_s,
           case when not pg_catalog.pg_is_in_recovery()
                then pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), s.replay_lsn) end as lag_bytes,
           s.state is null as hidden
    from pg_catalog.pg_stat_replication as s
    -- A base backup streams WAL without replaying it.
    where s.state is distinct from 'backup'
),
slots as (
    select t.slot_name as name,
           t.active,
           t.wal_status as status,
           t.slot_type = 'physical' as physical,
           -- From PostgreSQL 17 on.
           extract(epoch from pg_catalog.clock_timestamp()
                   - (pg_catalog.to_jsonb(t) ->> 'inactive_since')::timestamptz)::float8 as inactive_s,
           pg_catalog.pg_wal_lsn_diff(
               case when pg_catalog.pg_is_in_recovery() then pg_catalog.pg_last_wal_replay_lsn()
                    else pg_catalog.pg_current_wal_lsn() end, t.restart_lsn) as retained_bytes
    from pg_catalog.pg_replication_slots as t
)
select pg_catalog.jsonb_build_object(
    'standbys', (select coalesce(pg_catalog.jsonb_agg(r order by r.lag_s desc nulls last), '[]') from r),
    'slots', (select coalesce(pg_catalog.jsonb_agg(slots order by slots.retained_bytes desc nulls last), '[]') from slots),
    'standby', pg_catalog.pg_is_in_recovery(),
    'synchronous_names', pg_catalog.current_setting('synchronous_standby_names'),
    -- What holds where no session says otherwise.
    'synchronous_commit', (select g.reset_val from pg_catalog.pg_settings as g where g.name = 'synchronous_commit'),
    'waiting_commits', (select pg_catalog.count(*) from pg_catalog.pg_stat_activity as a
                        where a.wait_event_type = 'IPC' and a.wait_event = 'SyncRep'),
    -- A primary at rest sends nothing: replayed up to what was received is no lag, however old it is.
    'replay_lag_s', case
        when not pg_catalog.pg_is_in_recovery() then null
        when pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn() then 0
        else extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp())::float8
    end,
    'receiving', case when pg_catalog.pg_is_in_recovery()
                      then exists (select from pg_catalog.pg_stat_wal_receiver as w where w.pid is not null) end
)::text as replication
