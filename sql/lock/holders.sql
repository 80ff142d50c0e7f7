-- Who holds, on the relations that a step wants to lock, a lock that conflicts with the mode that it wants
-- (manual: 13.3.1, "Table-Level Locks"). Oldest transaction first.
-- $1 relation names, quoted and qualified; $2 the wanted lock mode of each, as in pg_locks
with wanted as (
    select pg_catalog.to_regclass(w.relation)::oid as relation, w.mode
    from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) as w(relation, mode)
),
conflict (mode, held) as (
    values
        ('AccessShareLock', array['AccessExclusiveLock']),
        ('RowShareLock', array['ExclusiveLock', 'AccessExclusiveLock']),
        ('RowExclusiveLock', array['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']),
        ('ShareUpdateExclusiveLock', array['ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                                           'ExclusiveLock', 'AccessExclusiveLock']),
        ('ShareLock', array['RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock',
                            'AccessExclusiveLock']),
        ('ShareRowExclusiveLock', array['RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
                                        'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']),
        ('ExclusiveLock', array['RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',
                                'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock']),
        ('AccessExclusiveLock', array['AccessShareLock', 'RowShareLock', 'RowExclusiveLock',
                                      'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock',
                                      'ExclusiveLock', 'AccessExclusiveLock'])
)
select distinct on (a.pid)
       a.pid,
       a.usename::text as role,
       a.application_name as application,
       a.state,
       extract(epoch from pg_catalog.clock_timestamp() - coalesce(a.xact_start, a.state_change))::float8 as age_s,
       a.query,
       l.mode || ' on ' || l.relation::regclass::text as mode
from wanted as w
join conflict as c on c.mode = w.mode
join pg_catalog.pg_locks as l on l.locktype = 'relation' and l.granted and l.relation = w.relation and l.mode = any (c.held)
join pg_catalog.pg_stat_activity as a on a.pid = l.pid
where l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())
  and l.pid <> pg_catalog.pg_backend_pid()
order by a.pid, a.xact_start
