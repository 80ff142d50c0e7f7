-- Whose server process answers, and for how long it has been there: one that is older than the connection, or that
-- answers two connections, belongs to a pooler.
select pg_catalog.pg_backend_pid() as pid,
       extract(epoch from pg_catalog.clock_timestamp() - a.backend_start)::float8 as age_s
from pg_catalog.pg_stat_activity as a
where a.pid = pg_catalog.pg_backend_pid()
