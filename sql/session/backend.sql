-- Who serves this statement: behind a pooler of transactions, another one each time.
select pg_catalog.pg_backend_pid() as pid
