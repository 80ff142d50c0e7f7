-- What a session waits for at this moment, and who is in its way. Writers queue behind it where it waits for a lock on
-- a relation in a mode that conflicts with theirs.
-- $1 pid of the waiting session
select a.pid,
       a.usename::text as role,
       a.application_name as application,
       a.state,
       extract(epoch from pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.state_change))::float8 as age_s,
       a.query,
       w.locktype = 'relation'
           and w.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock') as holds_up_writers,
       coalesce(w.mode || ' on ' || w.relation::regclass::text, 'the end of its transaction') as mode
from pg_catalog.unnest(pg_catalog.pg_blocking_pids($1)) as b(pid)
join pg_catalog.pg_stat_activity as a on a.pid = b.pid
left join pg_catalog.pg_locks as w on w.pid = $1 and not w.granted
order by a.xact_start
