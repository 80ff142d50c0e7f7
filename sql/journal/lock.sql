-- Two first runs at once would both make the schema; the second waits for the first, which is done in milliseconds.
select pg_catalog.pg_try_advisory_lock(1885826148, 0) as taken
