-- A session tells the counters late what it wrote: from PostgreSQL 15 when it has been idle for 10 s, before that perhaps
-- not until it ends, and never within a transaction or a CALL that commits as it goes. Until when another session of
-- this database may have committed something that it has not told: a transaction that is open since has committed
-- nothing, an idle session nothing after it became idle. From PostgreSQL 15 a session that becomes idle tells what is
-- older than a second, so that one which did so after $1 has told what it wrote before. No row: all have told everything.
-- $1 what was committed by then must have been told; null for all
select s.pid, s.until, s.session, pg_catalog.clock_timestamp() as asked
from (
    select a.pid,
           coalesce(
               case
                   when a.backend_type = 'walsender' then
                       case when a.query like 'START_REPLICATION%' then a.query_start end
                   when a.state = 'disabled' then null
                   when a.state = 'idle' then a.state_change
                   else a.xact_start
               end, pg_catalog.clock_timestamp()) as until,
           a.state = 'idle' and a.backend_type <> 'walsender'
               and (a.state_change < pg_catalog.clock_timestamp() - interval '11 s'
                    or a.state_change > $1::timestamptz + interval '2 s')
               and pg_catalog.current_setting('server_version_num')::integer >= 150000 as told,
           case when a.backend_type is null
               then pg_catalog.format('pid %s, which this role does not see (grant pg_read_all_stats),', a.pid)
               else pg_catalog.format('pid %s (%s)', a.pid, a.backend_type) end as session
    from pg_catalog.pg_stat_activity as a
    where a.datid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
      and a.pid <> pg_catalog.pg_backend_pid()
      -- These write no rows of tables themselves.
      and coalesce(a.backend_type, '') not in ('autovacuum worker', 'autovacuum launcher', 'parallel worker')
      and coalesce(a.application_name, '') not in ('pgtend matview refresh', 'pgtend matview list')
) as s
where s.told is not true
order by s.until desc
