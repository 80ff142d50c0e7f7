-- Who runs pgtend on the target at this moment.
-- $1 the object's oid
select a.pid,
       a.usename::text as role,
       a.application_name as application,
       a.state,
       extract(epoch from pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.state_change))::float8 as age_s,
       a.query,
       'one run per target' as mode
from pg_catalog.pg_locks as l
join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'advisory'
  and l.granted
  and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
  and l.classid::bigint = 1885826148
  and l.objid = $1::oid
  and l.objsubid = 2
  and l.pid <> pg_catalog.pg_backend_pid()
