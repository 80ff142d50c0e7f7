-- How many connections there are, by state, and how many an ordinary role may have. The state of others' is hidden from
-- a plain role; their number is not.
select pg_catalog.row_to_json(x)::text as row
from (
    select
        pg_catalog.count(*) as connections,
        pg_catalog.count(*) filter (where a.state = 'active') as active,
        pg_catalog.count(*) filter (where a.state = 'idle') as idle,
        pg_catalog.count(*) filter (where a.state like 'idle in transaction%') as idle_in_transaction,
        pg_catalog.count(*) filter (where a.state is null) as hidden,
        pg_catalog.current_setting('max_connections')::bigint as max_connections,
        pg_catalog.current_setting('max_connections')::bigint
            - pg_catalog.current_setting('superuser_reserved_connections')::bigint
            -- Since PostgreSQL 16.
            - coalesce(pg_catalog.current_setting('reserved_connections', true), '0')::bigint as usable
    from pg_catalog.pg_stat_activity as a
    where a.backend_type = 'client backend' or (a.backend_type is null and a.datname is not null)
) as x
