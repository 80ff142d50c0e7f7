-- Transactions that hold a lock on a relation since before the given age: a concurrent statement would wait for them.
-- $1 relation, quoted and qualified; $2 age in seconds
select distinct on (a.pid)
       a.pid,
       a.usename::text as role,
       a.application_name as application,
       a.state,
       extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)::float8 as age_s,
       a.query,
       l.mode || ' on ' || l.relation::regclass::text as mode
from pg_catalog.pg_locks as l
join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.locktype = 'relation'
  and l.granted
  and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
  and l.relation = pg_catalog.to_regclass($1)::oid
  and l.pid <> pg_catalog.pg_backend_pid()
  and a.xact_start < pg_catalog.clock_timestamp() - $2 * interval '1 second'
order by a.pid
