-- Counted up to a limit.
select pg_catalog.count(*) from (select from {table} limit 100001) as s
