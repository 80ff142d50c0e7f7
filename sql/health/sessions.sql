-- Sessions: how many, what they have been doing for how long, who waits for whom, and who holds the oldest snapshot.
-- What a role may not see of others' sessions is null; `hidden` counts these. Locks are visible to every role.
with a as materialized (
    select s.pid, s.datid, s.datname, s.usename, s.application_name, s.state, s.backend_type, s.backend_xmin,
           s.backend_xid,
           extract(epoch from pg_catalog.clock_timestamp() - s.query_start)::float8 as query_s,
           extract(epoch from pg_catalog.clock_timestamp() - s.state_change)::float8 as state_s,
           -- Another role's session has its place in the list and nothing else.
           s.state is null and s.query = '<insufficient privilege>' as hidden
    from pg_catalog.pg_stat_activity as s
    where s.pid <> pg_catalog.pg_backend_pid()
),
blocked as (
    select l.pid,
           extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.min(l.waitstart))::float8 as wait_s,
           pg_catalog.array_to_string(pg_catalog.pg_blocking_pids(l.pid), ', ') as blockers
    from pg_catalog.pg_locks as l
    where not l.granted
    group by l.pid
)
select pg_catalog.jsonb_build_object(
    -- A backend whose kind is hidden counts as a client's: too many is a lesser error than too few.
    'clients', (select 1 + pg_catalog.count(*) from a
                where a.backend_type = 'client backend' or (a.hidden and a.datid is not null)),
    'database_clients', (select 1 + pg_catalog.count(*) from a
                         where (a.backend_type = 'client backend' or a.hidden)
                           and a.datname = pg_catalog.current_database()),
    'database_limit', (select d.datconnlimit from pg_catalog.pg_database as d
                       where d.datname = pg_catalog.current_database()),
    'role_clients', (select 1 + pg_catalog.count(*) from a
                     where a.usename = current_user and (a.backend_type = 'client backend' or a.hidden)),
    'role_limit', (select r.rolconnlimit from pg_catalog.pg_roles as r where r.rolname = current_user),
    'hidden', (select pg_catalog.count(*) from a where a.hidden and a.datid is not null),
    -- Sessions with track_activities switched off tell nobody what they do.
    'silent', (select pg_catalog.count(*) from a where a.state = 'disabled'),
    'states', (select pg_catalog.jsonb_object_agg(t.state, t.n) from (
                   select coalesce(a.state, 'hidden') as state, pg_catalog.count(*) as n
                   from a where a.backend_type = 'client backend' or (a.hidden and a.datid is not null)
                   group by 1) as t),
    'longest_query', (
        select pg_catalog.jsonb_build_object('seconds', a.query_s, 'pid', a.pid, 'user', a.usename,
                                             'application', a.application_name, 'database', a.datname)
        from a where a.state = 'active' and a.backend_type = 'client backend'
        order by a.query_s desc nulls last limit 1),
    'longest_idle', (
        select pg_catalog.jsonb_build_object('seconds', a.state_s, 'pid', a.pid, 'user', a.usename,
                                             'application', a.application_name, 'database', a.datname)
        from a where a.state in ('idle in transaction', 'idle in transaction (aborted)')
        order by a.state_s desc nulls last limit 1),
    'longest_blocked', (
        select pg_catalog.jsonb_build_object('seconds', b.wait_s, 'pid', b.pid, 'user', a.usename,
                                             'application', a.application_name, 'database', a.datname,
                                             'blockers', b.blockers)
        from blocked as b left join a on a.pid = b.pid
        order by b.wait_s desc nulls last limit 1),
    'blocked', (select pg_catalog.count(*) from blocked),
    'oldest_prepared', (
        select pg_catalog.jsonb_build_object(
            'seconds', extract(epoch from pg_catalog.clock_timestamp() - x.prepared)::float8, 'gid', x.gid)
        from pg_catalog.pg_prepared_xacts as x order by x.prepared limit 1),
    'oldest_xmin', (
        select pg_catalog.jsonb_build_object('age', h.age, 'holder', h.holder)
        from (
            select greatest(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid)) as age,
                   pg_catalog.format('session %s (%s)', a.pid, coalesce(nullif(a.application_name, ''), a.usename,
                                                                         a.backend_type)) as holder
            from a
            union all
            select greatest(pg_catalog.age(r.xmin), pg_catalog.age(r.catalog_xmin)), 'replication slot ' || r.slot_name
            from pg_catalog.pg_replication_slots as r
            union all
            select pg_catalog.age(x.transaction), 'prepared transaction ' || x.gid
            from pg_catalog.pg_prepared_xacts as x
        ) as h
        where h.age is not null
        order by h.age desc limit 1)
)::text as sessions
