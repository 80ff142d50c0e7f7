-- Transactions that began before another one ended, and so may not see what it did.
-- $1 the other one
select a.pid, a.usename::text as role, a.application_name as application, a.state,
       extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)::double precision as age_s,
       a.query, 'an older snapshot'::text as mode
from pg_catalog.pg_stat_activity as a
where a.datname = pg_catalog.current_database()
  and a.pid <> pg_catalog.pg_backend_pid()
  and a.backend_type = 'client backend'
  and (pg_catalog.age(a.backend_xmin) >= pg_catalog.age($1::text::xid8::xid)
       or pg_catalog.age(a.backend_xid) > pg_catalog.age($1::text::xid8::xid))
