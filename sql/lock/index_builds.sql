-- Sessions that build an index on one of some tables at this moment.
-- $1 oids of the tables
select a.pid,
       a.usename::text as role,
       a.application_name as application,
       a.state,
       extract(epoch from pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.state_change))::float8 as age_s,
       a.query,
       pg_catalog.lower(p.command) || ' on ' || p.relid::regclass::text as mode
from pg_catalog.pg_stat_progress_create_index as p
join pg_catalog.pg_stat_activity as a on a.pid = p.pid
where p.relid = any ($1::oid[])
  and p.datid = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
  and p.pid <> pg_catalog.pg_backend_pid()
