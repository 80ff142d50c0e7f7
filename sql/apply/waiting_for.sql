-- A session that waits for one of ours.
-- $1 ours
select a.pid
from pg_catalog.pg_stat_activity as a
where a.wait_event_type = 'Lock' and pg_catalog.pg_blocking_pids(a.pid) && $1 and a.pid <> all ($1)
limit 1
