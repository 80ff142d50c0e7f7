-- Who waits for a lock, and who stands in the way: every session that waits, and every one that blocks such a session.
-- What a role may not see of others is null. Prepared transactions block with pid 0 and have no session.
with waiting as materialized (
    select a.pid, pg_catalog.pg_blocking_pids(a.pid) as blocked_by
    from pg_catalog.pg_stat_activity as a
    -- Of others a plain role sees no wait event, but it sees the locks.
    where a.pid in (select l.pid from pg_catalog.pg_locks as l where not l.granted)
), involved as (
    select w.pid from waiting as w
    union
    select b.pid from waiting as w cross join lateral pg_catalog.unnest(w.blocked_by) as b (pid)
)
select pg_catalog.row_to_json(x)::text as row
from (
    select
        i.pid,
        coalesce(w.blocked_by, '{}') as blocked_by,
        extract(epoch from pg_catalog.clock_timestamp() - l.waitstart)::float8 as waits_s,
        l.mode,
        l.locktype as lock_type,
        case when c.oid is not null
             then pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.relname)
             else l.relation::text end as relation,
        a.usename::text as role,
        a.datname::text as database,
        nullif(a.application_name, '') as application,
        a.state,
        extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)::float8 as transaction_s,
        case when a.state is not null then a.query end as query
    from involved as i
    left join waiting as w on w.pid = i.pid
    left join pg_catalog.pg_stat_activity as a on a.pid = i.pid
    left join lateral (
        select k.* from pg_catalog.pg_locks as k where k.pid = i.pid and not k.granted limit 1
    ) as l on true
    left join pg_catalog.pg_class as c
        on c.oid = l.relation
       and l.database in (0, (select d.oid from pg_catalog.pg_database as d
                              where d.datname = pg_catalog.current_database()))
    left join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    order by i.pid
) as x
