-- What sessions do, the oldest transaction first, and the prepared transactions, which hold on as sessions do. Sessions
-- that are at rest are counted by sql/report/connections.sql. What a role may not see of others is null.
select pg_catalog.row_to_json(x)::text as row
from (
    select
        a.pid,
        'session' as kind,
        a.usename::text as role,
        a.datname::text as database,
        nullif(a.application_name, '') as application,
        pg_catalog.host(a.client_addr) as client,
        a.state,
        a.wait_event_type || ':' || a.wait_event as waits_for,
        extract(epoch from pg_catalog.clock_timestamp() - a.xact_start)::float8 as transaction_s,
        extract(epoch from pg_catalog.clock_timestamp() - a.query_start)::float8 as query_s,
        extract(epoch from pg_catalog.clock_timestamp() - a.state_change)::float8 as state_s,
        greatest(pg_catalog.age(a.backend_xmin), pg_catalog.age(a.backend_xid))::bigint as holds_back_transactions,
        case when a.state is not null then a.query end as query
    from pg_catalog.pg_stat_activity as a
    where (a.backend_type = 'client backend' or (a.backend_type is null and a.datname is not null))
      and a.pid <> pg_catalog.pg_backend_pid()
      and a.state is distinct from 'idle'
    union all
    select
        null,
        'prepared transaction',
        p.owner::text,
        p.database::text,
        null,
        null,
        'prepared',
        null,
        extract(epoch from pg_catalog.clock_timestamp() - p.prepared)::float8,
        null,
        extract(epoch from pg_catalog.clock_timestamp() - p.prepared)::float8,
        pg_catalog.age(p.transaction)::bigint,
        pg_catalog.format('prepare transaction %L', p.gid)
    from pg_catalog.pg_prepared_xacts as p
    order by transaction_s desc nulls last
) as x
