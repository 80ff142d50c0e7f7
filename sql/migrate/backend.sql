-- Who serves this statement: behind a pooler of transactions, another one each time.
-- $1 the pid that the session began with
select pg_catalog.pg_backend_pid() = $1 as same
